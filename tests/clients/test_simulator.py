"""
The vendors' own SDKs against the simulator, with no gateway between them.

Each holds a tool loop of two turns, streamed and whole. What they accept is what the wire format is.
"""

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import msgspec
import openai
import pytest
from google import genai
from google.genai import errors as genai_errors
from google.genai import types

from cliproxy.simulator import RefuseInside, Serving, Upstream, serving
from tests.unit.simulator.asking import CITY

ASK = 'Please call weather {"city": "Paris"} and time'
SAID = "The tool said: 18 degrees. The tool said: noon."
RESULTS = {"weather": "18 degrees", "time": "noon"}
ARGUMENTS = {"weather": {"city": "Paris"}, "time": {"city": "text"}}

pytestmark = [
    pytest.mark.client,
    # google-genai derives its session from aiohttp's, which aiohttp discourages.
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]


@pytest.fixture
async def server() -> AsyncIterator[Serving]:
    async with serving(Upstream(keys=frozenset({"sk-1"}))) as running:
        yield running
    assert all(call.key == "sk-1" for call in running.upstream.calls)


@pytest.fixture
async def openai_client(server: Serving) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="sk-1", base_url=f"{server.url}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
async def anthropic_client(server: Serving) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(api_key="sk-1", base_url=server.url, max_retries=0) as client:
        yield client


@pytest.fixture
async def gemini_client(server: Serving) -> AsyncIterator[genai.client.AsyncClient]:
    async with genai.Client(api_key="sk-1", http_options=types.HttpOptions(base_url=server.url)).aio as client:
        yield client


CHAT_TOOLS: Any = [{"type": "function", "function": {"name": name, "parameters": CITY}} for name in RESULTS]


async def chat_turn(client: openai.AsyncOpenAI, messages: list[Any], *, streamed: bool) -> Any:
    asked: Any = {"model": "m", "messages": messages, "tools": CHAT_TOOLS}
    if not streamed:
        return await client.chat.completions.create(**asked)
    async with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as stream:
        return await stream.get_final_completion()


@pytest.mark.parametrize("streamed", [False, True])
async def test_chat_completions(openai_client: openai.AsyncOpenAI, *, streamed: bool) -> None:
    """Two calls, two results, one reply."""
    messages: list[Any] = [{"role": "user", "content": ASK}]
    first = await chat_turn(openai_client, messages, streamed=streamed)
    [choice] = first.choices
    calls = choice.message.tool_calls
    assert choice.finish_reason == "tool_calls"
    assert {call.function.name: msgspec.json.decode(call.function.arguments) for call in calls} == ARGUMENTS

    messages.append(choice.message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}))
    messages += [{"role": "tool", "tool_call_id": call.id, "content": RESULTS[call.function.name]} for call in calls]
    second = await chat_turn(openai_client, messages, streamed=streamed)

    assert second.choices[0].message.content == SAID
    assert second.choices[0].finish_reason == "stop"
    assert second.usage.completion_tokens == 9


RESPONSES_TOOLS: Any = [{"type": "function", "name": name, "parameters": CITY, "strict": False} for name in RESULTS]


async def responses_turn(client: openai.AsyncOpenAI, items: list[Any], *, streamed: bool) -> Any:
    asked: Any = {
        "model": "m",
        "input": items,
        "tools": RESPONSES_TOOLS,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
    }
    if not streamed:
        return await client.responses.create(**asked)
    async with client.responses.stream(**asked) as stream:
        return await stream.get_final_response()


@pytest.mark.parametrize("streamed", [False, True])
async def test_responses(openai_client: openai.AsyncOpenAI, *, streamed: bool) -> None:
    """The reasoning goes back with its encrypted content."""
    items: list[Any] = [{"role": "user", "content": ASK}]
    first = await responses_turn(openai_client, items, streamed=streamed)
    reasoning, *calls = first.output
    assert reasoning.summary[0].text
    assert reasoning.encrypted_content
    assert {call.name: msgspec.json.decode(call.arguments) for call in calls} == ARGUMENTS

    items += [item.model_dump(exclude_none=True, exclude={"parsed_arguments", "status"}) for item in first.output]
    items += [{"type": "function_call_output", "call_id": c.call_id, "output": RESULTS[c.name]} for c in calls]
    second = await responses_turn(openai_client, items, streamed=streamed)

    assert second.output_text == SAID
    assert second.status == "completed"
    assert second.usage.output_tokens_details.reasoning_tokens == 7


MESSAGES_TOOLS: Any = [{"name": name, "input_schema": CITY} for name in RESULTS]


async def messages_turn(client: anthropic.AsyncAnthropic, messages: list[Any], *, streamed: bool) -> Any:
    asked: Any = {
        "model": "m",
        "max_tokens": 2048,
        "messages": messages,
        "tools": MESSAGES_TOOLS,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }
    if not streamed:
        return await client.messages.create(**asked)
    async with client.messages.stream(**asked) as stream:
        return await stream.get_final_message()


@pytest.mark.parametrize("streamed", [False, True])
async def test_messages(anthropic_client: anthropic.AsyncAnthropic, *, streamed: bool) -> None:
    """The thinking goes back with its signature, which is checked."""
    messages: list[Any] = [{"role": "user", "content": ASK}]
    first = await messages_turn(anthropic_client, messages, streamed=streamed)
    thinking, *calls = first.content
    assert (thinking.type, first.stop_reason) == ("thinking", "tool_use")
    assert {call.name: call.input for call in calls} == ARGUMENTS

    messages.append({"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in first.content]})
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": RESULTS[call.name]} for call in calls]
    messages.append({"role": "user", "content": results})
    second = await messages_turn(anthropic_client, messages, streamed=streamed)

    assert second.content[-1].text == SAID
    assert second.stop_reason == "end_turn"
    assert second.usage.output_tokens == 16


async def gemini_turn(client: Any, contents: list[Any], *, streamed: bool) -> tuple[list[types.Part], Any]:
    declared = [types.FunctionDeclaration(name=name, parameters_json_schema=CITY) for name in RESULTS]
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=declared)],
        thinking_config=types.ThinkingConfig(include_thoughts=True),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    asked = {"model": "gemini-3-pro", "contents": contents, "config": config}
    if not streamed:
        answers = [await client.models.generate_content(**asked)]
    else:
        answers = [answer async for answer in await client.models.generate_content_stream(**asked)]
    return [part for answer in answers for part in answer.candidates[0].content.parts], answers[-1]


@pytest.mark.parametrize("streamed", [False, True])
async def test_gemini(gemini_client: genai.client.AsyncClient, *, streamed: bool) -> None:
    """The signature goes back on the part it came on; this model insists."""
    contents: list[Any] = [types.Content(role="user", parts=[types.Part(text=ASK)])]
    parts, _ = await gemini_turn(gemini_client, contents, streamed=streamed)
    calls = [part.function_call for part in parts if part.function_call]
    assert any(part.thought for part in parts)
    assert {call.name: call.args for call in calls} == ARGUMENTS

    contents.append(types.Content(role="model", parts=parts))
    results = [
        types.Part(
            function_response=types.FunctionResponse(id=c.id, name=c.name, response={"result": RESULTS[c.name or ""]})
        )
        for c in calls
    ]
    contents.append(types.Content(role="user", parts=results))
    parts, last = await gemini_turn(gemini_client, contents, streamed=streamed)

    assert "".join(part.text or "" for part in parts if not part.thought) == SAID
    assert last.candidates[0].finish_reason == types.FinishReason.STOP
    assert last.usage_metadata.thoughts_token_count == 7


async def test_errors_have_their_class(
    openai_client: openai.AsyncOpenAI,
    anthropic_client: anthropic.AsyncAnthropic,
    gemini_client: genai.client.AsyncClient,
) -> None:
    """An SDK tells errors apart by status and body."""
    said: Any = [{"role": "user", "content": "hello"}]
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        await openai_client.chat.completions.create(model="missing", messages=said)
    with pytest.raises(openai.RateLimitError, match="Rate limit reached"):
        await openai_client.responses.create(model="error-429", input="hello")
    with pytest.raises(anthropic.InternalServerError, match="Overloaded"):
        await anthropic_client.messages.create(model="error-529", max_tokens=100, messages=said)
    with pytest.raises(genai_errors.ServerError, match="UNAVAILABLE"):
        await gemini_client.models.generate_content(model="error-503", contents="hello")


async def test_errors_inside_a_stream_are_noticed(
    server: Serving,
    openai_client: openai.AsyncOpenAI,
    anthropic_client: anthropic.AsyncAnthropic,
) -> None:
    """The SDKs know these frames."""
    server.upstream.script.add(RefuseInside(), times=None)
    said: Any = [{"role": "user", "content": "hello"}]
    with pytest.raises(openai.APIError, match="currently overloaded"):
        async for _ in await openai_client.chat.completions.create(model="m", messages=said, stream=True):
            pass
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        async with anthropic_client.messages.stream(model="m", max_tokens=100, messages=said) as stream:
            await stream.get_final_message()


async def test_structured_output_parses(openai_client: openai.AsyncOpenAI) -> None:
    """JSON asked for is JSON given."""
    form: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": CITY}}
    said: Any = [{"role": "user", "content": "hello"}]
    reply = await openai_client.chat.completions.create(model="m", messages=said, response_format=form)

    assert msgspec.json.decode(reply.choices[0].message.content or "") == {"city": "text"}


async def test_recordings_parse(
    openai_client: openai.AsyncOpenAI,
    anthropic_client: anthropic.AsyncAnthropic,
    gemini_client: genai.client.AsyncClient,
) -> None:
    """Through the same SDKs that were there when they were made."""
    said: Any = [{"role": "user", "content": "hello"}]
    async with openai_client.chat.completions.stream(model="parallel-tools", messages=said) as chat:
        assert len((await chat.get_final_completion()).choices[0].message.tool_calls or []) > 1
    async with openai_client.responses.stream(model="parallel-tools", input="hello") as responses:
        assert len([i for i in (await responses.get_final_response()).output if i.type == "function_call"]) > 1
    async with anthropic_client.messages.stream(model="reasoning", max_tokens=100, messages=said) as messages:
        assert (await messages.get_final_message()).content[0].type == "thinking"
    answers = [a async for a in await gemini_client.models.generate_content_stream(model="text", contents="hello")]
    assert answers[-1].candidates


async def test_models_and_tokens(
    openai_client: openai.AsyncOpenAI,
    anthropic_client: anthropic.AsyncAnthropic,
    gemini_client: genai.client.AsyncClient,
) -> None:
    """The small endpoints."""
    said: Any = [{"role": "user", "content": "one two three"}]
    assert "simulated" in [model.id async for model in openai_client.models.list()]
    assert "simulated" in [model.id async for model in anthropic_client.models.list()]
    assert "models/simulated" in [model.name async for model in await gemini_client.models.list()]
    assert (await anthropic_client.messages.count_tokens(model="m", messages=said)).input_tokens == 3
    assert (await gemini_client.models.count_tokens(model="m", contents="one two three")).total_tokens == 3
    assert (await openai_client.responses.input_tokens.count(model="m", input="one two three")).input_tokens == 3
