"""Turns of a client's websocket go on over one to the upstream, where the account is asked so."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from cliproxy.config.schema import CodexKey, Config, ModelEntry, PayloadModel, PayloadRule, PayloadRules, Routing
from cliproxy.usage.record import Outcome
from tests.gateway.asking import FIRST, SECOND, client, eventually
from tests.gateway.proxies import http_proxy
from tests.gateway.test_websocket import Json, Socket, ask, next_event, reply_of, text_of
from tests.gateway.vendors import vendors_and_gateway
from tests.running import Running, running
from tests.socket_upstream import SocketUpstream, hang_up, reply, say, says, socket_upstream

MODEL = "ours"
CODEX = "/backend-api/codex"
SPENT = {"type": "usage_limit_reached", "message": "The usage limit has been reached", "resets_in_seconds": 3600}
LIMITS = {
    "type": "codex.rate_limits",
    "rate_limits": {"primary": {"used_percent": 42, "window_minutes": 300, "reset_after_seconds": 60}},
}


@dataclass
class Scene:
    """A gateway before an upstream that speaks over websockets."""

    gateway: Running
    upstream: SocketUpstream
    session: aiohttp.ClientSession = field(repr=False)

    @asynccontextmanager
    async def socket(self, **more: Any) -> AsyncIterator[Socket]:
        async with self.session.ws_connect(f"{self.gateway.url}/v1/responses", max_msg_size=0, **more) as socket:
            yield socket

    @property
    def keys(self) -> list[str]:
        """With which key each request came."""
        return [asked.headers["Authorization"].removeprefix("Bearer ") for asked in self.upstream.asked]

    @property
    def outcomes(self) -> list[Outcome]:
        return [record.outcome for record in self.gateway.records]


@asynccontextmanager
async def scene_of(
    *keys: str, base: str = CODEX, websockets: bool = True, settings: Json | None = None
) -> AsyncIterator[Scene]:
    """Serve keys that are asked over websockets, the first of them by preference."""
    async with socket_upstream() as upstream:
        entries = tuple(
            CodexKey(
                api_key=key,
                base_url=upstream.url + base,
                websockets=websockets,
                models=(ModelEntry("theirs", MODEL),),
                priority=-place,
            )
            for place, key in enumerate(keys or (FIRST,))
        )
        config = Config(
            **{
                "request_retry": 0,
                "shutdown_seconds": 0,
                "routing": Routing(session_affinity=False),
                **(settings or {}),
            },
            codex_api_key=entries,
        )
        async with running(config) as gateway, client() as session:
            yield Scene(gateway, upstream, session)
        await eventually(lambda: upstream.open == 0)


def asked(text: str, **more: Any) -> Json:
    return {"type": "response.create", "model": MODEL, "input": [{"role": "user", "content": text}], **more}


def id_of(events: list[Json]) -> str:
    return str(events[-1]["response"]["id"])


async def test_a_turn_goes_on_from_the_one_before_on_the_same_socket() -> None:
    """Only what is new is sent, however long the conversation is."""
    async with scene_of() as scene, scene.socket() as socket:
        first = await ask(socket, asked("one"))
        second = await ask(socket, asked("two", previous_response_id=id_of(first)))

        assert (text_of(first), text_of(second)) == ("one", "one two")
        assert scene.upstream.sockets == [1, 1]
        one, two = (asked.body for asked in scene.upstream.asked)
        assert one["type"] == "response.create"
        assert one["model"] == "theirs"
        assert (one["store"], one["stream"], one["instructions"]) == (False, True, "")
        assert "previous_response_id" not in one
        assert two["input"] == asked("two")["input"]
        assert two["previous_response_id"] == id_of(first)
        [handshake] = scene.upstream.handshakes
        assert handshake["OpenAI-Beta"] == "responses_websockets=2026-02-06"
        assert handshake["Authorization"] == f"Bearer {FIRST}"
        assert scene.outcomes == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]
        assert scene.gateway.records[1].usage.output_tokens == 2


async def test_what_a_codex_client_tells_of_its_turns_goes_along() -> None:
    headers = {"x-codex-turn-metadata": "m", "OpenAI-Beta": "other=v1, responses_websockets=2026-02-06"}
    async with scene_of() as scene, scene.socket(headers=headers) as socket:
        await ask(socket, asked("one"))

        [handshake] = scene.upstream.handshakes
        assert handshake["x-codex-turn-metadata"] == "m"
        assert handshake.getall("OpenAI-Beta") == ["other=v1, responses_websockets=2026-02-06"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("base", [CODEX, "/v1"])
async def test_without_the_setting_a_turn_goes_over_http(base: str) -> None:
    async with scene_of(websockets=False, base=base) as scene, scene.socket() as socket:
        assert text_of(await ask(socket, asked("one"))) == "one"

        assert scene.upstream.handshakes == []


async def test_an_upstream_that_is_not_codex_gets_what_the_client_said() -> None:
    """A key may lead to any service that speaks the Responses API."""
    async with scene_of(base="/v1") as scene, scene.socket() as socket:
        first = await ask(socket, asked("one", temperature=0.5, store=False))
        second = await ask(socket, asked("two", previous_response_id=id_of(first), store=False))

        assert text_of(second) == "one two"
        one, two = (asked.body for asked in scene.upstream.asked)
        assert one == {**asked("one", temperature=0.5, store=False), "model": "theirs", "stream": True}
        assert two["previous_response_id"] == id_of(first)


async def test_a_suffix_and_an_amendment_reach_the_upstream() -> None:
    """What holds over HTTP holds here: the model's own name, the effort that its name says, the operator's rules."""
    rule = PayloadRule(models=(PayloadModel(name="*"),), params={"metadata": {"team": "a"}})
    async with scene_of(settings={"payload": PayloadRules(override=(rule,))}) as scene, scene.socket() as socket:
        await ask(socket, {**asked("one"), "model": f"{MODEL}(high)"})

        [told] = scene.upstream.asked
        assert told.body["model"] == "theirs"
        assert told.body["reasoning"]["effort"] == "high"
        assert told.body["metadata"] == {"team": "a"}


async def test_a_client_that_posts_is_served_over_http() -> None:
    """It has no connection to keep a socket for."""
    async with scene_of() as scene:
        body = {"model": MODEL, "input": "hi"}
        async with scene.session.post(f"{scene.gateway.url}/v1/responses", json=body) as response:
            assert response.status == 200

        assert scene.upstream.sockets == [0]
        assert "openai-beta" not in scene.upstream.asked[0].headers


async def test_each_client_has_a_socket_of_its_own() -> None:
    async with scene_of() as scene:
        async with scene.socket() as one, scene.socket() as other:
            for text in ("a", "b"):
                assert text_of(await ask(one, asked(text))) == text
                assert text_of(await ask(other, asked(text))) == text
            assert sorted(scene.upstream.sockets) == [1, 1, 2, 2]

        await eventually(lambda: scene.upstream.open == 0)


async def test_fifty_clients_at_once() -> None:
    async with scene_of() as scene:

        async def talk(number: int) -> str:
            async with scene.socket() as socket:
                first = await ask(socket, asked(f"{number}"))
                return text_of(await ask(socket, asked("more", previous_response_id=id_of(first))))

        said = await asyncio.gather(*(talk(number) for number in range(50)))

        assert said == [f"{number} more" for number in range(50)]
        await eventually(lambda: scene.upstream.open == 0)


async def test_when_the_socket_is_gone_everything_is_said_again() -> None:
    """An upstream forgets with its socket; the client need not know."""
    async with scene_of() as scene, scene.socket() as socket:
        scene.upstream.behave.append(says(*reply("resp_1", "one"), then=hang_up))
        first = await ask(socket, asked("one"))
        await eventually(lambda: scene.upstream.open == 0)

        second = await ask(socket, asked("two", previous_response_id=id_of(first)))

        assert text_of(second) == "one two"
        assert scene.upstream.sockets == [1, 2]
        assert "previous_response_id" not in scene.upstream.asked[1].body
        assert len(scene.upstream.asked[1].body["input"]) == 3


async def test_a_socket_that_goes_just_then_costs_nothing() -> None:
    """What was asked over it is asked again; and said in full, once the upstream says that it forgot."""
    async with scene_of() as scene, scene.socket() as socket:
        first = await ask(socket, asked("one"))
        scene.upstream.behave.append(says(then=hang_up))

        second = await ask(socket, asked("two", previous_response_id=id_of(first)))

        assert text_of(second) == "one two"
        assert scene.upstream.sockets == [1, 1, 2, 2]


async def test_another_account_is_told_everything() -> None:
    async with scene_of(FIRST, SECOND) as scene, scene.socket() as socket:
        first = await ask(socket, asked("one"))
        scene.upstream.behave.append(says({"type": "error", "status": 429, "error": SPENT}))

        second = await ask(socket, asked("two", previous_response_id=id_of(first)))

        assert text_of(second) == "one two"
        assert scene.keys == [FIRST, FIRST, SECOND]
        assert "previous_response_id" not in scene.upstream.asked[2].body
        third = await ask(socket, asked("three", previous_response_id=id_of(second)))
        assert text_of(third) == "one two three"
        assert scene.upstream.asked[3].body["previous_response_id"] == id_of(second)


async def test_a_refused_upgrade_fails_over_and_its_reset_is_kept() -> None:
    async with scene_of(FIRST, SECOND) as scene, scene.socket() as socket:
        scene.upstream.refusals.append(web.json_response({"error": SPENT}, status=429))

        assert text_of(await ask(socket, asked("one"))) == "one"

        assert scene.keys == [SECOND]
        assert scene.gateway.records[0].failure == "quota_spent"
        assert await ask(socket, asked("two"))
        assert scene.keys == [SECOND, SECOND]


async def test_a_refusal_is_told_with_its_words_and_status() -> None:
    async with scene_of() as scene, scene.socket() as socket:
        scene.upstream.refusals.append(web.json_response({"error": SPENT}, status=429))
        [error] = await ask(socket, asked("one"))

        assert error["status"] == 429
        assert error["error"]["message"] == SPENT["message"]


async def test_an_upstream_that_upgrades_nobody_is_asked_over_http() -> None:
    """For a while without a try; and everything is said there, as it knows nothing of sockets."""
    async with scene_of() as scene, scene.socket() as socket:
        scene.upstream.refusals.append(web.Response(status=426))
        first = await ask(socket, asked("one"))
        second = await ask(socket, asked("two", previous_response_id=id_of(first)))

        assert (text_of(first), text_of(second)) == ("one", "one two")
        assert scene.upstream.sockets == [0, 0]
        assert len(scene.upstream.handshakes) == 1
        assert all("openai-beta" not in asked.headers for asked in scene.upstream.asked)
        assert "previous_response_id" not in scene.upstream.asked[1].body
        assert scene.outcomes == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]


async def test_an_error_in_mid_reply_ends_it_and_the_next_turn_is_clean() -> None:
    error = {"type": "error", "status": 503, "error": {"type": "server_error", "message": "overloaded"}}
    async with scene_of(FIRST, SECOND) as scene, scene.socket() as socket:
        scene.upstream.behave.append(says(*reply("resp_1", "one")[:2], error, *reply("resp_x", "late")))
        events = await ask(socket, asked("one"))

        assert [event["type"] for event in events] == ["response.created", "response.output_text.delta", "error"]
        assert events[-1]["status"] == 503
        assert text_of(await ask(socket, asked("two"))) == "two"
        assert scene.upstream.sockets == [1, 2]


@pytest.mark.parametrize("sent", [0, 2], ids=["before the reply", "in the middle"])
async def test_a_cut_is_told_or_another_account_answers(sent: int) -> None:
    async with scene_of(FIRST, SECOND) as scene, scene.socket() as socket:
        scene.upstream.behave.append(says(*reply("resp_1", "one")[:sent], then=hang_up))
        events = await ask(socket, asked("one"))

        assert events[-1]["type"] == ("error" if sent else "response.completed")
        assert scene.keys == ([FIRST] if sent else [FIRST, SECOND])


async def test_a_client_that_leaves_in_mid_turn_stops_the_upstream() -> None:
    """Within a second, and nobody is blamed."""
    async with scene_of() as scene:
        scene.upstream.behave.append(says(*reply("resp_1", "one")[:2]))
        async with scene.socket() as socket:
            await socket.send_json(asked("one"))
            await next_event(socket)
            assert scene.upstream.open == 1

        await eventually(lambda: scene.upstream.open == 0)
        await eventually(lambda: scene.outcomes == [Outcome.ABANDONED])


async def test_a_done_reply_counts_as_completed() -> None:
    events = reply("resp_1", "one")
    events[-1]["type"] = "response.done"
    async with scene_of() as scene, scene.socket() as socket:
        scene.upstream.behave.append(says(*events))

        assert text_of(await ask(socket, asked("one"))) == "one"
        assert scene.outcomes == [Outcome.SUCCEEDED]


async def test_a_warm_up_warms_the_upstream() -> None:
    async with scene_of() as scene, scene.socket() as socket:
        warm = await ask(socket, asked("context", generate=False))

        assert scene.upstream.asked[0].body["generate"] is False
        assert text_of(await ask(socket, asked("one", previous_response_id=id_of(warm)))) == "context one"
        assert scene.upstream.sockets == [1, 1]
        assert scene.upstream.asked[1].body["input"] == asked("one")["input"]
        assert "generate" not in scene.upstream.asked[1].body


@pytest.mark.parametrize("status", [426, 429, 503])
async def test_a_warm_up_that_nobody_takes_is_answered_here(status: int) -> None:
    """It asks for nothing; what keeps it from being taken is told to the request that it is for."""
    async with scene_of() as scene, scene.socket() as socket:
        scene.upstream.refusals.append(web.json_response({"error": {"message": "no"}}, status=status))
        created, completed = await ask(socket, asked("context", generate=False))

        assert (created["type"], completed["type"]) == ("response.created", "response.completed")
        assert scene.upstream.asked == []
        assert scene.outcomes == ([] if status == 426 else [Outcome.FAILED])


async def test_what_an_account_has_left_is_learned_from_an_event() -> None:
    """Over a websocket no header tells it."""
    async with scene_of() as scene, scene.socket() as socket:
        scene.upstream.behave.append(says(LIMITS, *reply("resp_1", "one")))
        events = await ask(socket, asked("one"))

        assert LIMITS not in events
        await eventually(lambda: len(scene.outcomes) == 1)
        [member] = scene.gateway.gateway.pool.saved(now=time.time()).members.values()
        [window] = member.windows
        assert (window.name, window.used_fraction, window.source) == ("5h", 0.42, "event")


async def test_a_codex_is_told_what_its_account_has_left() -> None:
    """It shows that; OpenAI's own SDK breaks on an event that comes before the reply has begun."""
    async with scene_of() as scene, scene.socket(headers={"originator": "codex_cli_rs"}) as socket:
        scene.upstream.behave.append(says(LIMITS, *reply("resp_1", "one")))

        assert (await ask(socket, asked("one")))[0] == LIMITS


async def test_a_turn_goes_through_the_gateway_s_proxy() -> None:
    async with http_proxy("joe:hush") as proxy, scene_of(settings={"proxy_url": proxy.url}) as scene:
        async with scene.socket() as socket:
            assert text_of(await ask(socket, asked("one"))) == "one"

        assert proxy.destinations == [f"CONNECT 127.0.0.1:{scene.upstream.port}"]


async def test_a_pace_is_kept() -> None:
    """What the upstream says reaches the client at once, not at the end of the turn."""
    events = reply("resp_1", "one")
    going_on = asyncio.Event()

    async def behave(socket: web.WebSocketResponse, body: Json) -> bool:
        for event in events[:2]:
            await say(socket, event)
        await going_on.wait()
        for event in events[2:]:
            await say(socket, event)
        return False

    async with scene_of() as scene, scene.socket() as socket:
        scene.upstream.behave.append(behave)
        await socket.send_json(asked("one"))
        assert json.dumps(await next_event(socket)) == json.dumps(events[0])
        assert (await next_event(socket))["delta"] == "one"
        going_on.set()
        assert (await reply_of(socket))[-1]["type"] == "response.completed"


@pytest.mark.parametrize("proxy", ["http", "socks"])
async def test_codex_itself_is_asked_through_a_proxy_and_tls(tmp_path: Path, proxy: str) -> None:
    """It takes nothing that it does not know, and what an account has left comes as an event."""
    kept = '{"account_id":"acc-1","websockets":true}'
    async with vendors_and_gateway(tmp_path, "codex", "openai", kept=kept, proxy=proxy) as vendors:
        url = f"{vendors.gateway.url}/v1/responses"
        async with vendors.session.ws_connect(url, max_msg_size=0) as socket:
            said = {**asked("one"), "model": "gpt-5-codex", "temperature": 1, "user": "u"}
            warm = await ask(socket, {**said, "generate": False})
            first = await ask(socket, {**said, "previous_response_id": id_of(warm)})
            second = await ask(socket, {**said, "previous_response_id": id_of(first)})

        assert second[-1]["type"] == "response.completed"
        told = [call for call in vendors.internet.calls if call.host == "chatgpt.com"]
        assert [call.headers.get("upgrade") for call in told] == ["websocket"]
        outcomes = [record.outcome for record in vendors.gateway.records]
        assert outcomes == [Outcome.SUCCEEDED] * 3
        [member] = vendors.gateway.gateway.pool.saved(now=time.time()).members.values()
        assert {window.name for window in member.windows} >= {"5h", "week"}
