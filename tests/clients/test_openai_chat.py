"""The official OpenAI SDK, over chat, through the gateway."""

from __future__ import annotations

import pytest
from openai import AsyncOpenAI

from cliproxy.cli.demo import CHAT
from cliproxy.simulator import Upstream, serving
from tests.running import running_before

pytestmark = pytest.mark.client


async def test_a_streamed_answer_arrives_word_by_word() -> None:
    """The thinnest thread: SDK, gateway, simulator, and back."""
    async with (
        serving(Upstream()) as upstream,
        running_before(upstream.url) as gateway,
        AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="any", max_retries=0) as client,
    ):
        stream = await client.chat.completions.create(
            model=CHAT, messages=[{"role": "user", "content": "Hello"}], stream=True
        )
        words = [chunk.choices[0].delta.content async for chunk in stream if chunk.choices]

    assert "".join(word or "" for word in words) == 'You said: "Hello".'
    assert len([word for word in words if word]) > 1
