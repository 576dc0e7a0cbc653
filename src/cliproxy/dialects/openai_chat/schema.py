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


class Function(Struct, gc=False):
    name: str | None = None
    arguments: Raw = ABSENT  # a string, by some speakers an object


class ToolCall(Struct, gc=False):
    id: str | None = None
    index: int | None = None
    type: str | None = None
    function: Function | None = None


class Message(Struct):
    role: str
    content: Raw = ABSENT
    tool_calls: list[Raw] | None = None
    function_call: Raw = ABSENT  # one call, as it was said before `tool_calls`
    tool_call_id: str | None = None
    cache_control: Raw = ABSENT  # not OpenAI's: meant for Anthropic behind the upstream
    refusal: str | None = None
    reasoning_content: Raw = ABSENT
    reasoning: Raw = ABSENT
    reasoning_details: list[Raw] | None = None


class ReasoningDetail(Struct):
    type: str = ""
    text: str | None = None
    summary: str | None = None
    signature: str | None = None
    data: str | None = None


class ImageUrl(Struct):
    url: str
    detail: str | None = None


class CacheControl(Struct):
    ttl: str | None = None


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
    cache_control: Raw = ABSENT


class FunctionTool(Struct):
    name: str
    description: str | None = None
    parameters: Raw = ABSENT
    parametersJsonSchema: Raw = ABSENT  # noqa: N815 (Gemini's name for it, met in this dialect too)
    strict: bool | None = None


class Tool(Struct):
    type: str = "function"
    function: FunctionTool | None = None
    cache_control: Raw = ABSENT


class NamedFunction(Struct):
    name: str


class AllowedTool(Struct):
    function: NamedFunction | None = None


class AllowedTools(Struct):
    mode: str = "auto"
    tools: list[AllowedTool] = []


class NamedChoice(Struct):
    type: str = "function"
    function: NamedFunction | None = None
    allowed_tools: AllowedTools | None = None


class JsonSchema(Struct):
    name: str = ""
    description: str | None = None
    schema: Raw = ABSENT
    strict: bool | None = None


class ResponseFormat(Struct):
    type: str = "text"
    json_schema: JsonSchema | None = None


class Reasoning(Struct):
    """How OpenRouter, and others after it, have the effort told."""

    effort: str | None = None
    max_tokens: int | None = None
    exclude: bool | None = None
    enabled: bool | None = None


class Thinking(Struct):
    """How DeepSeek, Z.ai, Moonshot and Xiaomi have it told, after Anthropic."""

    type: str = ""
    budget_tokens: int | None = None


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
    reasoning: Reasoning | None = None
    thinking: Thinking | None = None
    enable_thinking: bool | None = None
    functions: list[Raw] | None = None
    function_call: NamedFunction | str | None = None
    user: str | None = None


class PromptDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class CompletionDetails(Struct):
    reasoning_tokens: int | None = None


class Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None  # Moonshot
    prompt_cache_hit_tokens: int | None = None  # DeepSeek
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class Delta(Struct, gc=False):
    content: str | list[Raw] | None = None
    refusal: str | None = None
    reasoning_content: Raw = ABSENT
    reasoning: Raw = ABSENT
    reasoning_details: list[Raw] | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None


class Choice(Struct, gc=False):
    index: int | None = None
    delta: Delta | None = None
    message: Delta | None = None  # of a whole reply; some speakers use it in streams
    finish_reason: str | None = None
    usage: Usage | None = None  # Moonshot


class Chunk(Struct, gc=False):
    """A chunk of a stream, and a whole reply: they differ in `delta` and `message`."""

    id: str | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Raw = ABSENT
