"""What only Anthropic's SDK asks of messages: the rest of its loops is in `test_loops`."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from cliproxy.cli.demo import GEMINI, MESSAGES, RESPONSES
from tests.clients.story import UPSTREAMS

pytestmark = pytest.mark.client

every_upstream = pytest.mark.parametrize("model", UPSTREAMS)


@every_upstream
async def test_a_stream_tells_its_usage_at_both_ends(anthropic_client: anthropic.AsyncAnthropic, model: str) -> None:
    """The SDK falls over a stream without; some clients take the input tokens from its end alone."""
    said: Any = [{"role": "user", "content": "one two three"}]
    stream = await anthropic_client.messages.create(model=model, max_tokens=100, messages=said, stream=True)
    events = {event.type: event async for event in stream}

    start: Any = events["message_start"]
    delta: Any = events["message_delta"]
    assert start.message.usage is not None
    assert delta.usage.output_tokens == 5
    assert delta.usage.input_tokens == 3


@pytest.mark.parametrize("model", [MESSAGES, GEMINI, RESPONSES])
async def test_tokens_are_counted(anthropic_client: anthropic.AsyncAnthropic, model: str) -> None:
    """By the upstream: nobody else knows how."""
    said: Any = [{"role": "user", "content": "one two three"}]

    assert (await anthropic_client.messages.count_tokens(model=model, messages=said)).input_tokens == 3
