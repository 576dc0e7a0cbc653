"""
generateContent requests, as typed structs: the fields the conversation model knows, under the vendor's names.

Requests are read strictly, so that a field which stands in none of these structs is noticed; `spelling` then puts it
under `extras`. Fields without a neutral meaning are `Raw`.

Source: `reference` sheet `dialects/gemini` (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct, field

from cliproxy.dialects.base import ABSENT

NAME = "gemini"
EXTRAS = " extras"  # no vendor's name has a blank in it

Extras = dict[str, Raw]


class Strict(Struct, rename="camel", forbid_unknown_fields=True):
    """Part of a request."""


class Blob(Strict):
    mime_type: str | None = None
    data: str | None = None
    display_name: str | None = None
    extras: Extras = field(default={}, name=EXTRAS)


class FileData(Strict):
    mime_type: str | None = None
    file_uri: str | None = None
    display_name: str | None = None
    extras: Extras = field(default={}, name=EXTRAS)


class PartialArgument(Struct, rename="camel"):
    json_path: str = ""
    string_value: str | None = None
    number_value: Raw = ABSENT
    bool_value: bool | None = None
    null_value: Raw = ABSENT


class FunctionCall(Strict):
    name: str | None = None
    args: Raw = ABSENT
    partial_args: list[PartialArgument] | None = None  # in a stream of arguments, until one does not continue
    will_continue: bool | None = None
    id: str | None = None
    call_id: str | None = None  # as some clients have it
    extras: Extras = field(default={}, name=EXTRAS)


class FunctionResponse(Strict):
    name: str | None = None
    response: Raw = ABSENT
    id: str | None = None
    call_id: str | None = None
    parts: list[Part] | Part | None = None
    extras: Extras = field(default={}, name=EXTRAS)


class Part(Strict):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    executable_code: Raw = ABSENT
    code_execution_result: Raw = ABSENT
    tool_call: Raw = ABSENT
    tool_response: Raw = ABSENT
    video_metadata: Raw = ABSENT
    media_resolution: Raw = ABSENT
    extras: Extras = field(default={}, name=EXTRAS)


class Content(Strict):
    role: str | None = None
    parts: list[Part] | Part | None = None
    extras: Extras = field(default={}, name=EXTRAS)


class Declaration(Strict):
    name: str | None = None
    description: str | None = None
    parameters: Raw = ABSENT
    parameters_json_schema: Raw = ABSENT
    behavior: Raw = ABSENT
    response: Raw = ABSENT
    response_json_schema: Raw = ABSENT
    extras: Extras = field(default={}, name=EXTRAS)


class Tool(Strict):
    """Functions, and any of the tools that Google runs."""

    function_declarations: list[Declaration] | None = None
    google_search: Raw = ABSENT
    url_context: Raw = ABSENT
    code_execution: Raw = ABSENT
    extras: Extras = field(default={}, name=EXTRAS)


class FunctionCallingConfig(Strict):
    mode: str | int | None = None
    allowed_function_names: list[str] | None = None
    extras: Extras = field(default={}, name=EXTRAS)


class ToolConfig(Strict):
    function_calling_config: FunctionCallingConfig | None = None
    include_server_side_tool_invocations: Raw = ABSENT
    retrieval_config: Raw = ABSENT
    extras: Extras = field(default={}, name=EXTRAS)


class ThinkingConfig(Strict):
    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | int | None = None
    extras: Extras = field(default={}, name=EXTRAS)


class ImageConfig(Strict):
    aspect_ratio: str | None = None
    image_size: str | None = None
    extras: Extras = field(default={}, name=EXTRAS)


class PrebuiltVoiceConfig(Strict):
    voice_name: str | None = None


class VoiceConfig(Strict):
    prebuilt_voice_config: PrebuiltVoiceConfig | None = None


class SpeechConfig(Strict):
    """One voice; more than that is kept as it came."""

    voice_config: VoiceConfig | None = None


class GenerationConfig(Strict):
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    candidate_count: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: list[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    response_mime_type: str | None = None
    response_schema: Raw = ABSENT
    response_json_schema: Raw = ABSENT
    response_modalities: list[str | int] | None = None
    speech_config: Raw = ABSENT
    image_config: ImageConfig | None = None
    thinking_config: ThinkingConfig | None = None
    media_resolution: Raw = ABSENT
    extras: Extras = field(default={}, name=EXTRAS)


class Request(Strict):
    contents: list[Content] | Content | str | None = None
    system_instruction: Content | list[Raw] | str | None = None
    tools: list[Tool] | None = None
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig | None = None
    model: str | None = None
    labels: dict[str, str] | None = None
    service_tier: str | None = None
    store: bool | None = None
    safety_settings: Raw = ABSENT
    cached_content: Raw = ABSENT
    extras: Extras = field(default={}, name=EXTRAS)
