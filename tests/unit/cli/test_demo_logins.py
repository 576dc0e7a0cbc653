"""`demo --logins` shows what it says, and what went wrong."""

from __future__ import annotations

import io
import signal
from pathlib import Path

import pytest
from rich.console import Console

from cliproxy import providers
from cliproxy.cli.demo_logins import show
from cliproxy.discovery import declared
from cliproxy.providers.base import Provider
from cliproxy.simulator import Match, Refuse, Script
from tests.unit.cli.commands import PATIENCE, started


async def shown(script: Script | None = None) -> tuple[int, str]:
    """Return the exit code, and all that was printed."""
    told = io.StringIO()
    code = await show(Console(file=told, width=120), script=script)
    return code, told.getvalue()


async def test_everything_that_is_shown_holds() -> None:
    """For every way to log in that there is."""
    code, text = await shown()

    assert code == 0, text
    assert "✗" not in text
    assert "simulated" in text.splitlines()[0]
    table = text.partition("refreshed")[2]
    ways = [
        (name, flow.kind.value)
        for name, one in declared(providers, "PROVIDER", Provider).items()
        for flow in one.logins
    ]
    rows = [tuple(line.split()[:2]) for line in table.splitlines() if line.count("✓") == 5]
    assert sorted(rows) == sorted(ways)
    assert "log in again: Refresh token was revoked" in text
    assert "api.anthropic.com" in text


async def test_what_fails_is_shown_and_the_rest_goes_on() -> None:
    """A vendor that lets nobody in, and one whose models do not answer: neither is said to be fine."""
    script = Script()
    script.add(Refuse(400, b'{"error":"invalid_grant"}'), Match(host="auth.kimi.com"), times=None)
    script.add(Refuse(400), Match(host="portal.qwen.ai"), times=None)
    code, text = await shown(script)

    assert code == 1
    assert "✗ kimi: " in text
    assert "✗ 32 of 36 questions were answered" in text
    assert "✗ 8 of 10 went as they should" in text


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it print a traceback."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with started("demo", "--logins") as command:
        command.line_with("antigravity:")
        assert [*tmp_path.iterdir()]
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait(PATIENCE) == 130

    assert [*tmp_path.iterdir()] == []
    assert command.err == []
