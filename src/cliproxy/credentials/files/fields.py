"""
What one field of a credential file says, whichever way it was written.

Files come from several programs and from people: numbers as text, times in five forms, names with `_`, `-` or in camel
case. Each function takes a JSON value and returns what it means, or None (`text` and `names`: nothing) where it means
nothing.

Source: `reference` sheets `config` section 11, `credentials` sections 1 and 9, `contradictions` section 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

CHINA = 8 * 3600.0  # seconds that clocks are ahead of UTC there

_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_LARGEST = 10**18
_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d(:\d\d)?", re.ASCII)
_PIECE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(ms|s|m|h)")
_DURATION = re.compile(rf"(?:{_PIECE.pattern})+")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_MILLISECONDS = 1e12  # seconds since 1970 are fewer than this, milliseconds more
_LATEST = 253402300799.0  # the last second of the year 9999


class WrongField(Exception):  # noqa: N818 (what is wrong)
    """A field that could only be misunderstood. The message names it and what it can be, and holds no secret."""


def setting(values: Mapping[str, object], name: str) -> object:
    """
    Return what the operator wrote for one setting, None where he wrote nothing.

    `name` has underscores; it is found with hyphens and in camel case too, and in a nested `attributes`.
    """
    inner = values.get("attributes")
    for holder in (values, inner) if isinstance(inner, dict) else (values,):
        for spelling in spellings(name):
            if (value := holder.get(spelling)) is not None:
                return value
    return None


@cache
def spellings(name: str) -> tuple[str, ...]:
    """Return the ways in which a setting's name is written."""
    first, *others = name.split("_")
    return tuple(dict.fromkeys((name, name.replace("_", "-"), first + "".join(map(str.capitalize, others)))))


def text(value: object) -> str:
    """Return a text without the spaces around it; a whole number as its digits."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and whole(value) is not None else ""


def names(value: object) -> tuple[str, ...]:
    """Return a list of texts, or one text with commas, in lower case and each once."""
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list):
        return ()
    return tuple(dict.fromkeys(name for entry in entries if (name := text(entry).lower())))


def truth(value: object) -> bool | None:
    """Return yes or no."""
    if isinstance(value, bool | int | float):
        return bool(value)
    word = text(value).lower()
    return True if word in _TRUE else False if word in _FALSE else None


def whole(value: object) -> int | None:
    """Return a whole number; what stands behind its point is cut off."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) < _LARGEST else None
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()):
        return int(value)
    return None


def inner_tokens(values: Mapping[str, object]) -> dict[str, object] | None:
    """Return the nested `token` where the tokens lie in one."""
    inner = values.get("token")
    if not isinstance(inner, dict):
        return None
    nested = "access_token" in inner or "refresh_token" in inner
    return inner if nested or not ("access_token" in values or "refresh_token" in values) else None


def ahead_of_utc(values: Mapping[str, object]) -> float:
    """Return how many seconds the clock is ahead by which a file tells times without a zone: iFlow's, for a cookie."""
    return CHINA if text(values.get("cookie")) else 0.0


def moment(value: object, *, ahead: float = 0.0) -> float | None:
    """
    Return a point in time as unix time.

    Args:
        value: As it was written.
        ahead: Seconds that a clock without a zone is ahead of UTC.

    Taken are RFC 3339, `YYYY-MM-DD HH:MM[:SS]`, and seconds or milliseconds since 1970 as a number or a text. The
    year 1, as which the Go program writes "never", is no time.
    """
    number = _number(value)
    if number is not None:
        seconds = number / 1000 if number > _MILLISECONDS else number
    elif isinstance(value, str) and _DATE_AND_TIME.fullmatch(spelled := value.strip().upper()):
        try:
            time = datetime.fromisoformat(spelled)
        except ValueError:  # the 31st of February
            return None
        seconds = time.timestamp() if time.tzinfo else time.replace(tzinfo=UTC).timestamp() - ahead
    else:
        return None
    return seconds if 0 < seconds <= _LATEST else None


def duration(value: object) -> float | None:
    """Return a length of time in seconds: a number is seconds, a text may be `90s`, `10m`, `1h30m`."""
    number = _number(value)
    if number is None and isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        number = sum(float(count) * _UNITS[unit] for count, unit in _PIECE.findall(value))
    return number if number is not None and 0 < number <= _LATEST else None


def written(seconds: float) -> str:
    """Return a unix time as the Go program writes it: RFC 3339 in whole seconds."""
    time = datetime.fromtimestamp(int(min(max(seconds, 0.0), _LATEST)), UTC)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def rewritten(seconds: float, like: object, *, ahead: float = 0.0) -> object:
    """Return a unix time in the form in which another one was written; `ahead` as for `moment`."""
    number = _number(like)
    if number is not None:
        like_it = int(seconds * 1000) if number > _MILLISECONDS else int(seconds)
        return str(like_it) if isinstance(like, str) else like_it
    if isinstance(like, str) and (shape := _WITHOUT_ZONE.fullmatch(like.strip())):
        spelled = written(seconds + ahead).replace("T", shape[1]).removesuffix("Z")
        return spelled if shape[2] else spelled[: -len(":00")]
    return written(seconds)


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < _LARGEST else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return None
