"""An answer that a page fetches, whichever way the page tells of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.transport.base import BrokenOff, Unreachable
from cliproxy.transport.relay_response import CHUNK_COST, LARGEST_PIECE, RelayResponse
from cliproxy.wire.relay import PageFrame, Payload, read_frame

LONGEST = 10_000_000
PIECE = PageFrame("1", "stream_chunk", Payload(data="ab"))


def response_to(*frames: tuple[str, dict[str, Any] | None]) -> RelayResponse:
    """Return an answer of which these frames have come."""
    response = RelayResponse(
        "text/event-stream", idle_timeout=1, most_kept=LONGEST, patience=1, on_leaving=lambda: None
    )
    for type_, payload in frames:
        told = {"id": "1", "type": type_} | ({} if payload is None else {"payload": payload})
        frame = read_frame(json.dumps(told).encode())
        assert frame is not None
        response.heard(frame)
    return response


@pytest.mark.parametrize(
    ("payload", "status", "kind", "body"),
    [
        ({"body": ' {"a":1}'}, 200, "application/json", b' {"a":1}'),
        ({"body": "data: 1\n\n", "status": 201}, 201, "text/event-stream", b"data: 1\n\n"),
        ({"body": "[]", "headers": {"Content-Type": ["a/b"]}}, 200, "a/b", b"[]"),
        ({}, 200, "text/event-stream", b""),
    ],
)
async def test_a_whole_answer(payload: dict[str, Any], status: int, kind: str, body: bytes) -> None:
    """Where it says no type, it is JSON if it looks so, else what was asked for."""
    response = response_to(("http_response", payload))
    await response.head()

    assert (response.status, response.headers["CONTENT-TYPE"]) == (status, kind)
    assert response.is_over
    assert await response.read(LONGEST) == body


async def test_pieces_without_a_start() -> None:
    response = response_to(("stream_chunk", {"data": "a"}), ("stream_chunk", {"data": "b"}), ("stream_end", None))

    assert response.status == 200
    assert await response.read(LONGEST) == b"ab"


async def test_an_error_with_a_status_is_an_answer() -> None:
    response = response_to(("error", {"error": "no quota", "status": 429}))
    await response.head()

    assert response.status == 429
    assert json.loads(await response.read(LONGEST)) == {"error": {"code": 429, "message": "no quota"}}


@pytest.mark.parametrize("status", [None, 0, 200])
async def test_an_error_without_one_is_none(status: int | None) -> None:
    with pytest.raises(Unreachable, match="Failed to fetch"):
        await response_to(("error", {"error": "Failed to fetch", "status": status})).head()


async def test_an_error_in_the_middle_breaks_off() -> None:
    """Whatever its status: the answer's own has gone out."""
    response = response_to(
        ("stream_start", {"status": 200}), ("stream_chunk", {"data": "a"}), ("error", {"error": "gone", "status": 500})
    )
    await response.head()

    assert response.status == 200
    with pytest.raises(BrokenOff, match="gone"):
        await response.read(LONGEST)


async def test_what_waits_is_handed_on_in_pieces_that_others_can_wait_for() -> None:
    """Small chunks in one, so that a client is written to once; but never all that there is."""
    chunks = [("stream_chunk", {"data": "x" * 1000})] * 1000
    pieces: list[bytes] = []

    async def at_once() -> None:
        pass

    await response_to(*chunks, ("stream_end", None)).pump(pieces.append, at_once)

    assert sum(map(len, pieces)) == 1_000_000
    assert max(map(len, pieces)) < LARGEST_PIECE + 1000
    assert len(pieces) == 4


def test_small_pieces_fill_it_too() -> None:
    """Each takes memory beside its own, and a page may send as many as it likes."""
    pieces = [("stream_chunk", {"data": "ab"})] * (LONGEST // CHUNK_COST)
    response = response_to(*pieces[:-5000])
    assert not response.is_full
    for _ in range(5000):
        response.heard(PIECE)
    assert response.is_full


async def test_what_was_taken_makes_room() -> None:
    response = response_to(*[("stream_chunk", {"data": "ab"})] * 10, ("stream_end", None))
    assert len(await response.read(LONGEST)) == 20
    for _ in range(LONGEST // CHUNK_COST - 5000):
        response.heard(PIECE)

    assert not response.is_full
