"""
What upstreams say of quotas: a case is an answer, and what must be made of it.

`tests/cases/quota-cases.jsonl` holds ours; `shared` reads the sheet they were taken from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from multidict import CIMultiDict

from cliproxy.credentials.quota import QuotaWindow, freed, merged
from cliproxy.providers.diagnosis import anthropic, cloud_code, codex, openrouter, reading
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.signals import Signals
from cliproxy.providers.diagnosis.verdict import Kind

FILE = Path(__file__).parents[1] / "cases" / "quota-cases.jsonl"
SHARED = Path("cases") / "quota-cases.jsonl"
SIGNALS: dict[str, Signals] = {
    "anthropic": reading.ANTHROPIC,
    "claude": reading.ANTHROPIC,
    "codex": reading.CODEX,
    "gemini": reading.GEMINI,
    "gemini-cli": reading.CLOUD_CODE,
    "antigravity": reading.CLOUD_CODE,
    "vertex": reading.VERTEX,
    "qwen": reading.QWEN,
    "kimi": reading.KIMI,
}
GROUPS = {
    "claude": anthropic.groups,
    "codex": codex.groups,
    "antigravity": cloud_code.antigravity_groups,
    "openrouter": openrouter.groups,
}
SECONDS, SHARE, LEAST = 0.6, 0.001, 0.001  # what times, and other numbers, may differ by
_TIMES = ("resets_at", "rest_until")
_CASE_WORDS = {"project": "model", "upstream": "model"}  # a case knows neither


class Case(Struct, frozen=True):
    """An answer and what must be made of it."""

    id: str
    account: str
    channel: str  # `response`, `stream-event`, `usage-endpoint`
    model: str
    status: int
    headers: Mapping[str, str]
    body: Any
    now: float
    expect: Mapping[str, Any]  # `kind`, `rest_until`, `rest_scope`, `windows`
    before: Mapping[str, Any]  # `rest_until`, `rest_scope`, `windows`; empty: nothing was known


class Rest(Struct, frozen=True):
    """Who rests, and until when."""

    scope: str = "none"
    until: float | None = None


def ours() -> list[Case]:
    """Return the cases of this repository."""
    return [
        Case(
            id=held["name"],
            account=held["account"],
            channel={"event": "stream-event", "usage": "usage-endpoint"}.get(held["answer"], "response"),
            model=held.get("model", ""),
            status=held["status"],
            headers=held.get("headers", {}),
            body=held.get("body"),
            now=held["at"],
            expect=_spelled(held["then"]),
            before=_spelled(held["known"]) if "known" in held else {},
        )
        for held in _lines(FILE)
    ]


def shared(folder: Path) -> list[Case]:
    """Return the cases of the sheet in a folder."""
    return [
        Case(
            id=held["id"],
            account=held["provider"],
            channel=held["channel"],
            model=held.get("model") or "",
            status=held["status"],
            headers=held["headers"],
            body=held["body"],
            now=held["now"],
            expect=held["expect"],
            before=held.get("before") or {},
        )
        for held in _lines(folder / SHARED)
    ]


def unmet(case: Case) -> list[str]:
    """Return what a case expects and does not get."""
    signals = SIGNALS.get(case.account, reading.COMPATIBLE)
    observation = _observation(case)
    known = tuple(_window(held, case) for held in case.before.get("windows", ()))
    verdict = signals.verdict(observation)
    windows = merged(known, signals.quota(observation), now=case.now)
    rest = Rest(_CASE_WORDS.get(verdict.scope, verdict.scope), verdict.rests_until)
    if case.before and verdict.kind in (Kind.OK, Kind.POLL_THROTTLED) and rest.scope == "none":
        rest = _left_of(case, known, windows, verdict.kind)
    found = {"kind": verdict.kind.value, "rest_scope": rest.scope, "rest_until": rest.until}
    problems = [
        f"{name} is {found[name]!r}, not {case.expect[name]!r}"
        for name in ("kind", "rest_scope", "rest_until")
        if not _same(name, found[name], case.expect[name])
    ]
    return [*problems, *_unmet_windows(windows, case.expect["windows"])]


def _left_of(case: Case, known: Sequence[QuotaWindow], windows: Sequence[QuotaWindow], kind: Kind) -> Rest:
    """Return what is left of a rest, as whoever holds it goes by what the room says."""
    rest = Rest(case.before["rest_scope"], case.before["rest_until"])
    if rest.until is None or rest.until <= case.now:
        return Rest()
    if kind is Kind.POLL_THROTTLED:
        return rest
    groups = GROUPS[case.account](case.model) if case.account in GROUPS else ()
    answered = case.channel == "response" and rest.scope in ("account", "model", *(f"group:{one}" for one in groups))
    return Rest() if answered or rest.scope in freed(known, windows, now=case.now) else rest


def _observation(case: Case) -> Observation:
    return Observation(
        case.status,
        CIMultiDict(case.headers),
        b"" if case.body is None else msgspec.json.encode(case.body),
        case.now,
        case.model,
        inside=case.channel == "stream-event",
        polled=case.channel == "usage-endpoint",
    )


def _window(held: Mapping[str, Any], case: Case) -> QuotaWindow:
    return QuotaWindow(
        held["name"],
        scope=held.get("scope", "account"),
        used_fraction=held.get("used_fraction"),
        status=held.get("status") or "",
        resets_at=held.get("resets_at"),
        observed_at=held["observed_at"],
    )


def _unmet_windows(windows: Sequence[QuotaWindow], expected: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    found = {window.name: _told(window) for window in windows}
    if set(found) != {held["name"] for held in expected}:
        yield f"the windows are {sorted(found)}, not {sorted(held['name'] for held in expected)}"
    for held in expected:
        window = found.get(held["name"], {})
        for field, value in held.items():
            if window and not _same(field, window[field], value):
                yield f"{held['name']}: {field} is {window[field]!r}, not {value!r}"


def _told(window: QuotaWindow) -> dict[str, Any]:
    held: dict[str, Any] = msgspec.to_builtins(window)
    held["period_s"] = held.pop("period")
    return {name: None if value == "" else value for name, value in held.items()}


def _same(name: str, found: Any, expected: Any) -> bool:
    if found is None or expected is None or isinstance(found, str):
        return bool(found == expected)
    difference = abs(found - expected)
    return bool(difference <= (SECONDS if name in _TIMES else max(LEAST, SHARE * abs(expected))))


def _spelled(held: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": held.get("kind"),
        "rest_scope": held.get("scope", "none"),
        "rest_until": held.get("until"),
        "windows": held.get("windows", ()),
    }


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open() as lines:
        yield from (json.loads(line) for line in lines if line.strip())
