"""
Chat Completions requests: their heads, edits for a relay, and -> conversations.

Source: `reference` sheets `openai-chat` sections 2 to 4 and `translation` sections 4, 5 and 13.1 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw

from cliproxy.conversation.proof import read as read_proof
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Extras,
    Foreign,
    Inline,
    Level,
    Link,
    Media,
    MediaKind,
    Message,
    OutputKind,
    OutputShape,
    Part,
    Reasoning,
    Role,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from cliproxy.dialects.base import (
    Edits,
    RequestHead,
    copied,
    edit_top_level,
    fields_of,
    given,
    text_of,
    unknown_fields,
)
from cliproxy.dialects.openai_chat import schema
from cliproxy.errors import RequestError
from cliproxy.wire.body import close_body, not_readable, open_body
from cliproxy.wire.data_url import read_data_url
from cliproxy.wire.frames import Framing

NAME = "openai_chat"

_INSTRUCTING = ("system", "developer")
_NO_WISH = {"n": b"1", "logprobs": b"false", "store": b"false", "service_tier": b'"auto"'}  # as good as absent
_CHOICES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "required": ToolMode.REQUIRED}
_AUDIO_TYPES = {"mp3": "audio/mpeg", "pcm16": "audio/pcm", "g711_ulaw": "audio/basic", "g711_alaw": "audio/basic"}

_decode_head = msgspec.json.Decoder(schema.Head).decode
_decode_request = msgspec.json.Decoder(schema.Request).decode
_decode_message = msgspec.json.Decoder(schema.Message).decode
_decode_part = msgspec.json.Decoder(schema.Part).decode
_decode_tool = msgspec.json.Decoder(schema.Tool).decode
_decode_call = msgspec.json.Decoder(schema.ToolCall).decode
_decode_detail = msgspec.json.Decoder(schema.ReasoningDetail).decode
_decode_content = msgspec.json.Decoder(str | list[Raw] | None).decode

_REQUEST_FIELDS = fields_of(schema.Request)
_MESSAGE_FIELDS = fields_of(schema.Message)
_CALL_FIELDS = fields_of(schema.ToolCall)
_FUNCTION_FIELDS = fields_of(schema.FunctionTool)
_TOOL_FIELDS = fields_of(schema.Tool)
_PART_FIELDS = {
    "text": {"type", "text"},
    "refusal": {"type", "refusal"},
    "image_url": {"type", "image_url"},
    "file": {"type", "file"},
    "input_audio": {"type", "input_audio"},
}


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """Return what the request says about itself. Raises RequestError."""
    try:
        head = _decode_head(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise not_readable(error) from None
    options = head.stream_options
    return RequestHead(
        model=head.model,
        stream=head.stream is True,
        session=_plain(head.prompt_cache_key) or _plain(head.user),
        framing=Framing.EVENT_STREAM if head.stream is True else Framing.WHOLE,
        include_usage=options is not None and options.include_usage is True,
    )


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Return the request with its top level edited, the rest as it came."""
    edited = edit_top_level(body, edits)
    if edits.stream is not False:
        return edited
    top = open_body(edited)
    top.pop("stream_options", None)  # refused where nothing is streamed
    return close_body(top)


def decode_request(body: bytes) -> Conversation:
    """
    Return what the request says, in neutral words.

    Raises:
        RequestError: A field that is needed is missing or of another type.
    """
    try:
        request = _decode_request(body)
        messages = [_decode_message(raw) for raw in request.messages]
        instructions, turns = _turns(messages, request.messages)
        tools = tuple(_tool(raw) for raw in request.tools or ())
        extras = unknown_fields(body, _REQUEST_FIELDS)
    except (msgspec.DecodeError, RecursionError) as error:
        raise not_readable(error) from None
    return Conversation(
        origin=NAME,
        model=request.model,
        instructions=instructions,
        messages=turns,
        tools=tuple(tool for tool in tools if tool is not None),
        tool_choice=_tool_choice(request.tool_choice),
        parallel_calls=request.parallel_tool_calls,
        sampling=Sampling(
            max_tokens=request.max_tokens if request.max_tokens is not None else request.max_completion_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            stop=(request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ()),
            frequency_penalty=request.frequency_penalty or None,
            presence_penalty=request.presence_penalty or None,
            seed=request.seed,
        ),
        effort=_effort(request.reasoning_effort),
        output=_output(request.response_format),
        user=request.user or "",
        extras={name: value for name, value in extras.items() if bytes(value) != _NO_WISH.get(name)}
        | _tools_without_meaning(request.tools, tools),
    )


def _turns(messages: list[schema.Message], raws: list[Raw]) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    instructions: list[Text] = []
    turns: list[Message] = []
    for message, raw in zip(messages, raws, strict=True):
        extras = unknown_fields(raw, _MESSAGE_FIELDS)
        if message.role in _INSTRUCTING:
            texts = [part for part in _content(message.content) if isinstance(part, Text) and part.text]
            if not turns:
                instructions.extend(texts)
            elif texts:
                turns.append(Message(Role.SYSTEM, tuple(texts), extras))
        elif message.role == "assistant":
            turns.append(Message(Role.ASSISTANT, tuple(_assistant_parts(message)), extras))
        elif message.role in ("tool", "function"):
            result = _tool_result(message)
            if turns and turns[-1].role is Role.USER and all(isinstance(p, ToolResult) for p in turns[-1].parts):
                turns[-1] = Message(Role.USER, (*turns[-1].parts, result), turns[-1].extras | extras)
            else:
                turns.append(Message(Role.USER, (result,), extras))
        else:
            turns.append(Message(Role.USER, tuple(_content(message.content)), extras))
    return tuple(instructions), tuple(turns)


def _assistant_parts(message: schema.Message) -> Iterable[Part]:
    yield from _reasoning(message)
    yield from (part for part in _content(message.content) if not (isinstance(part, Text) and not part.text))
    if message.refusal:
        yield Text(message.refusal, refusal=True)
    for raw in message.tool_calls or ():
        call = _decode_call(raw)
        if call.function is None:
            yield Foreign(NAME, f"tool_calls.{call.type}", raw.copy())
        else:
            yield ToolCall(
                call.id or "",
                call.function.name or "",
                text_of(call.function.arguments),
                extras=unknown_fields(raw, _CALL_FIELDS),
            )


def _reasoning(message: schema.Message) -> Iterable[Reasoning]:
    proved = list(proofs(message.reasoning_details))
    words = text_of(message.reasoning_content) or text_of(message.reasoning)
    if proved and any(reasoning.text for reasoning in proved):
        yield from proved
    elif len(proved) == 1 and not proved[0].redacted:
        yield Reasoning(words, proved[0].proof)
    elif words:
        yield Reasoning(words)
        yield from (reasoning for reasoning in proved if reasoning.redacted)
    else:
        yield from proved


def proofs(details: list[Raw] | None) -> Iterable[Reasoning]:
    """
    Return the reasoning that stands in `reasoning_details`, the form OpenRouter gave to signed thoughts.

    Source: recordings of openrouter with feature `reasoning-replay`.
    """
    for raw in details or ():
        try:
            detail = _decode_detail(raw)
        except msgspec.DecodeError:
            continue
        if detail.data:
            yield Reasoning("", read_proof(detail.data, NAME), redacted=True)
        elif detail.text or detail.signature:
            yield Reasoning(detail.text or "", read_proof(detail.signature, NAME) if detail.signature else None)


def _tool_result(message: schema.Message) -> ToolResult:
    parts = tuple(part for part in _content(message.content) if isinstance(part, (Text, Media)))
    return ToolResult(message.tool_call_id or "", parts or (Text(""),))


def _content(raw: Raw) -> list[Part]:
    """Return a message's content, of whatever shape: what is not text or parts becomes JSON text."""
    if not given(raw):
        return []
    try:
        content = _decode_content(raw)
    except msgspec.ValidationError:
        return [Text(bytes(raw).decode())]
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    return [_part(part) for part in content]


def _part(raw: Raw) -> Part:
    if bytes(raw).lstrip()[:1] == b'"':
        return Text(msgspec.json.decode(raw, type=str))
    part = _decode_part(raw)
    extras = unknown_fields(raw, _PART_FIELDS.get(part.type, ()))
    if part.type in ("text", "input_text", "output_text") and part.text is not None:
        return Text(part.text, extras=extras if part.type == "text" else {})
    if part.type == "refusal" and part.refusal is not None:
        return Text(part.refusal, refusal=True, extras=extras)
    if part.type == "image_url" and part.image_url is not None:
        image = part.image_url if isinstance(part.image_url, schema.ImageUrl) else schema.ImageUrl(part.image_url)
        return _media(MediaKind.IMAGE, image.url, detail=image.detail or "", extras=extras)
    if part.type == "file" and part.file is not None and part.file.file_data is not None:
        return _media(MediaKind.DOCUMENT, part.file.file_data, name=part.file.filename or "", extras=extras)
    if part.type == "input_audio" and part.input_audio is not None:
        audio = part.input_audio if isinstance(part.input_audio, schema.Audio) else schema.Audio(part.input_audio)
        mime_type = _AUDIO_TYPES.get(audio.format, f"audio/{audio.format}" if audio.format else "")
        return Media(MediaKind.AUDIO, Inline(audio.data), mime_type, extras=extras)
    return Foreign(NAME, part.type, raw.copy())


def _media(kind: MediaKind, url: str, *, name: str = "", detail: str = "", extras: Extras) -> Media:
    inline = read_data_url(url)
    if inline is not None:
        return Media(kind, Inline(inline.data), inline.mime_type or _guess(kind), name, detail, extras)
    if kind is MediaKind.DOCUMENT and "://" not in url:
        return Media(kind, Inline(url), "application/pdf", name, detail, extras)
    return Media(kind, Link(url), "", name, detail, extras)


def _guess(kind: MediaKind) -> str:
    return "application/pdf" if kind is MediaKind.DOCUMENT else "application/octet-stream"


def _tool(raw: Raw) -> Tool | None:
    tool = _decode_tool(raw)
    if tool.function is None:
        return None
    function = tool.function
    inner = msgspec.json.decode(raw, type=dict[str, Raw])["function"]
    return Tool(
        name=function.name,
        description=function.description or "",
        input_schema=copied(function.parameters),
        strict=function.strict,
        extras=unknown_fields(raw, _TOOL_FIELDS) | unknown_fields(inner, _FUNCTION_FIELDS),
    )


def _tools_without_meaning(raws: list[Raw] | None, tools: tuple[Tool | None, ...]) -> Extras:
    """Return the tools that are no functions, under the path by which a client finds them."""
    return {
        f"tools[{place}]": raw.copy()
        for place, (raw, tool) in enumerate(zip(raws or (), tools, strict=True))
        if tool is None
    }


def _tool_choice(choice: str | schema.NamedChoice | None) -> ToolChoice | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        mode = _CHOICES.get(choice)
        if mode is None:
            raise RequestError(f"tool_choice is {choice!r}; it can be 'auto', 'none', 'required' or name a function")
        return ToolChoice(mode)
    return ToolChoice(ToolMode.NAMED, choice.function.name) if choice.function else None


def _effort(word: str | None) -> Effort | None:
    if word is None:
        return None
    try:
        return Effort(Level(word.lower()))
    except ValueError:
        raise RequestError(
            f"reasoning_effort is {word!r}; it can be {', '.join(repr(level.value) for level in Level)}"
        ) from None


def _output(wanted: schema.ResponseFormat | None) -> OutputShape | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.json_schema is None:
        return OutputShape(OutputKind.JSON)
    shape = wanted.json_schema
    return OutputShape(
        OutputKind.JSON_SCHEMA,
        shape.name,
        shape.description or "",
        copied(shape.schema),
        shape.strict,
    )


def _plain(raw: Raw) -> str:
    return text_of(raw) if bytes(raw)[:1] == b'"' else ""
