"""The official OpenAI SDK, over chat, through the gateway: to a chat upstream, and translated to a Messages one."""

from __future__ import annotations

from typing import Any

import msgspec
import openai
import pytest
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

from cliproxy.cli.demo import CHAT, MESSAGES
from cliproxy.simulator import Serving
from tests.clients.story import ARGUMENTS, ASK, CITY, RESULTS, SAID, SEEN, THOUGHT
from tests.running import Running
from tests.unit.simulator.asking import PIXEL

pytestmark = pytest.mark.client

both_upstreams = pytest.mark.parametrize("model", [CHAT, MESSAGES])
both_ways = pytest.mark.parametrize("streamed", [False, True])

TOOLS: Any = [{"type": "function", "function": {"name": name, "parameters": CITY}} for name in RESULTS]


class Place(BaseModel):
    """What structured output is read into."""

    city: str


async def turn(client: openai.AsyncOpenAI, *, streamed: bool, **asked: Any) -> Any:
    """Ask once; a stream is added up by the SDK's helper, its strictest reader."""
    if not streamed:
        return await client.chat.completions.create(**asked)
    async with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as stream:
        return await stream.get_final_completion()


def answered(first: ChatCompletion) -> list[Any]:
    """Return the assistant's turn as clients send it back, and the results of its calls."""
    message = first.choices[0].message
    calls: list[Any] = message.tool_calls or []
    return [
        message.model_dump(exclude_none=True),
        *({"role": "tool", "tool_call_id": call.id, "content": RESULTS[call.function.name]} for call in calls),
    ]


async def test_a_streamed_answer_arrives_word_by_word(openai_client: openai.AsyncOpenAI) -> None:
    """The thinnest thread: SDK, gateway, simulator, and back."""
    stream = await openai_client.chat.completions.create(
        model=CHAT, messages=[{"role": "user", "content": "Hello"}], stream=True
    )
    words = [chunk.choices[0].delta.content async for chunk in stream if chunk.choices]

    assert "".join(word or "" for word in words) == 'You said: "Hello".'
    assert len([word for word in words if word]) > 1


@both_upstreams
@both_ways
async def test_two_tools_are_called_and_their_results_go_back(
    openai_client: openai.AsyncOpenAI, gateway: Running, model: str, *, streamed: bool
) -> None:
    """The loop every agent runs."""
    messages: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASK}]
    first = await turn(openai_client, streamed=streamed, model=model, messages=messages, tools=TOOLS)
    [choice] = first.choices
    assert choice.finish_reason == "tool_calls"
    assert {
        call.function.name: msgspec.json.decode(call.function.arguments) for call in choice.message.tool_calls
    } == ARGUMENTS

    messages += answered(first)
    second = await turn(openai_client, streamed=streamed, model=model, messages=messages, tools=TOOLS)

    assert second.choices[0].message.content == SAID
    assert second.choices[0].finish_reason == "stop"
    assert second.usage.completion_tokens == 9
    assert second.usage.total_tokens == second.usage.prompt_tokens + 9
    assert [record.usage.output_tokens for record in gateway.records] == [first.usage.completion_tokens, 9]


@both_upstreams
@both_ways
async def test_reasoning_is_shown_and_may_go_back(
    openai_client: openai.AsyncOpenAI, upstream: Serving, model: str, *, streamed: bool
) -> None:
    """Compatible servers show it as `reasoning_content`; a Messages upstream checks that it comes back unchanged."""
    messages: list[Any] = [{"role": "user", "content": ASK}]
    asked: Any = {"model": model, "tools": TOOLS, "reasoning_effort": "high"}
    first = await turn(openai_client, streamed=streamed, messages=messages, **asked)
    assert first.choices[0].message.reasoning_content == THOUGHT
    assert first.choices[0].finish_reason == "tool_calls"

    messages += answered(first)
    second = await turn(openai_client, streamed=streamed, messages=messages, **asked)

    assert second.choices[0].message.content == SAID
    if model == MESSAGES:
        [thinking, *calls] = upstream.upstream.calls[-1].json()["messages"][1]["content"]
        assert (thinking["type"], thinking["thinking"]) == ("thinking", THOUGHT)
        assert thinking["signature"]
        assert [call["name"] for call in calls] == list(RESULTS)


@both_upstreams
async def test_reasoning_that_does_not_go_back_costs_nothing(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """Most chat clients know no reasoning and drop it."""
    messages: list[Any] = [{"role": "user", "content": ASK}]
    asked: Any = {"model": model, "tools": TOOLS, "reasoning_effort": "high"}
    first = await turn(openai_client, streamed=True, messages=messages, **asked)
    assistant, *results = answered(first)
    bare = {name: assistant[name] for name in ("role", "tool_calls")}

    second = await turn(openai_client, streamed=True, messages=[*messages, bare, *results], **asked)

    assert second.choices[0].message.content == SAID


@both_upstreams
@both_ways
async def test_a_picture_is_seen(openai_client: openai.AsyncOpenAI, model: str, *, streamed: bool) -> None:
    """A data URL becomes what the upstream takes, with not a byte changed."""
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
    ]
    messages = [{"role": "user", "content": content}]
    reply = await turn(openai_client, streamed=streamed, model=model, messages=messages)

    assert reply.choices[0].message.content == f'You said: "What is this?". {SEEN}'


@both_upstreams
async def test_structured_output_is_parsed(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """The SDK makes the schema and reads the answer into the same class."""
    said: Any = [{"role": "user", "content": "hello"}]
    reply = await openai_client.chat.completions.parse(model=model, messages=said, response_format=Place)

    assert reply.choices[0].message.parsed == Place(city="text")


@both_upstreams
@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ({"type": "function", "function": {"name": "time"}}, ["time"]),
        ("required", ["weather"]),
        ("none", []),
    ],
)
async def test_a_tool_choice_is_kept(
    openai_client: openai.AsyncOpenAI, model: str, choice: Any, called: list[str]
) -> None:
    """Libraries get structured values by forcing a tool."""
    said = [{"role": "user", "content": "hello"}]
    reply = await turn(openai_client, streamed=True, model=model, messages=said, tools=TOOLS, tool_choice=choice)

    calls = reply.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == called


@both_upstreams
async def test_parallel_calls_can_be_forbidden(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """The name of that switch, and its sense, differ between vendors."""
    said = [{"role": "user", "content": ASK}]
    reply = await turn(
        openai_client, streamed=False, model=model, messages=said, tools=TOOLS, parallel_tool_calls=False
    )

    assert [call.function.name for call in reply.choices[0].message.tool_calls] == ["weather"]


@both_upstreams
@both_ways
async def test_a_limit_shows_in_the_finish_reason(
    openai_client: openai.AsyncOpenAI, model: str, *, streamed: bool
) -> None:
    """Who asked for three tokens must know that there was more to say."""
    said: Any = [{"role": "user", "content": "one two three four five"}]
    asked: Any = {"model": model, "messages": said, "max_tokens": 3}
    if not streamed:
        reply = await openai_client.chat.completions.create(**asked)
        reason, text = reply.choices[0].finish_reason, reply.choices[0].message.content
    else:
        chunks = [c async for c in await openai_client.chat.completions.create(**asked, stream=True) if c.choices]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        reason = chunks[-1].choices[0].finish_reason

    assert (reason, text) == ("length", 'You said: "one')


@both_upstreams
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
