"""How hard to reason, said with the model's name: what reaches the upstream, and what the client is told."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from cliproxy.config.schema import Config, ModelEntry
from tests.gateway.asking import (
    CHAT,
    CROSSED_STREAMS,
    CROSSED_WHOLE,
    FIRST,
    GEMINI,
    MESSAGES,
    RELAYED_STREAMS,
    RELAYED_WHOLE,
    RESPONSES,
    Way,
    asked,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of

CROSSED = (*CROSSED_WHOLE, *CROSSED_STREAMS)
RELAYED = (*RELAYED_WHOLE, *RELAYED_STREAMS)
WAYS = (*RELAYED, *CROSSED)
ROOM = {CHAT: {"max_tokens": 20_000}, MESSAGES: {"max_tokens": 20_000}}  # for the largest budget here
KNOWN = "claude-sonnet-4-5-20250929"  # by the catalogue: 1,024 to 128,000 tokens


def suffixed(way: Way, value: str) -> Way:
    """Return a way to the same model under its name with a suffix."""
    return way._replace(upstream=f"{way.model}({value})")


def effort_in(dialect: str, body: dict[str, Any]) -> Any:
    """Return what a request says about effort, None where it says nothing."""
    match dialect:
        case "openai_chat":
            return body.get("reasoning_effort")
        case "openai_responses":
            return body.get("reasoning", {}).get("effort")
        case "anthropic_messages":
            return body.get("output_config", {}).get("effort") or body.get("thinking")
        case _:
            thinking = body.get("generationConfig", {}).get("thinkingConfig", {})
            return thinking.get("thinkingLevel") or thinking.get("thinkingBudget")


def with_known_models(config: Config) -> Config:
    """Return the configuration with every model of the catalogue at the Claude key."""
    return structs.replace(
        config, claude_api_key=tuple(structs.replace(key, models=()) for key in config.claude_api_key)
    )


@pytest.mark.parametrize("way", [way for way in RELAYED if way.dialect == MESSAGES], ids=str)
async def test_a_budget_over_the_limit_is_lowered_where_it_would_be_refused(way: Way) -> None:
    """Qwen Code asks so; the simulator is as strict as the vendor."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        path, body = asked(way)
        thinking = {"type": "enabled", "budget_tokens": 32_000}
        reply = await scene.post(path, body | {"max_tokens": 8_000, "thinking": thinking})

        assert reply.status == 200
        [call] = scene.upstream.calls
        assert call.json()["thinking"] == {"type": "enabled", "budget_tokens": 7_999}


@pytest.mark.parametrize("value", ["high", "8192", "foo", ""])
@pytest.mark.parametrize("way", WAYS, ids=str)
async def test_a_suffix_goes_no_further(way: Way, value: str) -> None:
    """Neither to the upstream nor back: the client is told its own name of the model."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        path, body = asked(suffixed(way, value))
        reply = await scene.post(path, body | ROOM.get(way.dialect, {}))
        [call] = scene.upstream.calls

        assert reply.status == 200, reply.body
        assert call.model == "simulated"
        assert f"({value})".encode() not in call.body
        assert f"({value})" not in call.path
        assert f"({value})".encode() not in reply.body
        assert scene.gateway.records[0].model == "simulated"


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        (Way(CHAT, "whole", MESSAGES), "high", {"type": "enabled", "budget_tokens": 19_999}),  # under the limit
        (Way(CHAT, "stream", MESSAGES), "8192", {"type": "enabled", "budget_tokens": 8192}),
        (Way(CHAT, "whole", MESSAGES), "none", {"type": "disabled"}),
        (Way(MESSAGES, "whole", CHAT), "high", "high"),
        (Way(MESSAGES, "stream", CHAT), "8192", "medium"),
        (Way(MESSAGES, "whole", CHAT), "0", "none"),
        (Way(CHAT, "stream"), "High", "high"),
        (Way(CHAT), "8192", "medium"),
        (Way(CHAT), "none", "none"),
        (Way(RESPONSES, "stream"), "low", "low"),
        (Way(RESPONSES), "none", "none"),
        (Way(MESSAGES), "8192", {"type": "enabled", "budget_tokens": 8192}),
        (Way(MESSAGES, "stream"), "none", {"type": "disabled"}),
        (Way(GEMINI, "stream"), "8192", 8192),
        (Way(GEMINI), "high", "high"),
    ],
    ids=str,
)
async def test_the_upstream_is_told_in_its_own_words(way: Way, value: str, said: Any) -> None:
    """Whether it is relayed or translated."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        path, body = asked(suffixed(way, value))
        reply = await scene.post(path, body | ROOM.get(way.dialect, {}))
        [call] = scene.upstream.calls

        assert reply.status == 200, reply.body
        assert effort_in(way.model, call.json()) == said


@pytest.mark.parametrize(
    ("value", "thinking"),
    [
        ("high", {"type": "enabled", "budget_tokens": 24576}),
        ("xhigh", {"type": "enabled", "budget_tokens": 32768}),
        ("999999999", {"type": "enabled", "budget_tokens": 128000}),
        ("1", {"type": "enabled", "budget_tokens": 1024}),
        ("auto", {"type": "enabled", "budget_tokens": 64512}),
        ("none", {"type": "disabled"}),
        ("foo", None),
    ],
)
@pytest.mark.parametrize("dialect", [CHAT, MESSAGES])
async def test_a_known_model_is_asked_for_what_it_can(dialect: str, value: str, thinking: Any) -> None:
    """The nearest there is, whatever the body says; also where the client speaks the vendor's own dialect."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene, scene.beside(with_known_models(scene.config)) as beside:
        path, body = asked(Way(dialect, "whole", f"{KNOWN}({value})"))
        said = {"reasoning_effort": "low"} if dialect == CHAT else {}
        reply = await beside.post(path, body | said | {"max_tokens": 200_000})
        [call] = scene.upstream.calls

        assert reply.status == 200, reply.body
        assert call.model == KNOWN
        assert call.json().get("thinking") == thinking


async def test_an_operator_may_fix_the_effort_of_a_name() -> None:
    """What he wrote with the upstream's name goes before the client's suffix."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        models = (ModelEntry("simulated(high)", "deep"), ModelEntry("simulated", "plain"))
        config = structs.replace(
            scene.config,
            claude_api_key=tuple(structs.replace(key, models=models) for key in scene.config.claude_api_key),
        )
        async with scene.beside(config) as beside:
            for name, budget in (("deep", 24_576), ("deep(low)", 24_576), ("plain(low)", 1024), ("plain", None)):
                scene.upstream.calls.clear()
                assert (await beside.ask(Way(CHAT, "whole", name))).status == 200
                [call] = scene.upstream.calls
                said = {"type": "enabled", "budget_tokens": budget} if budget else None
                assert (call.model, effort_in(MESSAGES, call.json())) == ("simulated", said), name


async def test_a_model_may_have_brackets_in_its_name() -> None:
    """Where the whole name is on offer it is meant; a suffix may follow."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        models = (ModelEntry("Llama 3 (70B)"), ModelEntry("small", "Llama 3 "), ModelEntry("fixed", "m(high)"))
        (upstream,) = scene.config.openai_compatibility
        config = structs.replace(scene.config, openai_compatibility=(structs.replace(upstream, models=models),))
        async with scene.beside(config) as beside:
            for name, model, said in (
                ("Llama 3 (70B)", "Llama 3 (70B)", None),
                ("Llama 3 (70B)(low)", "Llama 3 (70B)", "low"),
                ("Llama 3 (8B)", "small", None),
                ("m(high)", "fixed", None),
            ):
                scene.upstream.calls.clear()
                reply = await beside.ask(Way(MESSAGES, "whole", name))
                [call] = scene.upstream.calls
                assert reply.status == 200, reply.body
                assert (call.model, effort_in(CHAT, call.json())) == (model, said), name


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES, MESSAGES, GEMINI])
async def test_an_unknown_model_stays_unknown(dialect: str) -> None:
    """With its suffix, so that whoever reads the error finds it in his settings."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        way = Way(dialect, "whole", "nobody(high)")
        reply = await scene.ask(way)

        assert reply.status == 404
        assert "nobody(high)" in error_of(way, reply)


@pytest.mark.parametrize("form", ["whole", "stream"])
async def test_a_suffix_without_meaning_is_told_as_a_loss(form: str) -> None:
    """It switched the body's effort off, which nobody would guess."""
    way = Way(MESSAGES, form, f"{CHAT}(huge)")
    path, body = asked(way)
    thinking = {"type": "enabled", "budget_tokens": 2000}
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await scene.post(path, body | {"thinking": thinking, "max_tokens": 4000})
        [call] = scene.upstream.calls

        assert reply.status == 200, reply.body
        assert "reasoning_effort" not in call.json()
        assert reply.headers["x-cliproxy-losses"] == (
            "model: a suffix that says no effort, reasoning effort: not used beside a suffix that says none"
        )
