"""Google's official SDK, which asks under /v1, through the gateway to an upstream that speaks the same."""

from __future__ import annotations

from typing import Any

import pytest
from google import genai
from google.genai import types
from pydantic import BaseModel

from cliproxy.cli.demo import GEMINI
from cliproxy.simulator import Serving
from tests.clients.story import ARGUMENTS, ASK, CITY, RESULTS, SAID, SEEN, THOUGHT
from tests.running import Running

pytestmark = [
    pytest.mark.client,
    # google-genai derives its session from aiohttp's, which aiohttp discourages.
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

both_ways = pytest.mark.parametrize("streamed", [False, True])

TOOLS: Any = [
    types.Tool(
        function_declarations=[types.FunctionDeclaration(name=name, parameters_json_schema=CITY) for name in RESULTS]
    )
]
NOT_BY_ITSELF = types.AutomaticFunctionCallingConfig(disable=True)


class Place(BaseModel):
    """What structured output is read into."""

    city: str


async def turn(
    client: genai.client.AsyncClient, contents: Any, *, streamed: bool, **config: Any
) -> tuple[list[types.Part], types.GenerateContentResponse]:
    """Ask once; return all parts, and the last response, which has the usage."""
    settings = types.GenerateContentConfig(automatic_function_calling=NOT_BY_ITSELF, **config)
    asked: Any = {"model": GEMINI, "contents": contents, "config": settings}
    if not streamed:
        answers = [await client.models.generate_content(**asked)]
    else:
        answers = [answer async for answer in await client.models.generate_content_stream(**asked)]
    contents_given = [candidate.content for answer in answers for candidate in answer.candidates or ()]
    return [part for content in contents_given if content for part in content.parts or ()], answers[-1]


def spoken(parts: list[types.Part]) -> str:
    """Return what was said aloud."""
    return "".join(part.text or "" for part in parts if not part.thought)


@both_ways
async def test_two_tools_are_called_and_their_results_go_back(
    gemini_client: genai.client.AsyncClient, gateway: Running, *, streamed: bool
) -> None:
    """The signature goes back on the part it came on."""
    config: Any = {"tools": TOOLS, "thinking_config": types.ThinkingConfig(include_thoughts=True)}
    contents: list[Any] = [types.Content(role="user", parts=[types.Part(text=ASK)])]
    parts, _ = await turn(gemini_client, contents, streamed=streamed, **config)
    calls = [part.function_call for part in parts if part.function_call]
    assert "".join(part.text or "" for part in parts if part.thought) == THOUGHT
    assert {call.name: call.args for call in calls} == ARGUMENTS

    results = [
        types.FunctionResponse(id=call.id, name=call.name, response={"result": RESULTS[call.name or ""]})
        for call in calls
    ]
    contents.append(types.Content(role="model", parts=parts))
    contents.append(types.Content(role="user", parts=[types.Part(function_response=result) for result in results]))
    parts, last = await turn(gemini_client, contents, streamed=streamed, **config)

    assert spoken(parts) == SAID
    assert last.candidates is not None
    assert last.candidates[0].finish_reason is types.FinishReason.STOP
    assert last.usage_metadata is not None
    assert last.usage_metadata.thoughts_token_count == 7
    assert [record.usage.reasoning_tokens for record in gateway.records] == [7, 7]


@both_ways
async def test_a_picture_is_seen(gemini_client: genai.client.AsyncClient, *, streamed: bool) -> None:
    """Its bytes arrive unchanged."""
    picture = types.Part.from_bytes(data=b"\x89PNG" + bytes(66), mime_type="image/png")
    parts, _ = await turn(gemini_client, ["What is this?", picture], streamed=streamed)

    assert spoken(parts) == f'You said: "What is this?". {SEEN}'


async def test_structured_output_is_parsed(gemini_client: genai.client.AsyncClient) -> None:
    """The SDK makes the schema and reads the answer into the same class."""
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Place)
    reply = await gemini_client.models.generate_content(model=GEMINI, contents="hello", config=config)

    assert reply.parsed == Place(city="text")


@both_ways
async def test_a_tool_can_be_forced(gemini_client: genai.client.AsyncClient, *, streamed: bool) -> None:
    """Libraries get structured values by forcing a tool."""
    forced = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["time"])
    config: Any = {"tools": TOOLS, "tool_config": types.ToolConfig(function_calling_config=forced)}
    parts, _ = await turn(gemini_client, "hello", streamed=streamed, **config)

    assert [part.function_call.name for part in parts if part.function_call] == ["time"]


async def test_tokens_are_counted(gemini_client: genai.client.AsyncClient) -> None:
    """By the upstream: nobody else knows how."""
    assert (await gemini_client.models.count_tokens(model=GEMINI, contents="one two three")).total_tokens == 3


async def test_the_upstream_is_asked_where_it_listens(
    gemini_client: genai.client.AsyncClient, upstream: Serving
) -> None:
    """The SDK says /v1 and the model's alias; upstream it is /v1beta and the model's own name."""
    await turn(gemini_client, "hello", streamed=True)

    [call] = upstream.upstream.calls
    assert call.path == "/v1beta/models/simulated:streamGenerateContent"
    assert call.query == {"alt": "sse"}
