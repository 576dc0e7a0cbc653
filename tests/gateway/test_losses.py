"""What a translation leaves out is told: to the client in a header or a refusal, to the operator as counts."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from cliproxy.config.schema import Config, ModelEntry
from cliproxy.simulator import Refuse, RefuseInside
from cliproxy.usage.losses import LossKind
from cliproxy.usage.record import Outcome
from tests.gateway.asking import (
    CHAT,
    CROSSED_STREAMS,
    CROSSED_WHOLE,
    FIRST,
    MESSAGES,
    RELAYED_STREAMS,
    RELAYED_WHOLE,
    SAID,
    SECOND,
    Reply,
    Scene,
    Way,
    asked,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of, text_of

HEADER = "x-cliproxy-losses"
CROSSED = (*CROSSED_WHOLE, *CROSSED_STREAMS)
RELAYED = (*RELAYED_WHOLE, *RELAYED_STREAMS)
STRICT = {"strict_translation": True}
ODD = {"mood": "good", "größe": 1, "a,b": 2}  # fields that no dialect knows
ODD_TOLD = "mood, gr%C3%B6%C3%9Fe, a%2Cb"


async def ask_for_more(scene: Scene, way: Way, more: dict[str, Any]) -> Reply:
    path, body = asked(way)
    return await scene.post(path, body | more)


def serving_both(config: Config, chat_key: str, messages_key: str, **more: Any) -> Config:
    """Return a configuration that offers one model, `shared`, at a chat upstream and at a Messages upstream."""
    shared = (ModelEntry("simulated", "shared"),)
    (upstream,) = config.openai_compatibility
    entry, *_ = upstream.api_key_entries
    key, *_ = config.claude_api_key
    return structs.replace(
        config,
        openai_compatibility=(
            structs.replace(upstream, models=shared, api_key_entries=(structs.replace(entry, api_key=chat_key),)),
        ),
        claude_api_key=(structs.replace(key, models=shared, api_key=messages_key),),
        **more,
    )


@pytest.mark.parametrize("way", CROSSED, ids=str)
async def test_a_reply_tells_what_was_left_out(way: Way) -> None:
    """The header is there before the reply, streamed or not, and speaks ASCII whatever the fields are called."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await ask_for_more(scene, way, ODD)
        [call] = scene.upstream.calls

        assert text_of(way, reply) == SAID
        assert reply.headers[HEADER] == ODD_TOLD
        assert not set(ODD) & set(call.json())
        [record] = scene.gateway.records
        assert record.losses == tuple(ODD)
        assert (record.dialect, record.upstream_dialect) == (way.dialect, way.upstream)


@pytest.mark.parametrize("way", CROSSED, ids=str)
async def test_nothing_lost_is_nothing_told(way: Way) -> None:
    """An empty header would be a puzzle."""
    async with upstream_and_gateway(keys=(FIRST,), config=STRICT) as scene:
        reply = await scene.ask(way)

        assert text_of(way, reply) == SAID
        assert HEADER not in reply.headers
        assert scene.gateway.gateway.losses.counts() == {}


@pytest.mark.parametrize("way", CROSSED_STREAMS, ids=str)
async def test_a_long_list_is_cut(way: Way) -> None:
    """Clients and proxies refuse long headers; the record has them all."""
    many = {f"odd_{number}": number for number in range(1000)}
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await ask_for_more(scene, way, many)
        *named, last = reply.headers[HEADER].split(", ")

        assert text_of(way, reply) == SAID
        assert len(reply.headers[HEADER]) <= 1000
        assert named == list(many)[: len(named)]
        assert last == f"... and {1000 - len(named)} more"
        assert len(scene.gateway.records[0].losses) == 1000


DEFERRING: dict[str, Any] = {
    "tools": [
        {"name": "ToolSearch", "input_schema": {"type": "object"}},
        {"name": "weather", "input_schema": {"type": "object"}, "defer_loading": True},
        {"name": "clock", "input_schema": {"type": "object"}, "defer_loading": True},
    ]
}
FOUND: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "ToolSearch", "input": {}}]},
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "content": [{"type": "tool_reference", "tool_name": "clock"}],
                }
            ],
        },
    ]
}


@pytest.mark.parametrize("way", [way for way in CROSSED_WHOLE if way.dialect == MESSAGES], ids=str)
async def test_tools_that_are_to_be_searched_for_are_sent_when_they_are_found(way: Way) -> None:
    """Claude Code runs the search itself, whoever answers."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        first = await ask_for_more(scene, way, DEFERRING)
        second = await ask_for_more(scene, way, DEFERRING | FOUND)
        before, after = (call.body for call in scene.upstream.calls)

        assert [name in before for name in (b'"ToolSearch"', b'"weather"', b'"clock"')] == [True, False, False]
        assert [name in after for name in (b'"ToolSearch"', b'"weather"', b'"clock"')] == [True, False, True]
        assert first.headers[HEADER].count("which no search has found yet") == 2
        assert second.headers[HEADER].count("which no search has found yet") == 1


async def test_losses_are_counted_by_pair_and_kind() -> None:
    """Of each attempt that was sent; places in lists do not matter."""
    marked = {"type": "text", "text": "hello", "cache_control": {"type": "ephemeral"}, "odd": 1}
    said = [{"role": "user", "content": [marked]}, {"role": "user", "content": [marked]}]
    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(500))
        for way in (Way(CHAT, "whole", MESSAGES), Way(CHAT, "stream", MESSAGES)):
            await ask_for_more(scene, way, {"mood": "good"})
        await ask_for_more(scene, Way(MESSAGES, "whole", CHAT), {"messages": said})
        counts = scene.gateway.gateway.losses.counts()

        assert len(scene.upstream.calls) > 3
        to_messages = sum(key.upstream == MESSAGES for key in counts)
        assert to_messages == 1
        asked_messages = sum(record.upstream_dialect == MESSAGES for record in scene.gateway.records)
        assert counts[LossKind(CHAT, MESSAGES, "mood")] == asked_messages
        assert all("[0]" not in key.name and "[1]" not in key.name for key in counts)
        assert any(count >= 2 and key.client == MESSAGES for key, count in counts.items())


async def test_an_error_that_was_answered_within_a_stream_comes_with_the_losses() -> None:
    """The head has gone out by then."""
    way = Way(CHAT, "stream", MESSAGES)
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(RefuseInside(frames=4), times=None)
        reply = await ask_for_more(scene, way, ODD)

        assert reply.status == 200
        assert reply.headers[HEADER] == ODD_TOLD


@pytest.mark.parametrize("way", CROSSED, ids=str)
async def test_a_refusal_comes_without(way: Way) -> None:
    """Nobody answered, so nothing was lost on the way."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(Refuse(400), times=None)
        reply = await ask_for_more(scene, way, ODD)

        assert reply.status == 400
        assert HEADER not in reply.headers


async def test_the_upstream_s_own_header_does_not_pass_for_ours() -> None:
    """Where headers are passed on and another gateway stands upstream."""
    headers = {"X-Cliproxy-Losses": "theirs", "X-Other": "theirs"}
    answer = b'{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop","message":'
    answer += b'{"role":"assistant","content":"hello"}}]}'
    async with upstream_and_gateway(keys=(FIRST,), config={"passthrough_headers": True}) as scene:
        scene.fails(Refuse(200, answer, headers), times=None)
        crossed = await ask_for_more(scene, Way(MESSAGES, "whole", CHAT), ODD)
        relayed = await scene.ask(Way(CHAT))

        assert crossed.headers[HEADER] == ODD_TOLD
        assert crossed.headers["x-other"] == "theirs"
        assert relayed.headers[HEADER] == "theirs"


@pytest.mark.parametrize("way", CROSSED, ids=str)
async def test_who_wants_all_or_nothing_gets_nothing(way: Way) -> None:
    """In the client's own words, before anything is sent; nobody is blamed."""
    async with upstream_and_gateway(config=STRICT) as scene:
        reply = await ask_for_more(scene, way, ODD)

        assert reply.status == 400
        told = error_of(way, reply)
        assert "strict-translation" in told
        assert "mood, größe, a,b" in told
        assert scene.upstream.calls == []
        assert scene.gateway.records == []
        assert scene.gateway.gateway.losses.counts() == {}
        assert text_of(way, await scene.ask(way)) == SAID


@pytest.mark.parametrize("way", [way for way in RELAYED if way.dialect == CHAT], ids=str)
async def test_a_relayed_request_loses_nothing(way: Way) -> None:
    """Its bytes pass, also what nobody knows."""
    async with upstream_and_gateway(keys=(FIRST,), config=STRICT) as scene:
        reply = await ask_for_more(scene, way, {"mood": "good"})
        [call] = scene.upstream.calls

        assert reply.status == 200
        assert call.json()["mood"] == "good"
        assert HEADER not in reply.headers


@pytest.mark.parametrize("form", ["whole", "stream"])
async def test_who_can_be_told_all_is_asked_instead(form: str) -> None:
    """One model at two upstreams: the one that speaks the client's dialect loses nothing."""
    async with upstream_and_gateway() as scene:
        config = serving_both(scene.config, FIRST, SECOND, **STRICT)
        async with scene.beside(config) as beside:
            for _ in range(3):
                reply = await ask_for_more(beside, Way(CHAT, form, "shared"), {"mood": "good"})
                assert text_of(Way(CHAT, form), reply) == SAID
            assert scene.asked == [FIRST] * 3
            assert [record.attempt for record in beside.gateway.records] == [1, 1, 1]
            assert [record.outcome for record in beside.gateway.records] == [Outcome.SUCCEEDED] * 3

            scene.upstream.calls.clear()
            for _ in range(2):
                assert text_of(Way(CHAT, form), await beside.ask(Way(CHAT, form, "shared"))) == SAID
            assert sorted(scene.asked) == [FIRST, SECOND], "whoever was passed over was not blamed"


async def test_the_failure_of_who_could_be_told_all_is_told() -> None:
    """It is why there is no answer; the others were no choice."""
    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(529), key=FIRST, times=None)
        async with scene.beside(serving_both(scene.config, SECOND, FIRST, **STRICT)) as beside:
            reply = await ask_for_more(beside, Way(MESSAGES, "whole", "shared"), {"mood": "good"})

            assert reply.status == 529
            assert scene.asked == [FIRST]
