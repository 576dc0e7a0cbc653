"""Somebody else's words on a terminal."""

from __future__ import annotations

import pytest

from cliproxy.cli.visible import in_line, visible


@pytest.mark.parametrize("words", ["", "Köln – 東京, 1.5 €", "two\nlines"])
def test_what_can_be_seen_stays(words: str) -> None:
    assert visible(words) == words


@pytest.mark.parametrize("sign", ["\x1b", "\x9b", "\x07", "\x08", "\r", "\x00", "\u202e", "\u2066"])
def test_what_moves_a_cursor_or_turns_the_words_round_is_shown_as_a_sign(sign: str) -> None:
    """An e-mail address could otherwise wipe the screen, or pretend to be another."""
    assert visible(f"ann{sign}[2J@example.com") == "ann\ufffd[2J@example.com"


def test_a_cell_of_a_table_stays_one() -> None:
    assert in_line("ann\nREADY  bob") == "ann\ufffdREADY  bob"
