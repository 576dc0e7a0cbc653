"""Google's SDK over generateContent, which it asks for under /v1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from google import genai
from google.genai import types

from tests.clients.story import CITY, GATEWAY_KEY, RESULTS, Answer, Call, Place, Talk
from tests.clients.surfaces.connection import TLS

TOOLS: Any = [
    types.Tool(
        function_declarations=[types.FunctionDeclaration(name=name, parameters_json_schema=CITY) for name in RESULTS]
    )
]
NOT_BY_ITSELF = types.AutomaticFunctionCallingConfig(disable=True)
MODES = types.FunctionCallingConfigMode
CHOICES = {"any": MODES.ANY, "none": MODES.NONE}
PIXEL = b"\x89PNG" + bytes(66)


def opened(url: str, key: str = GATEWAY_KEY) -> genai.client.AsyncClient:
    """Return a client; by itself it does not try again."""
    options = types.HttpOptions(
        base_url=url, client_args={"verify": TLS}, async_client_args={"verify": TLS, "ssl": TLS}
    )
    return genai.Client(api_key=key, http_options=options).aio


class GeminiTalk(Talk):
    """A list of contents, each a list of parts."""

    def say(self, text: str, *, picture: bool = False) -> None:
        image = [types.Part.from_bytes(data=PIXEL, mime_type="image/png")] if picture else []
        self.turns.append(types.Content(role="user", parts=[types.Part(text=text), *image]))

    async def hear(self, *, streamed: bool, bare: bool = False) -> Answer:
        if not streamed:
            answers = [await self.client.models.generate_content(**self._asked())]
        else:
            answers = [answer async for answer in await self.client.models.generate_content_stream(**self._asked())]
        parts = [part for answer in answers for part in _parts(answer)]
        self.turns.append(types.Content(role="model", parts=_bare(parts) if bare else parts))
        calls = [part.function_call for part in parts if part.function_call]
        usage = answers[-1].usage_metadata
        return Answer(
            "".join(part.text or "" for part in parts if not part.thought),
            "".join(part.text or "" for part in parts if part.thought),
            tuple(Call(call.id or "", call.name or "", call.args) for call in calls),
            _finish(answers[-1], calls),
            usage.prompt_token_count,
            (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
        )

    def report(self, answer: Answer, *, picture: bool = False) -> None:
        shown = [types.FunctionResponsePart.from_bytes(data=PIXEL, mime_type="image/png")] if picture else None
        results = [
            types.FunctionResponse(id=call.id, name=call.name, response={"result": RESULTS[call.name]}, parts=shown)
            for call in answer.calls
        ]
        parts = [types.Part(function_response=result) for result in results]
        self.turns.append(types.Content(role="user", parts=parts))

    async def words(self) -> AsyncIterator[str]:
        async for answer in await self.client.models.generate_content_stream(**self._asked()):
            if answer.text:
                yield answer.text

    async def place(self, *, streamed: bool) -> Any:
        asked = self._asked(response_mime_type="application/json", response_schema=Place)
        if not streamed:
            return (await self.client.models.generate_content(**asked)).parsed
        answers = [answer async for answer in await self.client.models.generate_content_stream(**asked)]
        return Place.model_validate_json("".join(answer.text or "" for answer in answers))

    def _asked(self, **more: Any) -> dict[str, Any]:
        wish = self.wish
        settings: dict[str, Any] = {"automatic_function_calling": NOT_BY_ITSELF, **more}
        if wish.system:
            settings["system_instruction"] = wish.system
        if wish.tools:
            settings["tools"] = TOOLS
        if wish.choice != "auto":
            named = None if wish.choice in CHOICES else [wish.choice]
            calling = types.FunctionCallingConfig(
                mode=CHOICES.get(wish.choice, MODES.ANY), allowed_function_names=named
            )
            settings["tool_config"] = types.ToolConfig(function_calling_config=calling)
        assert wish.parallel, "Gemini has no such switch"
        if wish.thinking:
            settings["thinking_config"] = types.ThinkingConfig(include_thoughts=True)
        if wish.limit is not None:
            settings["max_output_tokens"] = wish.limit
        config = types.GenerateContentConfig(**settings)
        return {"model": self.model, "contents": self.turns, "config": config}


def _parts(answer: types.GenerateContentResponse) -> list[types.Part]:
    contents = [candidate.content for candidate in answer.candidates or ()]
    return [part for content in contents if content for part in content.parts or ()]


def _bare(parts: list[types.Part]) -> list[types.Part]:
    kept = [part for part in parts if not part.thought and (part.text or part.function_call)]
    return [part.model_copy(update={"thought_signature": None}) for part in kept]


def _finish(last: types.GenerateContentResponse, calls: list[Any]) -> str:
    assert last.candidates
    if last.candidates[0].finish_reason is types.FinishReason.MAX_TOKENS:
        return "length"
    assert last.candidates[0].finish_reason is types.FinishReason.STOP
    return "calls" if calls else "stop"


TALK = GeminiTalk
