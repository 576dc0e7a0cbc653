"""OpenAI's SDK over the older completions, which editors still ask for: text in, text out, whoever answers."""

from __future__ import annotations

import openai
import pytest

from cliproxy.simulator import Refuse, Serving
from tests.clients.story import UPSTREAMS

pytestmark = pytest.mark.client

every_upstream = pytest.mark.parametrize("model", UPSTREAMS)


@every_upstream
async def test_a_prompt_is_answered(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """The prompt is a user's only message."""
    reply = await openai_client.completions.create(model=model, prompt="one two three", max_tokens=100)

    assert [choice.text for choice in reply.choices] == ['You said: "one two three".']
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (3, 5, 8)


@every_upstream
async def test_its_stream_comes_word_by_word(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """With the usage at the end, where it is asked for."""
    stream = await openai_client.completions.create(
        model=model, prompt="one two three", max_tokens=100, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    words = [choice.text for chunk in chunks for choice in chunk.choices if choice.text]

    assert words == ["You", " said:", ' "one', " two", ' three".']
    reasons: list[str | None] = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
    assert [reason for reason in reasons if reason] == ["stop"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 5


@every_upstream
async def test_an_error_has_its_class(openai_client: openai.AsyncOpenAI, upstream: Serving, model: str) -> None:
    """As on OpenAI's other paths."""
    upstream.upstream.script.add(Refuse(429), times=None)

    with pytest.raises(openai.RateLimitError):
        await openai_client.completions.create(model=model, prompt="hello")
