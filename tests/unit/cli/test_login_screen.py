"""What is shown and asked where nobody sits at a terminal; the terminal itself is in `test_login`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from rich.console import Console

from cliproxy.cli.keyboard import Keyboard
from cliproxy.cli.login_screen import LoginScreen
from cliproxy.wire.http import Ask

CHOICES = ("Alpha", "beta", "ALL")


@contextmanager
def screen(said: str) -> Iterator[tuple[LoginScreen, StringIO]]:
    """Return a screen, and what it shows, for somebody whose words lie ready."""
    reading, writing = os.pipe()
    os.write(writing, said.encode())
    os.close(writing)
    shown = StringIO()
    try:
        with Keyboard(file=reading) as keyboard:
            yield LoginScreen(Console(file=shown, width=40), keyboard), shown
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2\n", "beta"),
        ("alpha\n", "Alpha"),
        ("1, all\n", "Alpha,ALL"),
        ("7\nnone\n3\n", "ALL"),
        ("\n", ""),
        ("", ""),
        ("1,,2\n", ""),
    ],
)
async def test_choices(said: str, meant: str) -> None:
    """By number or name, several with commas; what is none of them is asked again; nothing means the default."""
    with screen(said) as (asking, shown):
        assert await asking.ask(Ask("Which project?", CHOICES, "beta")) == meant

    assert "  2. beta  (default)" in shown.getvalue()


async def test_an_open_question() -> None:
    """Is answered as it is; blanks around it are nobody's."""
    with screen(" bob \n") as (asking, _):
        assert await asking.ask(Ask("E-mail?")) == "bob"


async def test_an_address_stays_in_one_line() -> None:
    """However narrow it is: it is copied."""
    with screen("") as (asking, shown):
        asking.say("https://acme.example/" + "x" * 200)

    assert shown.getvalue().count("\n") == 1


async def test_words_are_not_taken_for_markup() -> None:
    """A label may hold brackets."""
    with screen("") as (asking, shown):
        asking.show_account([("account", "[red]bob[/red]")])
        async with asking.waiting("[bold]you", 0.0):
            pass

    assert "account: [red]bob[/red]" in shown.getvalue()
    assert "Waiting for [bold]you, until " in shown.getvalue()


async def test_nothing_that_a_vendor_says_moves_the_cursor() -> None:
    """Neither a message, nor a code, nor an account's name, nor a project's."""
    with screen("\n") as (asking, shown):
        asking.say("said\x1b[2J")
        asking.show_code("AB\x1b]0;evil\x07")
        asking.show_account([("account", "ann\x1b[1A@example.com")])
        await asking.ask(Ask("Which?", ("p\x1b[31m",)))

    assert "\x1b" not in shown.getvalue()
    assert "\x07" not in shown.getvalue()
