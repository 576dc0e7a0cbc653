"""What only OpenAI's SDK asks of chat: the rest of its loops is in `test_loops`."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.clients.story import UPSTREAMS

pytestmark = pytest.mark.client

every_upstream = pytest.mark.parametrize("model", UPSTREAMS)


@every_upstream
async def test_a_stream_tells_its_usage_only_when_asked(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """Some clients fall over a chunk without choices that they did not ask for."""
    said: Any = [{"role": "user", "content": "hello"}]
    asked: Any = {"model": model, "messages": said, "stream": True}
    without = [chunk async for chunk in await openai_client.chat.completions.create(**asked)]
    asked["stream_options"] = {"include_usage": True}
    with_usage = [chunk async for chunk in await openai_client.chat.completions.create(**asked)]

    assert all(chunk.choices and not chunk.usage for chunk in without)
    assert with_usage[-1].choices == []
    assert with_usage[-1].usage is not None
    assert with_usage[-1].usage.completion_tokens == 3
    assert with_usage[-1].usage.total_tokens == with_usage[-1].usage.prompt_tokens + 3


@every_upstream
async def test_a_stream_has_one_id_and_one_finish(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """Clients file the chunks under their id, and act on the finish."""
    stream = await openai_client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hello"}], stream=True
    )
    chunks = [chunk async for chunk in stream]

    assert len({(chunk.id, chunk.model, chunk.created) for chunk in chunks}) == 1
    assert chunks[0].id
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == ["stop"]
