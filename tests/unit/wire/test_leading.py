"""The first items of an array, without the rest."""

import itertools

import msgspec
import pytest

from cliproxy.wire.leading import FIRST_WINDOW, LAST_WINDOW, leading


@pytest.mark.parametrize(
    "value", [b"[]", b"[ ]", b'[1,{"a":[2]},"b"]', b' "text"', b'{"role":"user"}', '["ä€😀"]'.encode(), b""]
)
def test_what_is_short_is_read_whole(value: bytes) -> None:
    """An array gives its items; any other value gives itself."""
    whole = msgspec.json.decode(value) if value else []

    assert list(leading(value)) == (whole if isinstance(whole, list) else [whole])


def test_no_more_is_read_than_is_asked_for() -> None:
    """What comes later may be anything."""
    assert list(itertools.islice(leading(b'[1, {"a": 2}, no JSON at all'), 2)) == [1, {"a": 2}]
    assert list(leading(b'[1, {"a": 2}, no JSON at all')) == [1, {"a": 2}]


@pytest.mark.parametrize("size", [FIRST_WINDOW - 10, FIRST_WINDOW, FIRST_WINDOW * 2, LAST_WINDOW - 100])
@pytest.mark.parametrize("letter", ["a", "ä", "\n", "😀"])
def test_an_item_larger_than_the_window_is_found(size: int, letter: str) -> None:
    """The window grows, wherever in a character it ended."""
    text = letter * (size // len(msgspec.json.encode(letter)[1:-1]))

    assert list(leading(msgspec.json.encode(["first", text]))) == ["first", text]


def test_an_item_beyond_the_last_window_is_left() -> None:
    """So that no request costs more than that."""
    assert list(leading(msgspec.json.encode(["first", "a" * LAST_WINDOW, "third"]))) == ["first"]


@pytest.mark.parametrize(
    "value", [b"[" * 100_000, b'{"a":' * 100_000, b"[1,", b"[,,,", b"nothing", b"[\xff", b"9" * 10_000]
)
def test_what_cannot_be_read_ends_it(value: bytes) -> None:
    """Whoever checks the body says so; here it is only passed over."""
    assert list(leading(value)) in ([], [1])
