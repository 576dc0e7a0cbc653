"""
Anthropic's headers: the buckets of a key, the windows of an account ("unified").

A unified status, reset and claim are a verdict over several windows and float between them; so only what a window says
of itself is read. What is over a window may be paid for (`overage`); that this is refused is a policy, no refusal.

Source: `reference` sheet `quota`, sections 1.1 and 1.2 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cliproxy.credentials.quota import ALLOWED, REFILL, REJECTED, WARNING, QuotaWindow
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import DAY, HOUR, MINUTE, instant, plan_name
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import MOST_ITEMS, as_id, count
from cliproxy.providers.diagnosis.verdict import Claim, Kind

STATUSES = {"allowed": ALLOWED, "allowed_warning": WARNING, "rejected": REJECTED}
EXTRA_FAMILY = "fable"  # whose week is one of its own, called `7d_oi`; its headers come with calls to it

_PREFIX = "anthropic-"
_UNIFIED = "anthropic-ratelimit-unified-"
_BUCKETS = (("anthropic-ratelimit-", ""), ("anthropic-priority-", "priority"), ("anthropic-fast-", "fast"))
_UNITS = {"requests": "requests", "tokens": "tokens", "input-tokens": "input_tokens", "output-tokens": "output_tokens"}
_FIELDS = ("limit", "remaining", "reset", "status", "utilization")
_LENGTH = re.compile(r"(\d{1,3})([hd])(?:_(\w{1,40}))?")
_HOURS_OR_DAYS = {"h": HOUR, "d": DAY}
_FAMILY = re.compile(r"claude-(?:[\d.]+-)*([a-z]+)")
_WITHOUT_A_WEEK_OF_THEIR_OWN = ("opus", "sonnet", "haiku")

Fields = dict[str, dict[str, str]]  # by window, by field


def family(model: str) -> str:
    """Return a Claude model's family, `opus` for one."""
    found = _FAMILY.search(model.lower())
    return found[1] if found else ""


def groups(model: str) -> tuple[str, ...]:
    """Return the groups of models that share a window with this one."""
    name = family(model)
    return (name,) if name else ()


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read the headers of any answer."""
    named = {lower: value for name, value in observation.headers.items() if (lower := name.lower()).startswith(_PREFIX)}
    if not named:
        return
    unified = _fields(named, _UNIFIED)
    yield from _unified(unified, observation)
    for prefix, qualifier in () if unified else _BUCKETS:  # an account has no buckets, and a key no windows
        yield from _buckets(_fields(named, prefix), qualifier, observation)


def claims(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what a refusal claims to be: an account that has nothing but what it pays for is out of money."""
    named = [window for window in windows(observation, told) if window.status]
    if named and all(window.base == "overage" and window.status == REJECTED for window in named):
        yield Claim(Kind.BILLING, "account")


def _fields(named: Mapping[str, str], prefix: str) -> Fields:
    fields: Fields = {}
    for name, value in named.items():
        if not name.startswith(prefix):
            continue
        id_, _, field = name[len(prefix) :].rpartition("-")
        if id_ and field in _FIELDS and (id_ in fields or len(fields) < MOST_ITEMS):
            fields.setdefault(id_, {})[field] = value
    return fields


def _buckets(fields: Fields, qualifier: str, observation: Observation) -> Iterable[QuotaWindow]:
    for id_, unit in _UNITS.items():
        stated = fields.get(id_)
        if stated is None:
            continue
        limit, remaining = count(stated.get("limit")), count(stated.get("remaining"))
        if limit is None and remaining is None:
            continue
        yield QuotaWindow(
            f"{unit}/min@{qualifier}" if qualifier else f"{unit}/min",
            scope="model",
            model=observation.model,
            unit=unit,
            period=MINUTE,
            limit=limit,
            remaining=remaining,
            used_fraction=1 - remaining / limit if limit and remaining is not None and remaining <= limit else None,
            resets_at=instant(stated.get("reset"), observation),
            reset_kind=REFILL,
            observed_at=observation.now,
        )


def _unified(fields: Fields, observation: Observation) -> Iterable[QuotaWindow]:
    for id_, stated in fields.items():
        name, scope, period = _window_of(id_, observation.model)
        used = count(stated.get("utilization"))
        status = STATUSES.get(stated.get("status", "").strip().lower(), "")
        resets_at = instant(stated.get("reset"), observation)
        if used is None and not status and resets_at is None:
            continue
        yield QuotaWindow(
            name,
            scope=scope,
            unit="usd" if name == "overage" else "",
            period=period,
            used_fraction=used,
            status=status,
            resets_at=resets_at,
            observed_at=observation.now,
        )


def _window_of(id_: str, model: str) -> tuple[str, str, float | None]:
    """Return name, scope and length of a unified window. One that nobody knows yet is kept, and governs nothing."""
    if id_ == "overage":
        return "overage", "account", None
    found = _LENGTH.fullmatch(id_)
    if not found:
        return f"plan@{as_id(id_)}", f"group:{as_id(id_)}", None
    length = int(found[1]) * _HOURS_OR_DAYS[found[2]]
    if not found[3]:
        return plan_name(length), "account", length
    group = as_id(found[3])
    if group == "oi":
        group = family(model)
        group = EXTRA_FAMILY if group in ("", *_WITHOUT_A_WEEK_OF_THEIR_OWN) else group
    return f"{plan_name(length)}@{group}", f"group:{group}", length
