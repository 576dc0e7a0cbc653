"""`client.models.list()` of every official SDK: one path, three shapes."""

from __future__ import annotations

import anthropic
import openai
import pytest
from google import genai

from cliproxy.cli.demo import CHAT, GEMINI, MESSAGES, RESPONSES
from tests.clients.story import GEMINI_3

ALL = sorted((CHAT, GEMINI, GEMINI_3, MESSAGES, RESPONSES))

pytestmark = [
    pytest.mark.client,
    # google-genai derives its session from aiohttp's, which aiohttp discourages.
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]


async def test_openai_lists_all_models(openai_client: openai.AsyncOpenAI) -> None:
    """Every SDK sees every model, whoever serves it."""
    listed = [model async for model in openai_client.models.list()]

    assert [model.id for model in listed] == ALL
    assert {model.object for model in listed} == {"model"}


async def test_anthropic_lists_all_models(anthropic_client: anthropic.AsyncAnthropic) -> None:
    """Its pages end where the SDK expects it."""
    listed = [model async for model in anthropic_client.models.list()]

    assert [model.id for model in listed] == ALL
    assert all(model.display_name for model in listed)


async def test_gemini_lists_all_models(gemini_client: genai.client.AsyncClient) -> None:
    """Its names have a beginning of their own."""
    listed = [model async for model in await gemini_client.models.list()]

    assert [model.name for model in listed] == [f"models/{name}" for name in ALL]


async def test_one_model_can_be_looked_up(
    openai_client: openai.AsyncOpenAI,
    anthropic_client: anthropic.AsyncAnthropic,
    gemini_client: genai.client.AsyncClient,
) -> None:
    """Some clients check that a model is there before they start."""
    assert (await openai_client.models.retrieve(CHAT)).id == CHAT
    assert (await anthropic_client.models.retrieve(CHAT)).id == CHAT
    assert (await gemini_client.models.get(model=CHAT)).name == f"models/{CHAT}"
    with pytest.raises(openai.NotFoundError, match="nothing-like-it"):
        await openai_client.models.retrieve("nothing-like-it")
