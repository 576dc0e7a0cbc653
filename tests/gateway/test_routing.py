"""Under which names models are offered, and who serves them: prefixes, aliases, exclusions, pools."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from cliproxy.config.schema import (
    ClaudeKey,
    ClientModels,
    CompatibleKey,
    CompatibleUpstream,
    Config,
    GeminiKey,
    ModelEntry,
    Route,
    Routing,
)
from cliproxy.simulator import Refuse
from tests.gateway.asking import (
    CHAT,
    DIALECTS,
    FIRST,
    GEMINI,
    MESSAGES,
    SAID,
    SECOND,
    STREAMS,
    Scene,
    Way,
    asked,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of, text_of

IN_TURN = {"routing": Routing(session_affinity=False)}  # else equal requests are one conversation, at one account
both_forms = pytest.mark.parametrize("form", ["whole", "stream"])


def with_prefixes(config: Config, **more: Any) -> Config:
    """Return the configuration with the first key of each kind for a team."""

    def for_a_team(keys: Any) -> Any:
        return (structs.replace(keys[0], prefix="team"), *keys[1:])

    (upstream,) = config.openai_compatibility
    first, second = upstream.api_key_entries
    return structs.replace(
        config,
        openai_compatibility=(
            structs.replace(upstream, api_key_entries=(first,), prefix="team"),
            structs.replace(upstream, name="other", api_key_entries=(second,)),
        ),
        codex_api_key=for_a_team(config.codex_api_key),
        claude_api_key=for_a_team(config.claude_api_key),
        gemini_api_key=for_a_team(config.gemini_api_key),
        **more,
    )


async def names_on_offer(scene: Scene) -> list[str]:
    return [model["id"] for model in (await scene.get("/v1/models")).json()["data"]]


@pytest.mark.parametrize("dialect", DIALECTS)
@both_forms
async def test_a_prefix_leads_to_one_team_s_keys(dialect: str, form: str) -> None:
    """Without it, all keys serve the model."""
    async with upstream_and_gateway(IN_TURN) as scene, scene.beside(with_prefixes(scene.config)) as beside:
        prefixed = Way(dialect, form, f"team/{dialect}")
        for _ in range(2):
            assert text_of(Way(dialect, form), await beside.ask(prefixed)) == SAID
        assert scene.asked == [FIRST, FIRST]
        assert {call.model for call in scene.upstream.calls} == {"simulated"}
        for _ in range(2):
            await beside.ask(Way(dialect, form))
        assert set(scene.asked[2:]) == {FIRST, SECOND}
        assert sorted(await names_on_offer(beside)) == sorted([*DIALECTS, *(f"team/{name}" for name in DIALECTS)])


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_prefix_may_be_the_only_way(dialect: str) -> None:
    """With `force-model-prefix`, a team's keys serve nobody else."""
    async with (
        upstream_and_gateway(IN_TURN) as scene,
        scene.beside(with_prefixes(scene.config, force_model_prefix=True)) as beside,
    ):
        for _ in range(2):
            await beside.ask(Way(dialect))
        assert scene.asked == [SECOND, SECOND]
        await beside.ask(Way(dialect, "whole", f"team/{dialect}"))
        assert scene.asked[2:] == [FIRST]


@pytest.mark.parametrize("way", STREAMS, ids=str)
async def test_an_alias_is_what_clients_call_it(way: Way) -> None:
    """The upstream sees its own name; the alias is all that is listed, and the own name is no way in."""
    async with upstream_and_gateway(IN_TURN) as scene:
        await scene.ask(way)
        assert scene.upstream.calls[0].model == "simulated"
        assert "simulated" not in await names_on_offer(scene)
        refused = await scene.ask(Way(way.dialect, way.form, "simulated"))
        assert refused.status == 404
        assert "'simulated'" in error_of(way, refused)


async def test_excluded_models_are_not_offered() -> None:
    """By name or pattern, in any case; the others of the key are."""
    models = tuple(ModelEntry(name) for name in ("simulated", "simulated-Preview", "simulated-mini"))
    async with upstream_and_gateway(IN_TURN) as scene:
        first, second = scene.config.claude_api_key
        config = structs.replace(
            scene.config,
            claude_api_key=(
                structs.replace(first, models=models, excluded_models=("*-preview", "simulated-mini")),
                structs.replace(second, models=models, excluded_models=("*preview",)),
            ),
        )
        async with scene.beside(config) as beside:
            assert set(await names_on_offer(beside)) >= {"simulated", "simulated-mini"}
            assert "simulated-Preview" not in await names_on_offer(beside)
            for _ in range(2):
                await beside.ask(Way(MESSAGES, "whole", "simulated-mini"))
            assert scene.asked == [SECOND, SECOND]
            assert (await beside.ask(Way(MESSAGES, "whole", "simulated-Preview"))).status == 404


async def test_a_key_may_be_switched_off() -> None:
    async with upstream_and_gateway(IN_TURN) as scene:
        first, second = scene.config.gemini_api_key
        keys = (structs.replace(first, excluded_models=("*",)), second)
        async with scene.beside(structs.replace(scene.config, gemini_api_key=keys)) as beside:
            for _ in range(2):
                await beside.ask(Way(GEMINI))
        assert scene.asked == [SECOND, SECOND]


@both_forms
@pytest.mark.parametrize("dialect", [CHAT, MESSAGES])
async def test_one_alias_may_stand_for_several_models(dialect: str, form: str) -> None:
    """They take turns, and one serves for another that fails: of the same key, and in either client's dialect."""
    async with upstream_and_gateway(IN_TURN, keys=(FIRST,)) as scene:
        (upstream,) = scene.config.openai_compatibility
        pool = (ModelEntry("simulated", "pool"), ModelEntry("simulated-mini", "pool"))
        config = structs.replace(scene.config, openai_compatibility=(structs.replace(upstream, models=pool),))
        async with scene.beside(config) as beside:
            way, clean = Way(dialect, form, "pool"), Way(dialect, form, "" if dialect == CHAT else CHAT)
            for _ in range(2):
                assert text_of(clean, await beside.ask(way)) == SAID
            assert [call.model for call in scene.upstream.calls] == ["simulated", "simulated-mini"]

            scene.fails(Refuse(503), model="simulated")
            for _ in range(2):
                assert text_of(clean, await beside.ask(way)) == SAID
            assert [call.model for call in scene.upstream.calls[2:]] == [
                "simulated",
                "simulated-mini",
                "simulated-mini",
            ]


@both_forms
async def test_one_name_may_be_served_by_several_vendors(form: str) -> None:
    """A client's own dialect is relayed, the other translated; each takes over for the other."""
    async with upstream_and_gateway(IN_TURN) as scene:
        (upstream,) = scene.config.openai_compatibility
        shared = (ModelEntry("simulated", "shared"),)
        (at_chat, _), (at_messages, _) = upstream.api_key_entries, scene.config.claude_api_key
        config = structs.replace(
            scene.config,
            openai_compatibility=(
                structs.replace(upstream, models=shared, api_key_entries=(structs.replace(at_chat, api_key=SECOND),)),
            ),
            claude_api_key=(structs.replace(at_messages, models=shared),),
        )
        async with scene.beside(config) as beside:
            for client in (CHAT, MESSAGES):
                scene.upstream.calls.clear()
                for _ in range(2):
                    assert text_of(Way(client, form), await beside.ask(Way(client, form, "shared"))) == SAID
                assert sorted(scene.asked) == [FIRST, SECOND]
            assert (await names_on_offer(beside)).count("shared") == 1

            scene.fails(Refuse(529), key=FIRST)
            for _ in range(2):
                assert text_of(Way(MESSAGES, form), await beside.ask(Way(MESSAGES, form, "shared"))) == SAID


async def test_names_with_odd_signs_reach_their_model() -> None:
    """Slashes, colons and spaces are part of many models' names, also where the name stands in the path."""
    async with upstream_and_gateway(IN_TURN, keys=(FIRST,)) as scene:
        (url,) = {key.base_url for key in scene.config.gemini_api_key}
        odd = ("vendor/model", "model:free", "a model", "größe", "model@20260101", "50%")
        models = tuple(ModelEntry("simulated", name) for name in odd)
        config = structs.replace(
            scene.config,
            gemini_api_key=(GeminiKey(api_key=FIRST, base_url=url, models=models),),
            claude_api_key=(ClaudeKey(api_key=FIRST, base_url=url, models=(ModelEntry("simulated/odd", "odd"),)),),
            openai_compatibility=(
                CompatibleUpstream(
                    name="odd",
                    base_url=f"{url}/v1",
                    api_key_entries=(CompatibleKey(api_key=FIRST),),
                    models=tuple(ModelEntry("simulated", f"chat {name}") for name in odd),
                ),
            ),
        )
        async with scene.beside(config) as beside:
            for name in odd:
                chat = await beside.ask(Way(CHAT, "whole", f"chat {name}"))
                assert text_of(Way(CHAT), chat) == SAID, name
                quoted = name.replace("%", "%25").replace(" ", "%20")
                gemini = await beside.ask(Way(GEMINI, "whole", quoted))
                assert text_of(Way(GEMINI), gemini) == SAID, name
                assert (await beside.get(f"/v1beta/models/{quoted}")).json()["name"] == f"models/{name}"
            assert text_of(Way(MESSAGES), await beside.ask(Way(MESSAGES, "whole", "odd"))) == SAID
            assert scene.upstream.calls[-1].model == "simulated/odd"


async def test_a_client_key_may_be_good_for_some_models() -> None:
    """Others are neither shown to it nor served; it is told what it would be told of a model that nobody has."""
    settings = {
        "api_keys": ("sk-all", "sk-some"),
        "api_key_models": (ClientModels("sk-some", (MESSAGES, "open*chat")),),
    }
    async with upstream_and_gateway(settings) as scene:

        async def shown_to(key: str) -> list[str]:
            reply = await scene.get("/v1/models", {"Authorization": f"Bearer {key}"})
            return [model["id"] for model in reply.json()["data"]]

        assert await shown_to("sk-all") == sorted(DIALECTS)
        assert await shown_to("sk-some") == sorted([MESSAGES, CHAT])
        for dialect in DIALECTS:
            way = Way(dialect)
            path, body = asked(way)
            own = await scene.post(path, body, {"Authorization": "Bearer sk-some"})
            assert own.status == (200 if dialect in (MESSAGES, CHAT) else 404), dialect
            if own.status == 404:
                assert repr(dialect) in error_of(way, own)
            shown = await scene.get(f"/v1/models/{dialect}", {"Authorization": "Bearer sk-some"})
            assert shown.status == own.status
            assert (await scene.post(path, body, {"Authorization": "Bearer sk-all"})).status == 200


async def test_a_model_that_all_its_accounts_lack_is_not_listed() -> None:
    """One whose accounts merely rest is: it comes back by itself."""
    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(404), key=None, model="simulated")
        assert CHAT in await names_on_offer(scene)
        await scene.ask(Way(CHAT))
        assert CHAT not in await names_on_offer(scene)
        assert MESSAGES in await names_on_offer(scene)

    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(429), key=None, model="simulated")
        assert (await scene.ask(Way(CHAT))).status == 429
        assert CHAT in await names_on_offer(scene)


@both_forms
async def test_auto_is_the_newest_model(form: str) -> None:
    """Of those whose age is known: here a namesake of one that is."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        key = structs.replace(
            scene.config.claude_api_key[0], models=(ModelEntry("claude-opus-4-6"), ModelEntry("claude-opus-4-20250514"))
        )
        async with scene.beside(structs.replace(scene.config, claude_api_key=(key,))) as beside:
            way = Way(MESSAGES, form, "auto")
            assert text_of(Way(MESSAGES, form), await beside.ask(way)) == SAID
            assert scene.upstream.calls[-1].model == "claude-opus-4-6"


async def test_a_route_leads_away_from_what_the_entries_offer() -> None:
    """To another provider, or to an upstream of its own."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        (url,) = {key.base_url for key in scene.config.claude_api_key}
        routes = (
            Route(CHAT, "claude"),
            Route("gpt-*", "openai", f"{url}/v1", "sk-of-the-route"),
            Route("opus-*", "claude", url, SECOND),
        )
        async with scene.beside(structs.replace(scene.config, routes=routes)) as beside:
            for model in (CHAT, "GPT-9", "opus-9"):
                assert text_of(Way(CHAT), await beside.ask(Way(CHAT, "whole", model))) == SAID, model
            calls = [(call.path, call.key, call.model) for call in scene.upstream.calls]
            assert calls == [
                ("/v1/messages", FIRST, CHAT),
                ("/v1/chat/completions", "sk-of-the-route", "GPT-9"),
                ("/v1/messages", SECOND, "opus-9"),
            ]


async def test_names_are_found_in_any_case() -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        for dialect in DIALECTS:
            assert text_of(Way(dialect), await scene.ask(Way(dialect, "whole", dialect.upper()))) == SAID
        assert {call.model for call in scene.upstream.calls} == {"simulated"}
