"""How a client is told of losses."""

from __future__ import annotations

import string
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from cliproxy.dispatch.losses import HEADER, LONGEST_HEADER, Lossy, header_of


def told(*losses: str) -> str:
    [(name, value)] = header_of(losses)
    assert name == HEADER
    return value


def test_nothing_is_said_of_nothing() -> None:
    """No header rather than an empty one."""
    assert header_of(()) == ()


def test_names_are_separated_by_commas() -> None:
    """As header lists are; a name's own comma does not separate."""
    assert told("seed", "messages[3].content: image detail") == "seed, messages[3].content: image detail"
    assert told("tool_choice: f, which is gone", "100%") == "tool_choice: f%2C which is gone, 100%25"


def test_names_are_safe_in_a_header() -> None:
    """They may be a client's words in any script, and anything but words."""
    assert told("größe\r\nx: y\x00") == "gr%C3%B6%C3%9Fe%0D%0Ax: y%00"
    assert told("\ud800") == "?"


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    """Proxies refuse long headers."""
    names = [f"field_{number}" for number in range(1000)]
    value = told(*names)
    *named, last = value.split(", ")

    assert len(value) <= LONGEST_HEADER
    assert len(value) > LONGEST_HEADER - 50
    assert named == names[: len(named)]
    assert last == f"... and {1000 - len(named)} more"


def test_a_name_that_is_too_long_by_itself_is_counted() -> None:
    """In another script each sign takes several."""
    assert told("界" * 120) == "... and 1 more"


@given(st.lists(st.text(min_size=1), min_size=1, max_size=200))
def test_any_names_make_one_short_line_of_ascii(losses: list[str]) -> None:
    """From which they can be read again."""
    value = told(*losses)
    *named, last = value.split(", ")

    assert len(value) <= LONGEST_HEADER
    assert set(value) <= set(string.printable) - set("\r\n\t\x0b\x0c")
    if last == f"... and {len(losses) - len(named)} more":
        losses = losses[: len(named)]
    else:
        named.append(last)
    assert [unquote(name) for name in named] == [loss.strip(" ") for loss in losses]


def test_a_refusal_names_them_all() -> None:
    """Whoever asked for it mends the request by it."""
    error = Lossy([f"field_{number}" for number in range(300)], "gemini").told()

    assert (error.status, error.code) == (400, "strict_translation")
    assert "gemini" in error.message
    assert error.message.endswith("field_298, field_299")
