"""Responses over a websocket: one request after the other, each streamed, and nothing but a close ends the socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from cliproxy.config.schema import Limits, Streaming
from cliproxy.server.listener import Front, Listener
from cliproxy.simulator import CutAt, Hang, Refuse, RefuseInside, Upstream, serving
from cliproxy.usage.record import Outcome
from tests.gateway.asking import (
    DIALECTS,
    FIRST,
    RESPONSES,
    SAID,
    SECOND,
    TEXT,
    Scene,
    client,
    eventually,
    upstream_and_gateway,
)
from tests.gateway.serving import gateway_process

Socket = aiohttp.ClientWebSocketResponse
Json = dict[str, Any]

PATH = "/v1/responses"
MEGABYTE = 1024 * 1024
KEYS = {"api_keys": ("key-of-alice",)}
ALICE = {"Authorization": "Bearer key-of-alice"}
ENDS = ("response.completed", "response.incomplete", "response.failed", "error")


def asked(text: str = TEXT, model: str = RESPONSES, **more: Any) -> Json:
    return {"type": "response.create", "model": model, "input": [{"role": "user", "content": text}], **more}


@asynccontextmanager
async def socket_to(
    scene: Scene, path: str = PATH, headers: Mapping[str, str] | None = None, **more: Any
) -> AsyncIterator[Socket]:
    async with scene.session.ws_connect(scene.url + path, headers=headers, max_msg_size=0, **more) as socket:
        yield socket


async def refused(scene: Scene, headers: Mapping[str, str] | None = None) -> aiohttp.WSServerHandshakeError:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await scene.session.ws_connect(scene.url + PATH, headers=headers)
    return error.value


async def next_event(socket: Socket) -> Json:
    message = await socket.receive(timeout=5)
    assert message.type is WSMsgType.TEXT, message
    event = json.loads(message.data)
    assert isinstance(event, dict)
    return event


async def reply_of(socket: Socket) -> list[Json]:
    """Return the events of a reply, up to its end."""
    events = [await next_event(socket)]
    while events[-1]["type"] not in ENDS:
        events.append(await next_event(socket))
    return events


async def ask(socket: Socket, frame: Json) -> list[Json]:
    await socket.send_json(frame)
    return await reply_of(socket)


async def error_after(socket: Socket, frame: str | bytes) -> Json:
    """Return what one frame is answered, an error in the shape of a socket; the socket must go on."""
    await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
    error = await next_event(socket)
    assert error["type"] == "error"
    assert set(error["error"]) == {"message", "type", "param", "code"}
    assert text_of(await ask(socket, asked())) == SAID
    return error


def text_of(events: list[Json]) -> str:
    """Return the text of one complete, clean reply."""
    kinds = [event["type"] for event in events]
    assert kinds[0] == "response.created", events[0]
    assert kinds.count("response.created") == 1
    assert kinds[-1] == "response.completed"
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


@pytest.mark.parametrize("upstream", DIALECTS)
async def test_a_turn_is_streamed(upstream: str) -> None:
    """Each event is one frame; nobody asks for a stream, and nobody says `[DONE]`."""
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        events = await ask(socket, asked(model=upstream))

        assert text_of(events) == SAID
        assert events[-1]["response"]["output"]
        (call,) = scene.upstream.calls
        assert call.method == "POST"
        if upstream == RESPONSES:
            assert call.json() == {"model": "simulated", "input": asked()["input"], "stream": True}
        assert [record.outcome for record in scene.gateway.records] == [Outcome.SUCCEEDED]
        assert scene.gateway.records[0].usage.output_tokens


@pytest.mark.parametrize("path", ["/responses", "/v1/responses", "/v1/v1/responses", "/v1/responses/"])
async def test_turns_follow_each_other(path: str) -> None:
    async with upstream_and_gateway() as scene, socket_to(scene, path) as socket:
        assert text_of(await ask(socket, asked("one"))) == 'You said: "one".'
        assert text_of(await ask(socket, asked("two"))) == 'You said: "two".'

        ids = {record.exchange_id for record in scene.gateway.records}
        assert len(ids) == 2


async def test_requests_that_come_together_are_answered_in_order() -> None:
    """Also those that cannot be read: an error in the midst of a reply would be taken for the end of that one."""
    async with upstream_and_gateway(pace=0.01) as scene, socket_to(scene) as socket:
        for text in ("one", "two"):
            await socket.send_json(asked(text))
            await socket.send_str("no JSON")

        assert text_of(await reply_of(socket)) == 'You said: "one".'
        assert (await next_event(socket))["type"] == "error"
        assert text_of(await reply_of(socket)) == 'You said: "two".'
        assert (await next_event(socket))["type"] == "error"


async def test_too_many_waiting_requests_close_the_socket() -> None:
    """What waits is bounded; whoever sends without listening is no client."""
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        scene.fails(Hang(), None)
        await socket.send_json(asked())
        await eventually(lambda: len(scene.upstream.calls) == 1)
        for _ in range(30):
            await socket.send_json(asked())

        message = await socket.receive(timeout=5)
        assert message.type is WSMsgType.CLOSE
        assert message.data == aiohttp.WSCloseCode.POLICY_VIOLATION
        await eventually(lambda: scene.upstream.calls[0].abandoned)


async def test_what_only_a_socket_knows_does_not_go_upstream() -> None:
    """Neither its fields nor the version of its protocol; a lane comes back in every event."""
    headers = {"OpenAI-Beta": "responses_websockets=2026-02-06, other=v1", "x-codex-turn-state": "abc", **ALICE}
    async with upstream_and_gateway(KEYS) as scene, socket_to(scene, headers=headers) as socket:
        events = await ask(
            socket, asked(generate=True, stream=False, stream_id="lane 1", previous_response_id="resp_1")
        )

        assert text_of(events) == SAID
        assert {event["stream_id"] for event in events} == {"lane 1"}
        (call,) = scene.upstream.calls
        assert set(call.json()) == {"model", "input", "stream", "previous_response_id"}
        assert call.json()["previous_response_id"] == "resp_1"
        assert call.headers["openai-beta"] == "other=v1"
        assert call.headers["accept"] == "text/event-stream"
        assert not {"upgrade", "sec-websocket-key", "sec-websocket-version"} & set(call.headers)
        assert "key-of-alice" not in str(call.headers)
        assert socket._response.headers["x-codex-turn-state"] == "abc"


async def test_a_later_request_may_leave_the_model_out() -> None:
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        nameless = asked()
        del nameless["model"]
        assert (await ask(socket, nameless))[0]["status"] == 400
        await ask(socket, asked())

        assert text_of(await ask(socket, nameless)) == SAID


async def test_a_warm_up_asks_nobody() -> None:
    """Codex begins with one, and goes on from it as from a reply."""
    said = {"role": "developer", "content": "be brief"}
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        created, completed = await ask(socket, {**asked(), "input": [said], "generate": False, "store": False})

        assert created["type"] == "response.created"
        assert completed["response"]["status"] == "completed"
        assert completed["response"]["output"] == []
        assert completed["response"]["usage"]["total_tokens"] == 0
        assert scene.upstream.calls == []
        reply = completed["response"]["id"]
        assert text_of(await ask(socket, asked(previous_response_id=reply, store=False))) == SAID
        (call,) = scene.upstream.calls
        assert call.json()["input"] == [said, *asked()["input"]]
        assert "previous_response_id" not in call.json()


async def test_a_warm_up_for_a_model_that_nobody_offers_is_refused() -> None:
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        (error,) = await ask(socket, asked(model="nobody's", generate=False))

        assert error["status"] == 404
        assert "nobody's" in error["error"]["message"]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ("no JSON", "cannot be read"),
        ("", "empty"),
        ("[]", "object"),
        ("{}", "unsupported websocket request type: ''"),
        ('{"type":5}', "cannot be read"),
        ('{"type":"response.append","input":[]}', "'response.append'"),
        ('{"type":"response.create","model":"openai_responses","generate":false,"input":5}', "`input`"),
        ("[" * 100_000, "nested"),
        (json.dumps(asked()).encode(), "text frame"),
    ],
)
async def test_a_frame_that_cannot_be_served_is_told_so(frame: str | bytes, told: str) -> None:
    """The socket goes on: a close would cost the client its conversation."""
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        error = await error_after(socket, frame)

        assert error["status"] == 400
        assert told in error["error"]["message"]


async def test_an_unknown_model_is_a_404_within() -> None:
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        error = await error_after(socket, json.dumps(asked(model="nobody's")))

        assert error["status"] == 404


@pytest.mark.parametrize(
    ("fault", "status"), [(Refuse(400), 400), (Refuse(503), 503), (RefuseInside(503), 503)], ids=str
)
async def test_a_refusal_before_the_first_event_has_its_status(fault: Refuse | RefuseInside, status: int) -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene, socket_to(scene) as socket:
        scene.fails(fault, times=1)
        (error,) = await ask(socket, asked())

        assert error["type"] == "error"
        assert error["status"] == status
        assert error["error"]["message"]
        assert FIRST not in str(error)


async def test_a_rate_limit_says_how_long_to_wait() -> None:
    """Without it Codex ends the turn; on a socket, headers stand in the frame."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene, socket_to(scene) as socket:
        scene.fails(Refuse(429, headers={"retry-after": "7"}))
        (error,) = await ask(socket, asked())

        assert error["status"] == 429
        assert error["headers"] == {"retry-after": "7"}
        assert error["error"]["type"]


@pytest.mark.parametrize("fault", [Refuse(429), RefuseInside(), Refuse(401)], ids=str)
async def test_another_account_answers(fault: Refuse | RefuseInside) -> None:
    """As long as no content was sent; the client sees one clean reply."""
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        scene.fails(fault)

        assert text_of(await ask(socket, asked())) == SAID
        assert scene.asked == [FIRST, SECOND]


async def test_a_stream_that_breaks_off_ends_in_an_error() -> None:
    """And the next turn has the socket for itself."""
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        scene.fails(CutAt(3000), None, times=1)
        events = await ask(socket, asked())

        assert events[0]["type"] == "response.created"
        assert events[-1]["type"] == "error"
        assert events[-1]["status"] >= 500
        assert text_of(await ask(socket, asked())) == SAID


async def test_an_error_within_a_stream_gets_a_status() -> None:
    """Upstreams leave it out of their event streams; on a socket Codex passes over an error that has none."""
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        scene.fails(RefuseInside(503, frames=6), None, times=1)
        events = await ask(socket, asked())

        assert events[-1]["type"] == "error"
        assert events[-1]["status"] == 503
        assert events[-1]["error"]["code"] == "server_is_overloaded"


@pytest.mark.parametrize("politely", [True, False], ids=["close", "hang up"])
async def test_a_close_in_mid_turn_reaches_the_upstream(politely: bool) -> None:
    """Within a second, and nobody is blamed."""
    async with upstream_and_gateway(keys=(FIRST,), pace=0.03) as scene:
        async with socket_to(scene) as socket:
            await socket.send_json(asked())
            await next_event(socket)
            if not politely:
                connection = socket._conn
                assert connection is not None
                assert connection.transport is not None
                connection.transport.abort()
        (call,) = scene.upstream.calls

        await eventually(lambda: call.abandoned)
        await eventually(lambda: len(scene.gateway.records) == 1)
        assert scene.gateway.records[0].outcome is Outcome.ABANDONED
        scene.upstream.pace = 0
        async with socket_to(scene) as socket:
            assert text_of(await ask(socket, asked())) == SAID


async def test_a_close_while_the_upstream_is_silent_reaches_it() -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(Hang())
        async with socket_to(scene) as socket:
            await socket.send_json(asked())
            await eventually(lambda: len(scene.upstream.calls) == 1)

        await eventually(lambda: scene.upstream.calls[0].abandoned)


async def test_a_frame_beyond_the_limit_closes_the_socket() -> None:
    async with upstream_and_gateway({"limits": Limits(max_body_mb=1)}) as scene, socket_to(scene) as socket:
        assert text_of(await ask(socket, asked("x" * (MEGABYTE - 1000)))).endswith('x".')
        await socket.send_json(asked("x" * MEGABYTE))

        message = await socket.receive(timeout=5)
        assert message.type is WSMsgType.CLOSE
        assert message.data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        assert len(scene.upstream.calls) == 1


async def test_text_of_any_script_arrives() -> None:
    async with upstream_and_gateway() as scene, socket_to(scene) as socket:
        assert text_of(await ask(socket, asked("grüße 世界 🌍"))) == 'You said: "grüße 世界 🌍".'


async def test_a_waiting_client_is_pinged() -> None:
    settings = {"streaming": Streaming(keepalive_seconds=1)}
    async with upstream_and_gateway(settings) as scene, socket_to(scene, autoping=False) as socket:
        scene.fails(Hang(), None)
        await socket.send_json(asked())

        assert (await socket.receive(timeout=3)).type is WSMsgType.PING


@pytest.mark.parametrize(("headers", "told"), [({}, "Missing"), ({"Authorization": "Bearer wrong"}, "Invalid")])
async def test_without_a_right_key_there_is_no_socket(headers: Mapping[str, str], told: str) -> None:
    """A status before the upgrade, and the same words as for a POST."""
    async with upstream_and_gateway(KEYS) as scene:
        assert (await refused(scene, headers)).status == 401
        upgrade = {**HANDSHAKE, **headers}
        assert told in (await scene.get(PATH, upgrade)).json()["error"]["message"]
        async with socket_to(scene, headers=ALICE) as socket:
            assert text_of(await ask(socket, asked())) == SAID
        async with socket_to(scene, f"{PATH}?key=key-of-alice") as socket:
            assert text_of(await ask(socket, asked())) == SAID


async def test_without_keys_a_web_page_gets_no_socket() -> None:
    """Browsers let any page open one to this machine; its origin tells."""
    async with upstream_and_gateway() as scene:
        assert (await refused(scene, {"Origin": "https://page.example"})).status == 403
        async with socket_to(scene, headers={"Origin": "http://localhost:3000"}) as socket:
            assert text_of(await ask(socket, asked())) == SAID


HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def test_without_an_upgrade_it_is_a_426() -> None:
    async with upstream_and_gateway() as scene:
        reply = await scene.get(PATH)

        assert reply.status == 426
        assert "Upgrade" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "wrong",
    [{"Sec-WebSocket-Version": "12"}, {"Sec-WebSocket-Key": "short"}, {"Sec-WebSocket-Protocol": "key.sk-secret"}],
    ids=str,
)
async def test_a_handshake_that_is_none_is_a_400(
    wrong: Mapping[str, str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Some clients put their key among the subprotocols; it must not reach a log."""
    async with upstream_and_gateway() as scene:
        reply = await scene.get(PATH, {**HANDSHAKE, **wrong})

        assert reply.status == 400
        assert reply.json()["error"]["type"] == "invalid_request_error"
        assert "sk-secret" not in caplog.text + "".join(capfd.readouterr())
        assert (await scene.get("/healthz")).status == 200


async def test_a_socket_without_requests_is_closed_in_the_end() -> None:
    """Counted from the end of the last reply: a long one is no silence."""
    async with upstream_and_gateway(pace=0.02) as scene:
        gateway = scene.gateway.gateway
        listener = Listener(Front(lambda: gateway.snapshot, gateway._current_dispatcher), idle_socket=0.15)
        port = await listener.start("127.0.0.1", 0)
        try:
            async with scene.session.ws_connect(f"http://127.0.0.1:{port}{PATH}") as socket:
                assert text_of(await ask(socket, asked())) == SAID

                closed = await socket.receive(timeout=2)
                assert (closed.type, closed.data) == (WSMsgType.CLOSE, aiohttp.WSCloseCode.OK)
        finally:
            await listener.stop()


async def test_told_to_stop_the_turn_under_way_ends_first(tmp_path: Path) -> None:
    """Then the socket is closed with the code for it; one that waits is closed at once."""
    upstream = Upstream(pace=0.05)
    async with serving(upstream) as server, client() as session:
        more = ("codex-api-key:", f"  - {{api-key: k, base-url: '{server.url}/v1', models: [{{name: simulated}}]}}")
        async with (
            gateway_process(tmp_path, server.url, *more) as gateway,
            session.ws_connect(gateway.url + PATH) as busy,
            session.ws_connect(gateway.url + PATH) as idle,
        ):
            for text in ("one two three", "never begun"):
                await busy.send_json(asked(text, "simulated"))
            await next_event(busy)
            gateway.terminate()

            closed = await idle.receive(timeout=2)
            assert (closed.type, closed.data) == (WSMsgType.CLOSE, aiohttp.WSCloseCode.GOING_AWAY)
            assert not upstream.calls[0].finished
            events = await reply_of(busy)
            assert events[-1]["type"] == "response.completed"
            closed = await busy.receive(timeout=2)
            assert (closed.type, closed.data) == (WSMsgType.CLOSE, aiohttp.WSCloseCode.GOING_AWAY)
            assert len(upstream.calls) == 1
            assert await asyncio.wait_for(gateway.process.wait(), 3) == 0


@pytest.mark.parametrize("upstream", DIALECTS)
async def test_turns_go_on_from_each_other_though_nothing_is_stored(upstream: str) -> None:
    """Codex stores nothing and sends only what is new; upstreams over HTTP do not know its ids."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene, socket_to(scene) as socket:
        before = ""
        for said in ("my name is Ann", "I like birds", "who am I?"):
            events = await ask(socket, asked(said, upstream, store=False, previous_response_id=before or None))
            before = events[-1]["response"]["id"]

        sent = json.dumps(scene.upstream.calls[2].json())
        places = [sent.index(said) for said in ("my name is Ann", "I like birds", "who am I?")]
        assert places == sorted(places)
        assert "previous_response_id" not in sent
