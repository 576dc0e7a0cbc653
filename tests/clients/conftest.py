"""Official SDKs, each with a gateway of its own behind it and the simulator behind that."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anthropic
import openai
import pytest
from google import genai
from msgspec import structs

from cliproxy.cli.demo import config_for
from cliproxy.config.schema import ModelEntry
from cliproxy.simulator import Serving, Upstream, serving
from tests.clients.story import GATEWAY_KEY, GEMINI_3
from tests.clients.surfaces import chat, gemini, messages
from tests.running import Running, running


@pytest.fixture
async def upstream() -> AsyncIterator[Serving]:
    async with serving(Upstream()) as running_upstream:
        yield running_upstream


@pytest.fixture
async def gateway(upstream: Serving) -> AsyncIterator[Running]:
    """It asks once and does not wait for credentials to be ready again, so that a refusal arrives at once."""
    config = config_for(upstream.url, 0)
    [google] = config.gemini_api_key
    models = (*google.models, ModelEntry("gemini-3-pro-preview", GEMINI_3))
    settings = {"api_keys": (GATEWAY_KEY,), "request_retry": 0, "max_retry_interval": 0}
    config = structs.replace(config, gemini_api_key=(structs.replace(google, models=models),), **settings)
    async with running(config) as running_gateway:
        yield running_gateway


@pytest.fixture
async def openai_client(gateway: Running) -> AsyncIterator[openai.AsyncOpenAI]:
    async with chat.opened(gateway.url) as client:
        yield client


@pytest.fixture
async def anthropic_client(gateway: Running) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with messages.opened(gateway.url) as client:
        yield client


@pytest.fixture
async def gemini_client(gateway: Running) -> AsyncIterator[genai.client.AsyncClient]:
    async with gemini.opened(gateway.url) as client:
        yield client
