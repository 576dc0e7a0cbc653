"""`demo --accounts` shows what it says."""

from __future__ import annotations

import io

from rich.console import Console

from cliproxy.cli.demo_accounts import show


async def test_everything_that_is_shown_holds() -> None:
    told = io.StringIO()

    assert await show(Console(file=told, width=120), period=2.0) == 0
    text = told.getvalue()
    assert "50 of 50 clients were answered" in text
    assert "after its reset" in text
    assert "100 of 100 came whole to their end" in text
    assert "✗" not in text
