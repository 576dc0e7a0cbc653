"""Official SDKs, each with a gateway of its own behind it and the simulator behind that."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from cliproxy.simulator import Serving, Upstream, serving
from tests.clients.story import GATEWAY_KEY
from tests.running import Running, running_before


@pytest.fixture
async def upstream() -> AsyncIterator[Serving]:
    async with serving(Upstream()) as running:
        yield running


@pytest.fixture
async def gateway(upstream: Serving) -> AsyncIterator[Running]:
    """It asks once and does not wait for credentials to be ready again, so that a refusal arrives at once."""
    settings = {"api_keys": (GATEWAY_KEY,), "request_retry": 0, "max_retry_interval": 0}
    async with running_before(upstream.url, **settings) as running:
        yield running


@pytest.fixture
async def openai_client(gateway: Running) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key=GATEWAY_KEY, base_url=f"{gateway.url}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
async def anthropic_client(gateway: Running) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(api_key=GATEWAY_KEY, base_url=gateway.url, max_retries=0) as client:
        yield client


@pytest.fixture
async def gemini_client(gateway: Running) -> AsyncIterator[genai.client.AsyncClient]:
    async with gemini_at(gateway.url) as client:
        yield client


def gemini_at(url: str, key: str = GATEWAY_KEY) -> genai.client.AsyncClient:
    """Return Google's client; by itself it does not try again."""
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url)).aio
