"""The last event of a Codex reply says again what the reply is made of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.providers.shaping.codex_reply import Completion


def event(kind: str, **fields: Any) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()


def item(place: int, name: str) -> bytes:
    return event("response.output_item.done", output_index=place, item={"id": name})


def completed(*output: Any, kind: str = "response.completed") -> bytes:
    return event(kind, response={"id": "resp_1", "output": [*output], "usage": {"input_tokens": 3}})


@pytest.mark.parametrize("kind", ["response.completed", "response.incomplete"])
def test_the_items_come_again_in_their_places(kind: str) -> None:
    """OpenAI's own SDK takes the final reply from there, and would find it empty."""
    read = Completion()
    for one in (item(1, "second"), item(0, "first")):
        assert read(one) == one

    last = json.loads(read(completed(kind=kind)))

    assert last["response"] == {
        "id": "resp_1",
        "output": [{"id": "first"}, {"id": "second"}],
        "usage": {"input_tokens": 3},
    }
    assert last["type"] == kind


@pytest.mark.parametrize(
    "last",
    [
        completed({"id": "its own"}),
        event("response.completed"),
        event("response.completed", response="none"),
        event("response.output_text.delta", delta='"response.completed"'),
        event("other", note="response.completed"),
        b'{"type":"response.completed",',
        b"",
    ],
)
def test_whatever_else_comes_goes_on_as_it_is(last: bytes) -> None:
    read = Completion()
    read(item(0, "first"))

    assert read(last) == last


def test_a_reply_without_items_stays_one() -> None:
    assert Completion()(completed()) == completed()


@pytest.mark.parametrize("done", [b'{"type":"response.output_item.done"', event("response.output_item.done", item=1)])
def test_an_item_that_cannot_be_read_is_left_out(done: bytes) -> None:
    read = Completion()

    assert read(done) == done
    assert read(completed()) == completed()
