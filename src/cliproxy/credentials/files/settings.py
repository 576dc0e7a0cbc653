"""
What an operator wrote into a credential file beside its tokens: which way it goes, what it may use.

Source: `reference` sheets `config` sections 4.1, 5.1 and 11; product, "Where the sources disagree" (`quota`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cliproxy.credentials.credential import Quota, Secret, SecretHeaders
from cliproxy.credentials.files.fields import WrongField, duration, setting, text, whole

Values = Mapping[str, object]

_PROXY = re.compile(r"(?:https?|socks5h?)://[!-~]+", re.IGNORECASE)
_BASE_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PERIODS = ("month", "day", "hour")
_UNITS = ("tokens", "requests")


def prefix(values: Values) -> str:
    """Return the part before a model's `/`. One with a `/` inside could not be told from a model's name."""
    found = text(setting(values, "prefix")).strip("/").strip()
    return "" if "/" in found else found


def proxy(values: Values) -> Secret:
    """Return the proxy's URL, or `direct`. Going without a proxy that was asked for could show who is behind it."""
    found = text(setting(values, "proxy_url"))
    if found.lower() in ("direct", "none"):
        return Secret("direct")
    if found and not _PROXY.fullmatch(found):
        raise WrongField("proxy_url is no http://, https:// or socks5:// URL, nor direct or none")
    return Secret(found)


def base_url(values: Values) -> str:
    """Return the upstream's address, "" for the provider's own."""
    found = text(setting(values, "base_url")).rstrip("/")
    if found and not _BASE_URL.fullmatch(found):
        raise WrongField("base_url is no http:// or https:// URL")
    return found


def headers(values: Values) -> SecretHeaders:
    """Return the headers to send with each request."""
    found = values.get("headers")
    if found is None:
        return SecretHeaders({})
    if not isinstance(found, dict):
        raise WrongField("headers is not a JSON object of names and texts")
    for name, value in found.items():
        if not _HEADER_NAME.fullmatch(name) or not isinstance(value, str) or _CONTROL.search(value):
            raise WrongField("headers has an entry that is no header: names are tokens, values text in one line")
    return SecretHeaders(found)


def quota(values: Values) -> Quota | None:
    """Return what the account may use; 0 is no bound."""
    amount = number(values, "quota", least=0)
    if not amount:
        return None
    unit = text(setting(values, "quota_unit")).lower() or _UNITS[0]
    if unit not in _UNITS:
        raise WrongField(f"quota-unit can be {' or '.join(_UNITS)}")
    period = setting(values, "quota_period")
    named = text(period).lower() or _PERIODS[0]
    if named in _PERIODS:
        return Quota(amount, unit, named)
    seconds = duration(period)
    if seconds is None or seconds < 1:
        raise WrongField(f"quota-period can be {', '.join(_PERIODS)}, or a length of time such as 3600 or 5h")
    return Quota(amount, unit, str(int(seconds)))


def number(values: Values, name: str, *, least: int) -> int | None:
    """Return a whole number that must make sense; None where there is none."""
    value = setting(values, name)
    if value is None or value == "":
        return None
    found = whole(value)
    if found is None or found < least:
        raise WrongField(f"{name.replace('_', '-')} is not a whole number from {least}")
    return found
