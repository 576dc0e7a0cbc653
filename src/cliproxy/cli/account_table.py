"""Accounts as a person sees them, a table or a page, and as JSON; nothing of it is secret."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cliproxy.cli.visible import in_line
from cliproxy.config.forms import without_secrets
from cliproxy.credentials.files.fields import written
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.runtime.remedies import written_time
from cliproxy.runtime.standing import Standing, State
from cliproxy.runtime.trial import Verdict

HEADINGS = ("provider", "account", "plan, project", "state", "file")

_STYLES = {
    State.READY: "green",
    State.RESTING: "yellow",
    State.USED_UP: "yellow",
    State.DISABLED: "dim",
    State.LEFT_ALONE: "dim",
}
_WRONG = "red"


def show_all(console: Console, listed: Sequence[Standing]) -> None:
    """Print a table; where nobody looks, plain columns."""
    rows = [(*map(in_line, _row(one)), _STYLES.get(one.state, _WRONG)) for one in listed]
    if not console.is_terminal:
        _print_columns(
            [HEADINGS, *((provider, who, what, state, file) for provider, who, what, state, file, _ in rows)]
        )
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in HEADINGS:
        table.add_column(heading.replace(" ", "\n"), overflow="fold")  # no wider than what stands below it
    for provider, who, what, state, file, style in rows:
        table.add_row(Text(provider), Text(who), Text(what), Text(state, style=style), Text(file))
    console.print(table)


def show_one(console: Console, one: Standing) -> None:
    """Print all that is known of an account."""
    table = Table.grid(padding=(0, 2))
    for name, value in ((name, in_line(value)) for name, value in _page(one)):
        if console.is_terminal:
            table.add_row(Text(name, style="dim"), Text(value, overflow="fold"))
        else:
            print(f"{name}: {value}")
    if console.is_terminal:
        console.print(table)


def show_verdict(console: Console, verdict: Verdict) -> None:
    """Print what a test came to."""
    sign, style = ("works", "green") if verdict.ok else ("FAILS", "red")
    asked = f" {verdict.model}" if verdict.model else ""
    words = Text.assemble(
        (sign, style), in_line(f"  {verdict.provider} {verdict.account}{asked} ({verdict.took:.1f} s)")
    )
    console.print(words, soft_wrap=True)
    if not verdict.ok:
        console.print(Text(in_line(f"       {verdict.problem}")), soft_wrap=True)
        console.print(Text(in_line(f"       what helps: {verdict.remedy}")), soft_wrap=True)


def facts_of(one: Standing) -> dict[str, object]:
    """Return an account for `--json`."""
    credential = one.credential
    return {
        "provider": credential.provider if credential else "",
        "account": _who(one),
        "handle": credential.handle if credential else "",
        "plan": credential.plan if credential else "",
        "organization": one.told.get("organization", ""),
        "project": credential.project if credential else "",
        "state": one.state.value,
        "why": one.why,
        "until": _time(one.until),
        "token_ends": _time(credential.expires_at if credential else None),
        "disabled": credential.disabled if credential else False,
        "file": one.name if one.document else "",
        "key": "" if one.document else one.name,
        "rests": [{"what": rest.what, "until": _time(rest.until), "why": rest.why} for rest in one.rests],
        "quota": [_window(window) for window in one.windows],
    }


def page_of(one: Standing) -> dict[str, object]:
    """Return all that is known of an account for `--json`."""
    return {**facts_of(one), "told": dict(one.told), "settings": dict(_settings(one))}


def _row(one: Standing) -> tuple[str, str, str, str, str]:
    credential = one.credential
    what = [] if credential is None else [credential.plan, one.told.get("organization", ""), credential.project]
    provider = credential.provider if credential is not None else "?"
    return provider, _who(one), ", ".join(filter(None, what)), _state(one), one.name


def _who(one: Standing) -> str:
    """Return an account's e-mail address, and a key's handle."""
    if one.credential is None:
        return ""
    return one.credential.label if one.document else one.credential.handle


def _state(one: Standing) -> str:
    until = f" until {written_time(one.until)}" if one.until is not None else ""
    why = f": {one.why}" if one.why else ""
    told = f"{one.state.value}{until}{why}"
    credential = one.credential
    if one.state is not State.READY or credential is None:
        return told
    if one.rests:
        told += f" but for {', '.join(rest.what for rest in one.rests)}"
    return told + (f", {_end(credential.expires_at)}" if credential.expires_at is not None else "")


def _end(expires_at: float) -> str:
    """Return when a token ends; one that has ended is exchanged before it is used."""
    return f"token {'ended' if expires_at < time.time() else 'ends'} {written_time(expires_at)}"


def _page(one: Standing) -> Iterable[tuple[str, str]]:
    yield "file" if one.document else "key", one.name
    if one.credential is not None:
        yield "provider", one.credential.provider
        yield "handle", one.credential.handle
    yield "state", _state(one)
    yield from one.told.items()
    yield from _settings(one)
    for rest in one.rests:
        yield "rests", f"{rest.what} until {written_time(rest.until)}" + (f": {rest.why}" if rest.why else "")
    for window in one.windows:
        yield "quota", _window_words(window)


def _settings(one: Standing) -> Iterable[tuple[str, str]]:
    """Yield what the operator set, and when the token came and ends."""
    known = one.credential
    if known is None:
        return
    quota = f"{one.used} of {known.quota.amount} {known.quota.unit} used" if known.quota else ""
    times = {"token ends": known.expires_at, "token came": known.refreshed_at}
    said: dict[str, object] = {
        **{name: written_time(at) for name, at in times.items() if at is not None},
        "prefix": known.prefix,
        "priority": known.priority or "",
        "weight": known.weight if known.weight != 1 else "",
        "base url": without_secrets(known.base_url),
        "headers": ", ".join(known.headers),
        "proxy": "of its own" if known.proxy else "",
        "own quota": quota,
        "requests at once": "" if known.concurrent is None else known.concurrent,
        "excluded models": ", ".join(known.excluded_models),
        "note": known.details.get("note", ""),
    }
    yield from ((name, str(value)) for name, value in said.items() if value != "")


def _window(window: QuotaWindow) -> dict[str, object]:
    return {
        "name": window.name,
        "used_fraction": window.used_fraction,
        "remaining": window.remaining,
        "limit": window.limit,
        "status": window.status,
        "resets_at": _time(window.resets_at),
        "observed_at": _time(window.observed_at),
    }


def _window_words(window: QuotaWindow) -> str:
    used = f" {window.used_fraction:.0%} used" if window.used_fraction is not None else ""
    left = f" {window.remaining:g} left" if window.remaining is not None else ""
    resets = f", resets {written_time(window.resets_at)}" if window.resets_at is not None else ""
    status = f" {window.status}" if window.status else ""
    return f"{window.name}:{used}{left}{status}{resets} (seen {written_time(window.observed_at)})"


def _time(at: float | None) -> str | None:
    return written(at) if at is not None else None


def _print_columns(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
