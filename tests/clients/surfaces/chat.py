"""OpenAI's SDK over chat completions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import openai

from tests.clients.story import CITY, GATEWAY_KEY, RESULTS, Answer, Call, Place, Talk
from tests.clients.surfaces.connection import TLS
from tests.unit.simulator.asking import PIXEL

TOOLS: Any = [{"type": "function", "function": {"name": name, "parameters": CITY}} for name in RESULTS]
CHOICES = {"any": "required", "none": "none"}
FINISHES = {"stop": "stop", "tool_calls": "calls", "length": "length"}
OFTEN_KEPT = {"role", "content", "tool_calls"}  # most clients know no reasoning


def opened(url: str, key: str = GATEWAY_KEY) -> openai.AsyncOpenAI:
    """Return a client that asks once."""
    connection = openai.DefaultAsyncHttpxClient(verify=TLS)
    return openai.AsyncOpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0, http_client=connection)


class ChatTalk(Talk):
    """A list of messages."""

    def say(self, text: str, *, picture: bool = False) -> None:
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
        content: Any = [{"type": "text", "text": text}, image] if picture else text
        self.turns.append({"role": "user", "content": content})

    async def hear(self, *, streamed: bool, bare: bool = False) -> Answer:
        completion = await self._completion(streamed=streamed)
        [choice] = completion.choices
        message = choice.message
        self.turns.append(message.model_dump(exclude_none=True, include=OFTEN_KEPT if bare else None))
        calls = [(call.id, call.function) for call in message.tool_calls or ()]
        return Answer(
            message.content or "",
            getattr(message, "reasoning_content", None) or "",
            tuple(Call(id_, function.name, json.loads(function.arguments)) for id_, function in calls),
            FINISHES[choice.finish_reason],
            completion.usage.prompt_tokens,
            completion.usage.completion_tokens,
        )

    def report(self, answer: Answer, *, picture: bool = False) -> None:
        assert not picture, "chat has no pictures in results"
        self.turns += [
            {"role": "tool", "tool_call_id": call.id, "content": RESULTS[call.name]} for call in answer.calls
        ]

    async def words(self) -> AsyncIterator[str]:
        async with self.client.chat.completions.stream(**self._asked()) as stream:
            async for event in stream:
                if event.type == "content.delta" and event.delta:
                    yield event.delta

    async def place(self, *, streamed: bool) -> Any:
        asked = {**self._asked(), "response_format": Place}
        if not streamed:
            return (await self.client.chat.completions.parse(**asked)).choices[0].message.parsed
        async with self.client.chat.completions.stream(**asked) as stream:
            return (await stream.get_final_completion()).choices[0].message.parsed

    async def _completion(self, *, streamed: bool) -> Any:
        if not streamed:
            return await self.client.chat.completions.create(**self._asked())
        asked = {**self._asked(), "stream_options": {"include_usage": True}}
        async with self.client.chat.completions.stream(**asked) as stream:
            if self.wish.limit is None:
                return await stream.get_final_completion()
            await stream.until_done()  # what was cut short is an exception to the SDK
            return stream.current_completion_snapshot

    def _asked(self) -> dict[str, Any]:
        wish = self.wish
        system = [{"role": "system", "content": wish.system}] if wish.system else []
        asked: dict[str, Any] = {"model": self.model, "messages": [*system, *self.turns]}
        if wish.tools:
            asked["tools"] = TOOLS
        if wish.choice != "auto":
            named = {"type": "function", "function": {"name": wish.choice}}
            asked["tool_choice"] = CHOICES.get(wish.choice, named)
        if not wish.parallel:
            asked["parallel_tool_calls"] = False
        if wish.thinking:
            asked["reasoning_effort"] = "high"
        if wish.limit is not None:
            asked["max_completion_tokens"] = wish.limit
        return asked


TALK = ChatTalk
