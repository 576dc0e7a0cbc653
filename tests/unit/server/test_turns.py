"""Frames of a socket, read as requests; warm-ups, which nobody else answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.errors import RequestError
from cliproxy.server.turns import LONGEST_STREAM_ID, Turn, Turns

Json = dict[str, Any]
ONE = {"role": "user", "content": "one"}
TWO = {"role": "user", "content": "two"}


def frame(**fields: Any) -> bytes:
    return json.dumps({"type": "response.create", "model": "m", **fields}).encode()


def read(turns: Turns, **fields: Any) -> Json:
    """Return the body that a frame becomes."""
    body: Json = json.loads(turns.read(frame(**fields)).body)
    return body


def warmed(turns: Turns, **fields: Any) -> tuple[Json, Json]:
    turn = turns.read(frame(generate=False, **fields))
    assert turn.is_warm_up
    created, completed = turns.warm_up(turn, reply_id="resp_w", now=1767225600.9)
    return json.loads(created), json.loads(completed)


def test_a_frame_is_the_body_of_a_post() -> None:
    """But for what has a meaning on a socket only; values stay as they were spelled."""
    turn = Turns().read(
        b'{"type":"response.create","model":"m","temperature":1.0e0,"input":"\\u00fc","stream":false,"generate":true}'
    )

    assert turn == Turn(b'{"model":"m","temperature":1.0e0,"input":"\\u00fc","stream":true}')


def test_a_lane_is_told_beside_the_body() -> None:
    turn = Turns().read(frame(stream_id="a"))

    assert turn.stream_id == "a"
    assert "stream_id" not in json.loads(turn.body)
    with pytest.raises(RequestError, match="stream_id"):
        Turns().read(frame(stream_id="a" * (LONGEST_STREAM_ID + 1)))


def test_half_a_surrogate_pair_is_mended() -> None:
    """Clients cut text anywhere."""
    assert read(Turns(), input="\ud83d")["input"] == "\ufffd"


@pytest.mark.parametrize(
    "wrong", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"{}", b'{"type":null}', b'{"type":"response.append"}']
)
def test_what_is_no_request_is_refused(wrong: bytes) -> None:
    with pytest.raises(RequestError):
        Turns().read(wrong)


def test_a_long_type_is_not_repeated_in_full() -> None:
    with pytest.raises(RequestError) as refused:
        Turns().read(json.dumps({"type": "x" * 10_000}).encode())

    assert len(refused.value.message) < 300


def test_the_model_named_last_goes_for_a_request_without_one() -> None:
    turns = Turns()
    nameless = b'{"type":"response.create"}'

    assert "model" not in json.loads(turns.read(nameless).body)
    read(turns, model="first")
    read(turns, model="second")
    assert json.loads(turns.read(nameless).body)["model"] == "second"


def test_only_a_warm_up_says_upstream_that_nothing_is_generated() -> None:
    """It goes where it is understood, or nowhere; every other request has no such field over HTTP."""
    turns = Turns()

    assert read(turns, generate=False)["generate"] is False
    assert "generate" not in read(turns, generate=True)
    assert "generate" not in read(turns, generate=None)


def test_a_warm_up_is_answered_with_the_opening_and_the_end_of_a_reply() -> None:
    """With all that strict clients look for in a response, and what was asked said again."""
    created, completed = warmed(Turns(), input=[ONE], instructions="be brief", tools=[{"type": "web_search"}])

    assert [created["type"], completed["type"]] == ["response.created", "response.completed"]
    assert [created["sequence_number"], completed["sequence_number"]] == [0, 1]
    assert created["response"]["status"] == "in_progress"
    response = completed["response"]
    assert {"id": "resp_w", "status": "completed", "output": [], "model": "m"}.items() <= response.items()
    assert response["created_at"] == 1767225600
    assert response["instructions"] == "be brief"
    assert response["tools"] == [{"type": "web_search"}]
    assert response["parallel_tool_calls"] is True
    assert response["usage"]["total_tokens"] == 0


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ({"input": [ONE]}, {"input": [TWO]}, [ONE, TWO]),
        ({"input": []}, {"input": [TWO]}, [TWO]),
        ({}, {"input": [TWO]}, [TWO]),
        ({"input": None}, {"input": "two"}, [TWO]),
        ({"input": "one"}, {"input": "two"}, [ONE, TWO]),
        ({"input": [ONE]}, {}, [ONE]),
    ],
    ids=str,
)
def test_what_a_warm_up_said_stands_before_what_goes_on_from_it(before: Json, after: Json, joined: list[Json]) -> None:
    turns = Turns()
    warmed(turns, **before)

    body = read(turns, previous_response_id="resp_w", **after)

    assert body["input"] == joined
    assert "previous_response_id" not in body


def test_a_warm_up_can_be_gone_on_from_again() -> None:
    """A turn that failed is asked once more."""
    turns = Turns()
    warmed(turns, input=[ONE])

    first, second = (read(turns, previous_response_id="resp_w", input=[TWO]) for _ in range(2))

    assert first == second


def test_a_warm_up_goes_on_from_a_reply_itself() -> None:
    """Whoever serves what follows is told of that reply."""
    turns = Turns()
    warmed(turns, input=[ONE], previous_response_id="resp_1")

    body = read(turns, previous_response_id="resp_w", input=[TWO])

    assert (body["input"], body["previous_response_id"]) == ([ONE, TWO], "resp_1")


def test_a_reply_that_is_no_warm_up_is_left_to_others() -> None:
    turns = Turns()
    warmed(turns, input=[ONE])

    body = read(turns, previous_response_id="resp_2", input=[TWO])

    assert (body["input"], body["previous_response_id"]) == ([TWO], "resp_2")


def test_an_input_of_another_kind_is_refused() -> None:
    turns = Turns()
    turn = turns.read(frame(generate=False, input=5))

    with pytest.raises(RequestError, match="input"):
        turns.warm_up(turn, reply_id="resp_w", now=0)


@given(
    st.binary(max_size=60)
    | st.dictionaries(
        st.sampled_from(["type", "model", "generate", "input", "stream_id", "previous_response_id", "stream"]),
        st.none() | st.booleans() | st.integers() | st.sampled_from(["response.create", "resp_w", "x"]) | st.just([5]),
    ).map(lambda fields: json.dumps(fields).encode())
)
def test_no_frame_is_too_odd(data: bytes) -> None:
    """It is read, or refused in words."""
    turns = Turns()
    warmed(turns, input=[ONE])
    try:
        turn = turns.read(data)
    except RequestError:
        return
    assert json.loads(turn.body)["stream"] is True
