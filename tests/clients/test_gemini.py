"""What only Google's SDK asks: the rest of its loops is in `test_loops`."""

from __future__ import annotations

from typing import Any

import pytest
from google import genai
from google.genai import types

from cliproxy.cli.demo import GEMINI, MESSAGES, RESPONSES
from cliproxy.simulator import Serving
from tests.clients.story import SAID, UPSTREAMS
from tests.running import Running

pytestmark = [
    pytest.mark.client,
    # google-genai derives its session from aiohttp's, which aiohttp discourages.
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]


def weather(city: str) -> str:
    """Tell how warm it is."""
    return {"Paris": "18 degrees"}[city]


def time(city: str) -> str:
    """Tell what time it is."""
    return {"Lyon": "noon"}[city]


@pytest.mark.parametrize("model", UPSTREAMS)
async def test_the_sdk_runs_the_tools_by_itself(
    gemini_client: genai.client.AsyncClient, gateway: Running, model: str
) -> None:
    """It makes the declarations of functions, calls them, and asks again, until there is an answer."""
    functions: Any = [weather, time]
    chat = gemini_client.chats.create(model=model, config=types.GenerateContentConfig(tools=functions))
    reply = await chat.send_message('Please call weather {"city": "Paris"} and time {"city": "Lyon"}')

    assert reply.text == SAID
    assert len(gateway.records) == 2


@pytest.mark.parametrize("model", [MESSAGES, GEMINI, RESPONSES])
async def test_tokens_are_counted(gemini_client: genai.client.AsyncClient, model: str) -> None:
    """By the upstream: nobody else knows how."""
    assert (await gemini_client.models.count_tokens(model=model, contents="one two three")).total_tokens == 3


async def test_the_upstream_is_asked_where_it_listens(
    gemini_client: genai.client.AsyncClient, upstream: Serving
) -> None:
    """The SDK says /v1 and the model's alias; upstream it is /v1beta and the model's own name."""
    async for _ in await gemini_client.models.generate_content_stream(model=GEMINI, contents="hello"):
        pass

    [call] = upstream.upstream.calls
    assert call.path == "/v1beta/models/simulated:streamGenerateContent"
    assert call.query == {"alt": "sse"}
