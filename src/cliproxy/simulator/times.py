"""
Times in the spellings of vendors.

Source: the `quota` sheet, section 1.0.
"""

from datetime import UTC, datetime


def go_duration(seconds: float) -> str:
    """Return seconds as Go writes them: `1h0m57.015s`, `2m7.93s`, `172ms`."""
    if 0 < seconds < 1:
        return f"{round(seconds * 1000) or 1}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    tail = f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{tail}"
    return f"{minutes}m{tail}" if minutes else tail


def protobuf_duration(seconds: float) -> str:
    """Return seconds as protobuf writes them in JSON: `48s`, `0.479417207s`."""
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def rfc3339(time: float) -> str:
    """Return a unix time as a date, the fraction cut."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
