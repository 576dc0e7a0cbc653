"""Error bodies of any shape."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cliproxy.providers.diagnosis.told import told


@pytest.mark.parametrize(
    ("body", "message", "codes"),
    [
        ({"error": {"message": "m", "code": "c", "type": "t"}}, "m", ("c", "t")),
        ({"type": "error", "error": {"type": "t", "message": "m"}}, "m", ("t",)),
        ({"response": {"error": {"message": "m", "code": "c"}}}, "m", ("c",)),
        ([{"error": {"message": "m", "status": "s"}}], "m", ("s",)),
        ({"error": "m"}, "m", ()),
        ({"error": 5}, "5", ()),
        ({"error": {"details": [{"reason": "R"}, 5], "code": 429}}, "", ("R",)),
    ],
)
def test_every_shape_is_an_error(body: Any, message: str, codes: tuple[str, ...]) -> None:
    """Reasons tell more than codes, and codes more than a status."""
    said = told(msgspec.json.encode(body))

    assert (said.message, said.codes, said.is_error) == (message, codes, True)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"type":"codex.rate_limits"}', b"<html>", b"\xff"])
def test_what_is_no_error(body: bytes) -> None:
    """Usage endpoints and events come this way too."""
    assert not told(body).is_error


def test_a_number_of_its_own_and_short_words_are_iflow_s_way() -> None:
    said = told(b'{"status":"435","msg":"Model not support","body":null}')

    assert (said.message, said.codes) == ("Model not support", ("435",))


def test_a_page_is_one() -> None:
    assert told(b"<html><title>Just\n a moment</title>").message == "Just a moment"
    assert told(b"<html><title>Just\n a moment</title>").is_page
    assert not told(b"no page").is_page


def test_what_a_reason_says_of_itself() -> None:
    """A detail without a reason comes first in some."""
    details = [{"retryDelay": "1s"}, {"reason": "R", "metadata": {"model": "m"}}]

    assert told(msgspec.json.encode({"error": {"details": details}})).metadata == {"model": "m"}
