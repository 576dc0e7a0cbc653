"""One credential fails before it said anything: another one answers, and the client never knows."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import structs

from cliproxy.config.schema import Config
from cliproxy.simulator import CutAt, Delay, Empty, EndAt, Fault, Hang, NotStreamed, Refuse, RefuseInside, WrongType
from cliproxy.transport.http import HttpTransport
from cliproxy.usage.record import Outcome
from tests.gateway.asking import (
    CHAT,
    CROSSED_STREAMS,
    FIRST,
    GEMINI,
    RESPONSES,
    SAID,
    SECOND,
    STREAMS,
    WAYS,
    Scene,
    Way,
    eventually,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of, no_secret_in, text_of

TELLTALE = f'{{"error":{{"message":"The account of {FIRST} is in trouble."}}}}'.encode()
OUT_OF_ORDER = b'{"type":"error","error":{"type":"api_error","code":500,"message":"out of order"}}'
FAULTS: dict[str, tuple[Fault, int]] = {  # and the status of which a client is told where nobody else can answer
    "401": (Refuse(401), 401),
    "402": (Refuse(402), 402),
    "403": (Refuse(403), 403),
    "404": (Refuse(404), 404),
    "429": (Refuse(429), 429),
    "429 with retry-after": (Refuse(429, headers={"retry-after": "20"}), 429),
    "500": (Refuse(500), 500),
    "503": (Refuse(503), 503),
    "529": (Refuse(529), 529),
    "a redirect": (Refuse(302, b"", {"location": "https://elsewhere.example"}), 502),
    "a refusal inside a 200": (RefuseInside(500), 500),
    "an error body under 200": (Refuse(200, OUT_OF_ORDER), 500),
    "nothing under 200": (Empty(), 502),
    "an object that says nothing": (Refuse(200, b"{}"), 502),
    "a web page": (WrongType(), 502),
    "half a frame": (EndAt(30), 502),
    "cut in the first frame": (CutAt(30), 502),
    "cut before the head": (CutAt(None), 502),
}
every_way = pytest.mark.parametrize("way", WAYS, ids=str)
every_fault = pytest.mark.parametrize("fault", FAULTS)


@every_way
@every_fault
async def test_another_credential_answers(fault: str, way: Way) -> None:
    """The client sees one clean answer, and the next request leaves the failed credential alone."""
    async with upstream_and_gateway() as scene:
        scene.fails(FAULTS[fault][0])

        assert text_of(way, await scene.ask(way)) == SAID
        assert scene.asked == [FIRST, SECOND]
        assert text_of(way, await scene.ask(way)) == SAID
        assert scene.asked == [FIRST, SECOND, SECOND]

        assert [record.outcome for record in scene.gateway.records] == [
            Outcome.FAILED,
            Outcome.SUCCEEDED,
            Outcome.SUCCEEDED,
        ]


@every_way
@every_fault
async def test_the_only_credential_s_failure_reaches_the_client(fault: str, way: Way) -> None:
    """With its status, in the client's own dialect, as JSON: clients decide by that what to do next."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(FAULTS[fault][0])

        reply = await scene.ask(way)

        assert error_of(way, reply)
        if way.form == "whole" or way.dialect != GEMINI or fault != "an error body under 200":
            # There, what comes is read as an array, and an object is none.
            assert reply.status == FAULTS[fault][1]
        assert scene.asked == [FIRST]


@every_way
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 529])
async def test_the_upstream_s_words_arrive_without_the_key(status: int, way: Way) -> None:
    """Vendors repeat the key they refuse; a client of the gateway must not learn it."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(Refuse(status, TELLTALE, {"x-key": FIRST}))

        reply = await scene.ask(way)

        assert reply.status == status
        assert error_of(way, reply) == "The account of *** is in trouble."
        assert no_secret_in(reply)


@every_way
async def test_a_stated_wait_reaches_the_client(way: Way) -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(Refuse(429, headers={"retry-after": "20"}))

        assert (await scene.ask(way)).headers["retry-after"] == "20"


@pytest.mark.parametrize("way", STREAMS, ids=str)
@pytest.mark.parametrize("broken", [CutAt, EndAt])
async def test_a_stream_that_ends_before_content(way: Way, broken: Callable[[int], Fault]) -> None:
    """Its opening frames are held back, so nobody has seen them."""
    async with upstream_and_gateway() as scene:
        whole = await scene.ask(Way(way.model, way.form))
        content = whole.body.index(b"event: response.content_part" if way.dialect == RESPONSES else b"You")
        opening = whole.body[:content].rfind(b"\n\n") + 2
        assert opening > 1 or way.dialect == GEMINI
        scene.upstream.calls.clear()
        scene.fails(broken(max(opening, 1)), key=SECOND)

        assert text_of(way, await scene.ask(way)) == SAID
        assert scene.asked == [SECOND, FIRST]


@every_way
@pytest.mark.parametrize("fault", [Hang(), Hang(30)], ids=["no head", "no content"])
async def test_silence(way: Way, fault: Fault) -> None:
    """An upstream that says nothing is left after the idle time."""
    async with upstream_and_gateway(transport=impatient()) as scene:
        scene.fails(fault)

        assert text_of(way, await scene.ask(way)) == SAID
        assert scene.asked == [FIRST, SECOND]
        await eventually(lambda: scene.upstream.calls[0].abandoned)


async def test_silence_of_the_only_one() -> None:
    """It is a gateway's timeout, 504, with the host that kept silent."""
    async with upstream_and_gateway(keys=(FIRST,), transport=impatient()) as scene:
        scene.fails(Hang())

        reply = await scene.ask(Way(CHAT))

        assert reply.status == 504
        assert "127.0.0.1 did not answer in time" in error_of(Way(CHAT), reply)


async def test_a_late_answer_is_an_answer() -> None:
    async with upstream_and_gateway(transport=impatient()) as scene:
        scene.fails(Delay(0.05))

        assert text_of(Way(CHAT), await scene.ask(Way(CHAT))) == SAID
        assert scene.asked == [FIRST]


@every_way
async def test_a_closed_port(way: Way) -> None:
    """Where one address is down, another one of the same model answers, and is asked first from then on."""
    async with behind_a_closed_port() as scene:
        assert text_of(way, await scene.ask(way)) == SAID
        assert text_of(way, await scene.ask(way)) == SAID

        assert [record.failure for record in scene.gateway.records] == ["unreachable", "", ""]


@pytest.mark.parametrize("way", CROSSED_STREAMS, ids=str)
async def test_a_whole_answer_to_a_request_for_a_stream(way: Way) -> None:
    """Some servers ignore `stream`; where the dialect is translated, their answer is a short stream."""
    async with upstream_and_gateway() as scene:
        scene.fails(NotStreamed())

        assert text_of(way, await scene.ask(way)) == SAID
        assert scene.asked == [FIRST]


def impatient() -> HttpTransport:
    return HttpTransport(connect_timeout=1, idle_timeout=0.12)


@asynccontextmanager
async def behind_a_closed_port() -> AsyncIterator[Scene]:
    """Serve a gateway whose first credential of each kind leads nowhere."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else gets it
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with (
            upstream_and_gateway(keys=(SECOND,)) as scene,
            scene.beside(_with_first_at(nowhere, scene.config)) as beside,
        ):
            yield beside


def _with_first_at(address: str, config: Config) -> Config:
    def doubled(entries: tuple[Any, ...], path: str = "") -> tuple[Any, ...]:
        return (structs.replace(entries[0], base_url=address + path), *entries)

    return structs.replace(
        config,
        openai_compatibility=doubled(config.openai_compatibility, "/v1"),
        codex_api_key=doubled(config.codex_api_key, "/v1"),
        claude_api_key=doubled(config.claude_api_key),
        gemini_api_key=doubled(config.gemini_api_key),
    )
