"""
Chat Completions requests in JSON, as typed structs: the fields the conversation model knows, under the vendor's names.

What stands here has a meaning elsewhere; every other field is kept as an extra. Values that speakers of this dialect
send in several shapes are `Raw`.

Source: `reference` sheet `openai-chat`, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct, field

from cliproxy.dialects.base import ABSENT
from cliproxy.dialects.openai_chat.beyond import Known


class HeadOptions(Struct, gc=False):
    include_usage: bool | None = None


class Head(Struct):
    model: str = ""
    stream: bool | None = None
    stream_options: HeadOptions | None = None
    prompt_cache_key: Raw = ABSENT
    user: Raw = ABSENT
    safety_identifier: Raw = ABSENT
    messages: Raw = ABSENT


# What is said


class Google(Known, gc=False):
    thought_signature: str | None = None


class ExtraContent(Known, gc=False):
    """Google's own addition to this dialect."""

    google: Google | None = None


class Function(Known, gc=False):
    name: str | None = None
    arguments: Raw = ABSENT  # a string, by some speakers an object


class Custom(Known, gc=False):
    name: str | None = None
    input: Raw = ABSENT


class ToolCall(Known, gc=False):
    id: str | None = None
    index: int | None = None  # as it stood in a stream, sent back
    type: str | None = None
    function: Function | None = None
    custom: Custom | None = None
    extra_content: ExtraContent | None = None


class AudioId(Known, gc=False):
    """What the assistant said aloud earlier; a client that sends the whole of it back sends the rest for nothing."""

    id: str | None = None
    data: str | None = None
    expires_at: Raw = ABSENT
    transcript: str | None = None


class Message(Known):
    role: str
    content: str | list[Raw] | None = None
    name: Raw = ABSENT
    tool_calls: list[Raw] | None = None
    function_call: Raw = ABSENT  # one call, as it was said before `tool_calls`
    tool_call_id: str | None = None
    cache_control: Raw = ABSENT  # not OpenAI's: meant for Anthropic behind the upstream
    refusal: str | None = None
    reasoning_content: Raw = ABSENT
    reasoning: Raw = ABSENT
    reasoning_details: list[Raw] | None = None
    annotations: list[Raw] | None = None
    audio: AudioId | None = None
    images: list[Raw] | None = None
    extra_content: ExtraContent | None = None


class ReasoningDetail(Struct):
    type: str = ""
    text: str | None = None
    summary: str | None = None
    signature: str | None = None
    data: str | None = None


class CacheControl(Struct, gc=False):
    ttl: str | None = None


class ImageUrl(Known, gc=False):
    url: str
    detail: str | None = None


class File(Known, gc=False):
    file_data: str | None = None
    filename: str | None = None
    file_id: str | None = None


class Audio(Known, gc=False):
    data: str
    format: str = ""


class Url(Known, gc=False):
    url: str


class Part(Known, gc=False):
    type: str = "text"
    text: str | None = None
    refusal: str | None = None
    thinking: Raw = ABSENT  # Mistral
    image_url: ImageUrl | str | None = None
    detail: Raw = ABSENT  # of an `input_image`, as it stands in Responses
    index: int | None = None  # of a picture among those of one reply
    file: File | None = None
    input_audio: Audio | str | None = None  # bare base64 with Mistral
    video_url: Url | str | None = None
    document_url: str | None = None  # Mistral
    cache_control: Raw = ABSENT


# What may be called


class Grammar(Known, gc=False):
    syntax: str = "lark"
    definition: str = ""


class Format(Known, gc=False):
    type: str = "text"
    grammar: Grammar | None = None


class CustomTool(Known, gc=False):
    name: str
    description: str | None = None
    format: Format | None = None


class FunctionTool(Known, gc=False):
    name: str
    description: str | None = None
    parameters: Raw = ABSENT
    parametersJsonSchema: Raw = ABSENT  # noqa: N815 (Gemini's name for it, met in this dialect too)
    strict: bool | None = None


class Tool(Known, gc=False):
    type: str = "function"
    function: FunctionTool | None = None
    custom: CustomTool | None = None
    cache_control: Raw = ABSENT


class Location(Struct, gc=False):
    city: str | None = None
    region: str | None = None
    country: str | None = None
    timezone: str | None = None
    approximate: Raw = ABSENT


class SearchOptions(Struct, gc=False):
    """What a search may be told, in whichever dialect's manner."""

    search_context_size: str | None = None
    user_location: Location | None = None
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None
    filters: Raw = ABSENT
    parameters: Raw = ABSENT
    max_uses: int | None = None


class Named(Struct, gc=False):
    name: str


class Choice(Struct, gc=False):
    """One tool to be called, or one of those allowed."""

    type: str = "function"
    function: Named | None = None
    custom: Named | None = None
    name: str | None = None  # as it stands in Responses


class AllowedTools(Struct, gc=False):
    mode: str = "auto"
    tools: list[Choice] = []


class NamedChoice(Choice, gc=False):
    allowed_tools: AllowedTools | None = None


# How the reply is wanted


class JsonSchema(Known, gc=False):
    name: str = ""
    description: str | None = None
    schema: Raw = ABSENT
    strict: bool | None = None


class ResponseFormat(Known, gc=False):
    type: str = "text"
    json_schema: JsonSchema | None = None
    schema: Raw = ABSENT  # Together


class Reasoning(Known, gc=False):
    """How OpenRouter, and others after it, have the effort told."""

    effort: str | None = None
    max_tokens: int | None = None
    exclude: bool | None = None
    enabled: bool | None = None


class Thinking(Known, gc=False):
    """How DeepSeek, Z.ai, Moonshot and Xiaomi have it told, after Anthropic."""

    type: str = ""
    budget_tokens: int | None = None


class StreamOptions(Known, gc=False):
    include_usage: bool | None = None


class Speech(Known, gc=False):
    voice: str = ""
    format: str = ""


class Picture(Known, gc=False):
    aspect_ratio: str | None = None
    image_size: str | None = None


class Request(Known):
    model: str = ""
    messages: list[Raw] = field(default_factory=list)
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
    n: int | None = None
    logprobs: bool | int | None = None  # a number with Together, as in legacy completions
    top_logprobs: int | None = None
    tools: list[Raw] | None = None
    tool_choice: str | NamedChoice | None = None
    parallel_tool_calls: bool | None = None
    functions: list[Raw] | None = None
    function_call: Named | str | None = None
    web_search_options: Raw = ABSENT
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None
    reasoning: Reasoning | None = None
    thinking: Thinking | None = None
    enable_thinking: bool | None = None
    verbosity: str | None = None
    modalities: list[str] | None = None
    audio: Speech | None = None
    image_config: Picture | None = None
    user: str | None = None
    safety_identifier: str | None = None
    metadata: Raw = ABSENT
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    store: bool | None = None
