"""The cells of the matrix: what every upstream does, each asked by clients of all dialects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from tests.clients.story import ARGUMENTS, ASK, SAID, SEEN, THOUGHT, Talk, Wish
from tests.clients.surfaces import SURFACES
from tests.logins.matrix import COUNT, GENERATE, IMAGES, QUOTA, REASONING, STREAM, TOOLS, Upstream, cells
from tests.logins.scene import CLIENT_KEY, Scene, scene_at

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

Clients = Mapping[str, Any]

ECHO = 'You said: "one two three".'
SLOWNESS = 5  # seconds that may pass between an answer and the next
LIKELY = 1800 - SLOWNESS  # seconds
STATUS = {"kimi": 403}  # with which a spent account is refused; elsewhere 429


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with scene_at(tmp_path_factory.mktemp("scene")) as scene:
        yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fresh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Another one, of which no account was used."""
    async with scene_at(tmp_path_factory.mktemp("fresh")) as scene:
        yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clients(scene: Scene) -> AsyncIterator[Clients]:
    """The official SDKs before the gateway."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(surface.opened(scene.url, CLIENT_KEY))
            for name, surface in SURFACES.items()
        }


def talks(clients: Clients, upstream: Upstream, wish: Wish | None = None) -> list[Talk]:
    """Return a conversation with an upstream in every dialect."""
    return [surface.TALK(clients[name], upstream.called, wish or Wish()) for name, surface in SURFACES.items()]


@pytest.mark.parametrize("upstream", cells(GENERATE), ids=str)
async def test_it_answers(upstream: Upstream, clients: Clients) -> None:
    for talk in talks(clients, upstream):
        talk.say("one two three")
        assert (await talk.hear(streamed=False)).text == ECHO


@pytest.mark.parametrize("upstream", cells(STREAM), ids=str)
async def test_it_streams(upstream: Upstream, clients: Clients) -> None:
    """The SDKs read as their users do, piece by piece."""
    for talk in talks(clients, upstream):
        talk.say("one two three")
        pieces = [piece async for piece in talk.words()]
        assert "".join(pieces) == ECHO
        assert len(pieces) > 1


@pytest.mark.parametrize("upstream", cells(TOOLS), ids=str)
async def test_it_calls_tools_and_reads_their_results(upstream: Upstream, clients: Clients) -> None:
    for talk in talks(clients, upstream, Wish(tools=True)):
        talk.say(ASK)
        answer = await talk.hear(streamed=True)
        assert answer.called == ARGUMENTS
        talk.report(answer)
        assert (await talk.hear(streamed=True)).text == SAID


@pytest.mark.parametrize("upstream", cells(IMAGES), ids=str)
async def test_it_is_shown_pictures(upstream: Upstream, clients: Clients) -> None:
    for talk in talks(clients, upstream):
        talk.say("one two three", picture=True)
        assert SEEN in (await talk.hear(streamed=True)).text


@pytest.mark.parametrize("upstream", cells(REASONING), ids=str)
async def test_it_shows_its_reasoning(upstream: Upstream, clients: Clients) -> None:
    """Where it is lacking for some clients, they get the answer without it."""
    for name, talk in zip(SURFACES, talks(clients, upstream, Wish(thinking=True)), strict=True):
        talk.say("one two three")
        answer = await talk.hear(streamed=True)
        assert (answer.thoughts, answer.text) == ("" if name in upstream.unshown else THOUGHT, ECHO), name
    assert bool(upstream.unshown) == (REASONING in upstream.lacks)


@pytest.mark.parametrize("upstream", cells(COUNT), ids=str)
async def test_it_counts_tokens(upstream: Upstream, scene: Scene) -> None:
    """Where the vendor can be asked it is; elsewhere the answer is an estimate, and says so."""
    asked = scene.asked
    said = [{"role": "user", "content": "one two three"}]
    reply = await scene.post("/v1/messages/count_tokens", {"model": upstream.called, "messages": said})

    assert reply.status == 200
    assert reply.json()["input_tokens"] > 0
    is_estimated = reply.headers.get("x-cliproxy-estimated") == "true"
    assert is_estimated == (COUNT in upstream.lacks)
    assert scene.asked == asked + (not is_estimated)


@pytest.mark.parametrize("upstream", cells(QUOTA), ids=str)
async def test_a_spent_account_rests_as_long_as_the_vendor_says(upstream: Upstream, fresh: Scene) -> None:
    """It is not asked again before; where the vendor does not say when it is back, for as long as is likely."""
    fresh.limit(upstream)
    body = {"model": upstream.called, "messages": [{"role": "user", "content": "one two three"}]}
    last, refused = [await fresh.post("/v1/chat/completions", body) for _ in range(2)]
    asked = fresh.asked
    unasked = await fresh.post("/v1/chat/completions", body)

    assert (last.status, refused.status, unasked.status) == (200, STATUS.get(upstream.provider, 429), 429)
    assert fresh.asked == asked
    rests = int(unasked.headers["retry-after"])
    if QUOTA in upstream.lacks:
        assert rests >= LIKELY
    else:
        assert abs(rests - upstream.window) <= SLOWNESS
