"""Anthropic's SDK over messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anthropic

from tests.clients.story import CITY, GATEWAY_KEY, RESULTS, Answer, Call, Place, Talk
from tests.clients.surfaces.connection import TLS
from tests.unit.simulator.asking import PIXEL

TOOLS: Any = [{"name": name, "input_schema": CITY} for name in RESULTS]
CHOICES = ("auto", "any", "none")
FINISHES = {"end_turn": "stop", "tool_use": "calls", "max_tokens": "length"}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}


def opened(url: str, key: str = GATEWAY_KEY) -> anthropic.AsyncAnthropic:
    """Return a client that asks once."""
    connection = anthropic.DefaultAsyncHttpxClient(verify=TLS)
    return anthropic.AsyncAnthropic(api_key=key, base_url=url, max_retries=0, http_client=connection)


class MessagesTalk(Talk):
    """A list of messages, each a list of blocks."""

    def say(self, text: str, *, picture: bool = False) -> None:
        content: Any = [{"type": "text", "text": text}, IMAGE] if picture else text
        self.turns.append({"role": "user", "content": content})

    async def hear(self, *, streamed: bool, bare: bool = False) -> Answer:
        message = await self._message(streamed=streamed)
        kept = [block for block in message.content if not (bare and block.type == "thinking")]
        self.turns.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in kept]})
        usage = message.usage
        return Answer(
            "".join(block.text for block in message.content if block.type == "text"),
            "".join(block.thinking for block in message.content if block.type == "thinking"),
            tuple(Call(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"),
            FINISHES[message.stop_reason],
            usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0),
            usage.output_tokens,
        )

    def report(self, answer: Answer, *, picture: bool = False) -> None:
        results = []
        for call in answer.calls:
            text = RESULTS[call.name]
            content: Any = [{"type": "text", "text": text}, IMAGE] if picture else text
            results.append({"type": "tool_result", "tool_use_id": call.id, "content": content})
        self.turns.append({"role": "user", "content": results})

    async def words(self) -> AsyncIterator[str]:
        async with self.client.messages.stream(**self._asked()) as stream:
            async for text in stream.text_stream:
                yield text

    async def place(self, *, streamed: bool) -> Any:
        asked = {**self._asked(), "output_format": Place}
        if not streamed:
            return (await self.client.messages.parse(**asked)).parsed_output
        async with self.client.messages.stream(**asked) as stream:
            return (await stream.get_final_message()).parsed_output

    async def _message(self, *, streamed: bool) -> Any:
        if not streamed:
            return await self.client.messages.create(**self._asked())
        async with self.client.messages.stream(**self._asked()) as stream:
            return await stream.get_final_message()

    def _asked(self) -> dict[str, Any]:
        wish = self.wish
        asked: dict[str, Any] = {"model": self.model, "messages": self.turns, "max_tokens": wish.limit or 2048}
        if wish.system:
            asked["system"] = wish.system
        if wish.tools:
            asked["tools"] = TOOLS
        if wish.choice != "auto" or not wish.parallel:
            named = {"type": "tool", "name": wish.choice}
            choice: dict[str, Any] = {"type": wish.choice} if wish.choice in CHOICES else named
            asked["tool_choice"] = choice if wish.parallel else {**choice, "disable_parallel_tool_use": True}
        if wish.thinking:
            asked["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        return asked


TALK = MessagesTalk
