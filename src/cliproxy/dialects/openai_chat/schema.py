"""
Chat Completions JSON, as typed structs: the fields the conversation model knows, under the vendor's names.

What stands here has a meaning elsewhere; every other field is kept as an extra. Values that speakers of this dialect
send in several shapes are `Raw`.

Source: `reference` sheet `openai-chat`, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT


class StreamOptions(Struct):
    include_usage: bool | None = None


class Head(Struct):
    model: str = ""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    prompt_cache_key: Raw = ABSENT
    user: Raw = ABSENT


class Function(Struct):
    name: str | None = None
    arguments: Raw = ABSENT  # a string, by some speakers an object


class ToolCall(Struct):
    id: str | None = None
    index: int | None = None
    type: str | None = None
    function: Function | None = None


class Message(Struct):
    role: str
    content: Raw = ABSENT
    tool_calls: list[Raw] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    reasoning_content: Raw = ABSENT
    reasoning: Raw = ABSENT
    reasoning_details: list[Raw] | None = None


class ReasoningDetail(Struct):
    type: str = ""
    text: str | None = None
    signature: str | None = None
    data: str | None = None


class ImageUrl(Struct):
    url: str
    detail: str | None = None


class File(Struct):
    file_data: str | None = None
    filename: str | None = None
    file_id: str | None = None


class Audio(Struct):
    data: str
    format: str = ""


class Part(Struct):
    type: str = "text"
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | str | None = None
    file: File | None = None
    input_audio: Audio | str | None = None  # bare base64 with Mistral


class FunctionTool(Struct):
    name: str
    description: str | None = None
    parameters: Raw = ABSENT
    strict: bool | None = None


class Tool(Struct):
    type: str = "function"
    function: FunctionTool | None = None


class NamedFunction(Struct):
    name: str


class NamedChoice(Struct):
    type: str = "function"
    function: NamedFunction | None = None


class JsonSchema(Struct):
    name: str = ""
    description: str | None = None
    schema: Raw = ABSENT
    strict: bool | None = None


class ResponseFormat(Struct):
    type: str = "text"
    json_schema: JsonSchema | None = None


class Request(Struct):
    model: str = ""
    messages: list[Raw] = []
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    tools: list[Raw] | None = None
    tool_choice: str | NamedChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None
    user: str | None = None


class PromptDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class CompletionDetails(Struct):
    reasoning_tokens: int | None = None


class Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class Delta(Struct):
    content: str | list[Raw] | None = None
    refusal: str | None = None
    reasoning_content: Raw = ABSENT
    reasoning: Raw = ABSENT
    reasoning_details: list[Raw] | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(Struct):
    index: int | None = None
    delta: Delta | None = None
    message: Delta | None = None  # of a whole reply; some speakers use it in streams
    finish_reason: str | None = None


class Chunk(Struct):
    """A chunk of a stream, and a whole reply: they differ in `delta` and `message`."""

    id: str | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Raw = ABSENT
