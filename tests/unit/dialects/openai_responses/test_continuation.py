"""Requests that go on from a reply by its id."""

from __future__ import annotations

import json

import pytest

from cliproxy.dialects.base import Heard
from cliproxy.dialects.openai_responses.continuation import CONTINUING, continued, heard, items, not_found
from cliproxy.errors import RequestError
from cliproxy.wire.frames import Frame

USER = {"type": "message", "role": "user", "content": "hello"}
REPLY = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]}
PROVED = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
UNPROVED = {"type": "reasoning", "id": "rs_2", "summary": []}


def written(value: object) -> bytes:
    return json.dumps(value).encode()


def read(raws: tuple[bytes, ...]) -> list[object]:
    return [json.loads(raw) for raw in raws]


@pytest.mark.parametrize(
    ("said", "expected"),
    [("hello", [USER]), ([USER, REPLY], [USER, REPLY]), ([], []), (None, []), ({"no": "list"}, [])],
)
def test_a_request_s_own_items(said: object, expected: list[object]) -> None:
    assert read(items(written({"model": "m", "input": said}))) == expected


def test_what_came_before_is_said_in_full() -> None:
    """The id goes; everything else stays as it came, numbers and escapes included."""
    body = b'{"model":"m","previous_response_id":"resp_1","temperature":1.0,"input":"a\\u00e9","x":{"y":1e3}}'
    whole = continued(body, [written(USER), written(REPLY)])

    assert json.loads(whole)["input"] == [USER, REPLY, {"type": "message", "role": "user", "content": "aé"}]
    assert b"previous_response_id" not in whole
    assert b'"temperature":1.0' in whole
    assert b'"x":{"y":1e3}' in whole
    assert b'"a\\u00e9"' in whole


def test_reasoning_without_its_encrypted_form_is_not_taken_back() -> None:
    """Other vendors want its words back; this API refuses it."""
    taken = [item for item in (USER, PROVED, UNPROVED) if CONTINUING.is_taken_back(written(item))]

    assert taken == [USER, PROVED]
    assert json.loads(continued(written({"input": []}), [written(UNPROVED)]))["input"] == [UNPROVED]


def test_input_that_is_no_list_is_refused() -> None:
    with pytest.raises(RequestError):
        continued(b'{"input":5}', [])


@pytest.mark.parametrize("kind", ["response.completed", "response.incomplete"])
def test_the_end_of_a_stream_tells_all(kind: str) -> None:
    frame = Frame(kind, written({"type": kind, "response": {"id": "resp_1", "object": "response", "output": [REPLY]}}))
    told = heard(frame)

    assert told is not None
    assert (told.id, read(told.items)) == ("resp_1", [REPLY])
    assert CONTINUING.signs.search(frame.data.replace(b": ", b":"))


def test_items_are_told_where_the_end_has_none() -> None:
    """Codex repeats none at the end."""
    told = heard(Frame("", written({"type": "response.output_item.done", "output_index": 0, "item": REPLY})))

    assert told is not None
    assert (told.id, read(told.items)) == ("", [REPLY])


def test_a_whole_reply_tells_all() -> None:
    assert heard(Frame("", b'{"id":"resp_1","object":"response","output":[]}')) == Heard((), "resp_1")


@pytest.mark.parametrize(
    "data",
    [
        b"[DONE]",
        b"{",
        b'{"type":"response.failed","response":{"id":"resp_1","object":"response"}}',
        b'{"type":"response.created","response":{"id":"resp_1","object":"response"}}',
        b'{"object":"response.compaction","id":"cmp_1","output":[]}',
        b'{"type":"response.output_item.done"}',
        b'{"type":"response.completed"}',
    ],
)
def test_nothing_else_can_be_gone_on_from(data: bytes) -> None:
    assert heard(Frame("", data)) is None


def test_what_is_kept_can_be_said_again_though_the_upstream_broke_it() -> None:
    """Half a character in an item would make the next request one that no vendor takes."""
    item = b'{"type":"message","content":"\xff"}'

    said = heard(Frame("", b'{"type":"response.output_item.done","item":%b}' % item))

    assert said == Heard(('{"type":"message","content":"\ufffd"}'.encode(),))


def test_an_id_that_nobody_knows_is_told_as_the_vendor_tells_it() -> None:
    """Codex sends everything again when it reads this code."""
    error = not_found("resp_9")

    assert (error.status, error.code) == (400, "previous_response_not_found")
    assert "resp_9" in error.message
