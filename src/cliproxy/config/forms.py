"""
Normal forms of single values: what an operator may write, and the one spelling everybody else sees.

A form takes a trimmed value and returns its normal form. It raises `ValueError` with what it expects, in words that
follow "expected", or `Discarded` with what is wrong, where a value is left out with a warning instead.
"""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

Strategy: TypeAlias = Literal["round-robin", "weighted-round-robin", "fill-first", "least-connections"]

SPELLINGS: dict[str, Strategy] = {
    "": "round-robin",
    "roundrobin": "round-robin",
    "rr": "round-robin",
    "round-robin": "round-robin",
    "fillfirst": "fill-first",
    "ff": "fill-first",
    "fill-first": "fill-first",
    "leastconnections": "least-connections",
    "least-connections": "least-connections",
    "weighted-round-robin": "weighted-round-robin",
}
STRATEGIES = tuple(dict.fromkeys(SPELLINGS.values()))
CHANNELS = ("gemini-cli", "vertex", "aistudio", "antigravity", "claude", "codex", "qwen", "iflow", "kimi")
PROVIDERS = {"anthropic": "claude", "google": "gemini"}  # other names that people know them by
AUTH_DIR = "~/.cli-proxy-api"
DIRECT = "direct"
COMPATIBLE_NAME = "openai-compatibility"
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_PROXY_FORMS = "http://host:port, https://host:port, socks5://host:port, socks5h://host:port, direct, none or nothing"
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}  # seconds
_DURATION = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
_MOST_DIGITS = 9
_PERIODS = {"monthly": "month", "daily": "day", "hourly": "hour"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Discarded(Exception):  # noqa: N818 (no error: the value is left out and the rest is served)
    """A value that means nothing here."""


def strategy(value: str) -> Strategy:
    found = SPELLINGS.get(value.lower())
    if found is None:
        raise ValueError(" or ".join(map(repr, STRATEGIES)))
    return found


def at_least_zero(value: int) -> int:
    """Negative numbers have always meant "off" here."""
    return max(value, 0)


def at_least_one(value: int) -> int:
    """Who is listed has a turn; there is another setting to leave one out."""
    return max(value, 1)


def duration(value: int | str) -> int:
    """Return seconds. A text has units, the larger first, or is a number after all."""
    seconds = value if isinstance(value, int) else _seconds(value)
    if seconds < 1:
        raise ValueError("so many seconds, or a text such as 30m or 1h30m")
    return seconds


def _seconds(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text[:_MOST_DIGITS])
    parts = _DURATION.fullmatch(text.lower())
    if parts is None:
        return 0
    return sum(int(number or 0) * unit for number, unit in zip(parts.groups(), _UNITS.values(), strict=True))


def quota_period(value: int | str) -> str:
    """Return `month`, `day`, `hour`, or so many seconds."""
    word = value.lower() if isinstance(value, str) else value
    period = _PERIODS.get(str(word), word)
    if period in _PERIODS.values():
        return str(period)
    try:
        return str(duration(period))
    except ValueError:
        raise ValueError("month, day, hour, so many seconds, or a text such as 5h") from None


def channel(value: str) -> str:
    """Return a kind of credential file."""
    name = value.lower()
    if name not in CHANNELS:
        raise Discarded(f"expected one of {', '.join(CHANNELS)}")
    return name


def provider_name(value: str) -> str:
    return PROVIDERS.get(value.lower(), value.lower())


def json_texts(values: dict[str, Any]) -> dict[str, str]:
    """Return each value as JSON text; one that is text already is taken at its word."""
    texts = {}
    for path, value in values.items():
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        try:
            msgspec.json.decode(text)
        except msgspec.DecodeError:
            raise Discarded(f"what stands under {path[:36]!r} is no JSON") from None
        texts[path] = text
    return texts


def model_prefix(value: str) -> str:
    """Return the part before a model's `/`. One with a `/` of its own could never be told from the model's name."""
    prefix = value.strip("/").strip()
    if "/" in prefix:
        raise Discarded("a prefix cannot have a '/' inside")
    return prefix


def model_pattern(value: str) -> str:
    """Patterns are compared without regard to case."""
    return value.lower()


def compatible_name(value: str) -> str:
    return value or COMPATIBLE_NAME


def header_value(value: str) -> str:
    """Keys travel in headers too; with a line break inside, every request would fail."""
    if _CONTROL.search(value):
        raise ValueError("text without line breaks, tabs or control characters")
    return value


def base_url(value: str) -> str:
    if value and not _is_url(value, ("http", "https")):
        raise ValueError("an http:// or https:// URL")
    return value


def proxy_url(value: str) -> str:
    """`none` and `direct` say the same: ask no proxy, whatever the global setting and the environment say."""
    if value.lower() in (DIRECT, "none"):
        return DIRECT
    if value and not (_is_url(value, ("http", "https")) or _is_url(value, ("socks5", "socks5h"), port_needed=True)):
        raise ValueError(_PROXY_FORMS)
    return value


def without_secrets(url: str) -> str:
    """Return a URL fit for eyes and logs: user, password and query are starred."""
    shown = re.sub(r"^([a-z0-9]+://)?.*@", r"\1***@", url, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(r"\?.*", "?***", shown, flags=re.DOTALL)


def _is_url(value: str, schemes: tuple[str, ...], *, port_needed: bool = False) -> bool:
    if _CONTROL.search(value) or " " in value:
        return False
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:  # a port that is no number, a broken IPv6 address
        return False
    return parts.scheme in schemes and bool(parts.hostname) and port != 0 and (port is not None or not port_needed)
