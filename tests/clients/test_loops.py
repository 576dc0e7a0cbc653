"""
Every official SDK, through the gateway, to an upstream of every dialect: the loop that agents run, and what is in it.

Four APIs that clients ask, four that upstreams speak; where both are the same, bytes are relayed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType

import pytest

from cliproxy.cli.demo import CHAT, GEMINI, MESSAGES, RESPONSES
from cliproxy.simulator import Serving
from cliproxy.simulator.proof import prove
from tests.clients.story import ARGUMENTS, ASK, GEMINI_3, SAID, SEEN, THOUGHT, UPSTREAMS, Place, Talk, Wish
from tests.clients.surfaces import SURFACES, chat, gemini, messages, responses
from tests.running import Running

pytestmark = [
    pytest.mark.client,
    # google-genai derives its session from aiohttp's, which aiohttp discourages.
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

every_surface = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
every_upstream = pytest.mark.parametrize("model", UPSTREAMS)
every_loop = pytest.mark.parametrize("model", [*UPSTREAMS, GEMINI_3])
both_ways = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])

OWN = {chat: CHAT, responses: RESPONSES, messages: MESSAGES, gemini: GEMINI}  # whom a surface's bytes are relayed to
UNSHOWN = [
    (CHAT, RESPONSES)
]  # a chat client has no word for wanting to see it, and OpenAI shows it to some accounts only
PROOFS = {
    RESPONSES: prove("openai_responses", THOUGHT),
    MESSAGES: prove("anthropic_messages", THOUGHT),
    GEMINI: prove("gemini", THOUGHT),
    GEMINI_3: prove("gemini", THOUGHT),
}
LONG = " ".join(f"word{number}" for number in range(40))


@asynccontextmanager
async def talk(surface: ModuleType, gateway: Running, model: str, wish: Wish = Wish()) -> AsyncIterator[Talk]:  # noqa: B008 - it never changes
    """Open a conversation through the gateway."""
    async with surface.opened(gateway.url) as client:
        yield surface.TALK(client, model, wish)


@every_surface
@every_loop
@both_ways
async def test_two_tools_are_called_and_their_results_go_back(
    surface: ModuleType, gateway: Running, model: str, *, streamed: bool
) -> None:
    """The loop every agent runs."""
    if (OWN[surface], model) == (GEMINI, GEMINI_3):
        pytest.skip("relayed, and the simulated vendor signs no thought that nobody asked for")
    async with talk(surface, gateway, model, Wish(tools=True, system="Be brief.")) as agent:
        agent.say(ASK)
        first = await agent.hear(streamed=streamed)
        agent.report(first)
        second = await agent.hear(streamed=streamed)

    assert (first.called, first.finish) == (ARGUMENTS, "calls")
    assert len({call.id for call in first.calls}) == 2
    assert (second.text, second.calls, second.finish) == (SAID, (), "stop")
    assert second.output_tokens == 9
    assert second.input_tokens > 0
    assert [record.usage.output_tokens for record in gateway.records] == [first.output_tokens, 9]
    assert gateway.records[1].usage.input_tokens == second.input_tokens


@every_surface
@every_loop
@both_ways
async def test_reasoning_is_shown_and_its_proof_goes_back(
    surface: ModuleType, gateway: Running, upstream: Serving, model: str, *, streamed: bool
) -> None:
    """Vendors check that their reasoning comes back unchanged; a model that loses it begins to think anew."""
    async with talk(surface, gateway, model, Wish(tools=True, thinking=True)) as agent:
        agent.say(ASK)
        first = await agent.hear(streamed=streamed)
        agent.report(first)
        second = await agent.hear(streamed=streamed)

    shown = "" if (OWN[surface], model) in UNSHOWN else THOUGHT
    assert (first.thoughts, first.called, first.finish) == (shown, ARGUMENTS, "calls")
    assert (second.thoughts, second.text, second.finish) == (shown, SAID, "stop")
    assert second.output_tokens == 16
    assert PROOFS.get(model, "") in upstream.upstream.calls[-1].body.decode()


@every_surface
@every_loop
async def test_reasoning_that_does_not_go_back_costs_nothing(
    surface: ModuleType, gateway: Running, upstream: Serving, model: str
) -> None:
    """Many clients drop it. Where the gateway read the reply, it gives the proof back in their stead."""
    if (OWN[surface], model) == (GEMINI, GEMINI_3):
        pytest.skip("this vendor refuses its own clients when they drop it (its rule)")
    async with talk(surface, gateway, model, Wish(tools=True, thinking=True)) as agent:
        agent.say(ASK)
        agent.report(await agent.hear(streamed=True, bare=True))
        second = await agent.hear(streamed=True)

    assert second.text == SAID
    if OWN[surface] != model:
        assert PROOFS.get(model, "") in upstream.upstream.calls[-1].body.decode()


@every_surface
@pytest.mark.parametrize(
    ("before", "after"),
    [(before, after) for before in UPSTREAMS for after in [*UPSTREAMS, GEMINI_3] if before != after],
)
async def test_a_talk_goes_on_with_another_vendor(
    surface: ModuleType, gateway: Running, upstream: Serving, before: str, after: str
) -> None:
    """People switch models in mid-session: the words go on, and no vendor is shown another's proof."""
    if (before, after) == (GEMINI, GEMINI_3):
        pytest.skip("one vendor")
    async with talk(surface, gateway, before, Wish(tools=True, thinking=True)) as agent:
        agent.say(ASK)
        agent.report(await agent.hear(streamed=True))
        agent.model = after
        second = await agent.hear(streamed=False)

    assert (second.text, second.finish) == (SAID, "stop")
    if before in PROOFS and OWN[surface] != after:
        assert PROOFS[before] not in upstream.upstream.calls[-1].body.decode()


@every_surface
@every_upstream
@both_ways
async def test_a_picture_is_seen(surface: ModuleType, gateway: Running, model: str, *, streamed: bool) -> None:
    """It becomes what the upstream takes, with not a byte changed."""
    async with talk(surface, gateway, model) as agent:
        agent.say("What is this?", picture=True)
        answer = await agent.hear(streamed=streamed)

    assert answer.text == f'You said: "What is this?". {SEEN}'


@pytest.mark.parametrize("surface", [responses, messages, gemini], ids=lambda surface: surface.__name__.split(".")[-1])
@every_upstream
async def test_a_tool_may_show_a_picture(surface: ModuleType, gateway: Running, model: str) -> None:
    """Agents look at screenshots this way. Chat has no pictures in results, and must not lose them."""
    async with talk(surface, gateway, model, Wish(tools=True)) as agent:
        agent.say('Please call weather {"city": "Paris"}')
        agent.report(await agent.hear(streamed=True), picture=True)
        second = await agent.hear(streamed=True)

    assert "18 degrees" in second.text
    assert "I see 1 image (image/png, 70 bytes)" in second.text or "It showed 1 image" in second.text


@every_surface
@every_upstream
@both_ways
async def test_structured_output_is_parsed(
    surface: ModuleType, gateway: Running, model: str, *, streamed: bool
) -> None:
    """The SDK makes the schema and reads the answer into the same class."""
    async with talk(surface, gateway, model) as agent:
        agent.say("hello")

        assert await agent.place(streamed=streamed) == Place(city="text")


@every_surface
@every_upstream
@pytest.mark.parametrize(("choice", "called"), [("time", ["time"]), ("any", ["weather"]), ("none", [])])
async def test_a_tool_choice_is_kept(
    surface: ModuleType, gateway: Running, model: str, choice: str, called: list[str]
) -> None:
    """Libraries get structured values by forcing a tool."""
    async with talk(surface, gateway, model, Wish(tools=True, choice=choice)) as agent:
        agent.say("hello")
        answer = await agent.hear(streamed=True)

    assert [call.name for call in answer.calls] == called


@pytest.mark.parametrize("surface", [chat, responses, messages], ids=lambda surface: surface.__name__.split(".")[-1])
@pytest.mark.parametrize("model", [CHAT, RESPONSES, MESSAGES])
async def test_parallel_calls_can_be_forbidden(surface: ModuleType, gateway: Running, model: str) -> None:
    """The name of that switch, and its sense, differ between vendors; Gemini has none."""
    async with talk(surface, gateway, model, Wish(tools=True, parallel=False)) as agent:
        agent.say(ASK)
        answer = await agent.hear(streamed=False)

    assert [call.name for call in answer.calls] == ["weather"]


@every_surface
@every_upstream
@both_ways
async def test_a_limit_shows_in_the_finish(
    surface: ModuleType, gateway: Running, model: str, *, streamed: bool
) -> None:
    """Who asked for twenty tokens must know that there was more to say."""
    async with talk(surface, gateway, model, Wish(limit=20)) as agent:
        agent.say(LONG)
        answer = await agent.hear(streamed=streamed)

    assert answer.finish == "length"
    assert answer.text == " ".join(f'You said: "{LONG}'.split()[:20])
    assert answer.output_tokens == 20


@every_surface
@every_upstream
async def test_words_arrive_one_by_one(surface: ModuleType, gateway: Running, model: str) -> None:
    """A stream is for the eye: it may not come in one piece at the end."""
    async with talk(surface, gateway, model) as agent:
        agent.say("one two three")
        words = [word async for word in agent.words()]

    assert words == ["You", " said:", ' "one', " two", ' three".']
