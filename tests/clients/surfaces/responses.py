"""OpenAI's SDK over responses, with nothing kept at the upstream: all items go back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from tests.clients.story import CITY, RESULTS, Answer, Call, Place, Talk
from tests.clients.surfaces.chat import opened
from tests.unit.simulator.asking import PIXEL

__all__ = ["TALK", "ResponsesTalk", "opened"]

TOOLS: Any = [{"type": "function", "name": name, "parameters": CITY, "strict": False} for name in RESULTS]
CHOICES = {"any": "required", "none": "none"}
ONLY_THEIRS = {"parsed_arguments", "parsed", "status"}  # what the SDK adds to an item
IMAGE = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"}


class ResponsesTalk(Talk):
    """A list of items."""

    def say(self, text: str, *, picture: bool = False) -> None:
        content: Any = [{"type": "input_text", "text": text}, IMAGE] if picture else text
        self.turns.append({"role": "user", "content": content})

    async def hear(self, *, streamed: bool, bare: bool = False) -> Answer:
        response = await self._response(streamed=streamed)
        kept = [item for item in response.output if not (bare and item.type == "reasoning")]
        self.turns += [item.model_dump(exclude_none=True, exclude=ONLY_THEIRS) for item in kept]
        summaries = [item.summary for item in response.output if item.type == "reasoning"]
        calls = [item for item in response.output if item.type == "function_call"]
        return Answer(
            response.output_text,
            "".join(part.text for summary in summaries for part in summary),
            tuple(Call(call.call_id, call.name, json.loads(call.arguments)) for call in calls),
            _finish(response, calls),
            response.usage.input_tokens,
            response.usage.output_tokens,
        )

    def report(self, answer: Answer, *, picture: bool = False) -> None:
        for call in answer.calls:
            text = RESULTS[call.name]
            output: Any = [{"type": "input_text", "text": text}, IMAGE] if picture else text
            self.turns.append({"type": "function_call_output", "call_id": call.id, "output": output})

    async def words(self) -> AsyncIterator[str]:
        async with self.client.responses.stream(**self._asked()) as stream:
            async for event in stream:
                if event.type == "response.output_text.delta":
                    yield event.delta

    async def place(self, *, streamed: bool) -> Any:
        asked = {**self._asked(), "text_format": Place}
        if not streamed:
            return (await self.client.responses.parse(**asked)).output_parsed
        async with self.client.responses.stream(**asked) as stream:
            return (await stream.get_final_response()).output_parsed

    async def _response(self, *, streamed: bool) -> Any:
        if not streamed:
            return await self.client.responses.create(**self._asked())
        async with self.client.responses.stream(**self._asked()) as stream:
            if self.wish.limit is None:
                return await stream.get_final_response()
            events = [event async for event in stream]  # one that was cut short is no final one to the SDK
            assert events[-1].type == "response.incomplete"
            return events[-1].response

    def _asked(self) -> dict[str, Any]:
        wish = self.wish
        asked: dict[str, Any] = {"model": self.model, "input": self.turns, "store": False}
        if wish.system:
            asked["instructions"] = wish.system
        if wish.tools:
            asked["tools"] = TOOLS
        if wish.choice != "auto":
            asked["tool_choice"] = CHOICES.get(wish.choice, {"type": "function", "name": wish.choice})
        if not wish.parallel:
            asked["parallel_tool_calls"] = False
        if wish.thinking:
            asked["reasoning"] = {"effort": "high", "summary": "auto"}
            asked["include"] = ["reasoning.encrypted_content"]
        if wish.limit is not None:
            asked["max_output_tokens"] = wish.limit
        return asked


def _finish(response: Any, calls: list[Any]) -> str:
    if response.status == "incomplete":
        assert response.incomplete_details.reason == "max_output_tokens"
        return "length"
    assert response.status == "completed"
    return "calls" if calls else "stop"


TALK = ResponsesTalk
