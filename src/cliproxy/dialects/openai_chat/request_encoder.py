"""
Conversations -> Chat Completions requests.

Source: `reference` sheet `translation`, sections 4, 5 and 13.7 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from msgspec import Raw

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.names import fitted, renamed
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
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from cliproxy.conversation.turns import settled
from cliproxy.dialects.base import Encoded, Losses
from cliproxy.dialects.openai_chat.request import NAME
from cliproxy.wire.data_url import write_data_url

LONGEST_NAME = 64
LONGEST_CALL_ID = 64
MOST_STOPS = 4
_REFUSED_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
_NOTHING = re.compile(r"(?!)")  # call ids may hold any character

_CHOICE_WORDS = {ToolMode.AUTO: "auto", ToolMode.NONE: "none", ToolMode.REQUIRED: "required"}
_AUDIO_FORMATS = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}

_encode = msgspec.json.Encoder().encode


def encode_request(conversation: Conversation, model: ModelInfo, stream: bool) -> Encoded:
    """Return the conversation as a Chat Completions request for this model, and what it could not say."""
    return _RequestEncoder(conversation, model, stream=stream).encoded()


class _RequestEncoder:
    def __init__(self, conversation: Conversation, model: ModelInfo, *, stream: bool) -> None:
        self._said = conversation
        self._model = model
        self._stream = stream
        self._losses = Losses()
        self._at_home = conversation.origin == NAME
        self._renamed = renamed((tool.name for tool in conversation.tools), _REFUSED_IN_NAMES, LONGEST_NAME)

    def encoded(self) -> Encoded:
        said = self._said
        body: dict[str, object] = {"model": said.model, "messages": self._messages()}
        body |= self._sampling()
        if said.tools:
            body["tools"] = [self._tool(place, tool) for place, tool in enumerate(said.tools)]
            if said.tool_choice is not None:
                body["tool_choice"] = self._tool_choice(said.tool_choice)
            if said.parallel_calls is not None:
                body["parallel_tool_calls"] = said.parallel_calls
        if said.output is not None:
            body["response_format"] = _response_format(said.output)
        if said.effort is not None:
            body |= self._effort(said.effort)
        if said.user:
            body["user"] = said.user
        if self._stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        body |= self._extras("", said.extras)
        return Encoded(_encode(body), self._losses.found(), {theirs: ours for ours, theirs in self._renamed.items()})

    def _extras(self, where: str, extras: Extras) -> dict[str, object]:
        if self._at_home:
            return {name: value for name, value in extras.items() if "[" not in name}
        self._losses.extras(where, extras)
        return {}

    def _messages(self) -> list[dict[str, object]]:
        messages: list[dict[str, object]] = []
        if self._said.instructions:
            messages.append({"role": "system", "content": self._texts("system", self._said.instructions)})
        turns, unmatched = settled(self._said.messages)
        for call_id in unmatched:
            self._losses.add(f"messages: result for the unknown call {call_id}")
        for place, message in enumerate(turns):
            messages.extend(self._message(f"messages[{place}]", message))
        return messages

    def _message(self, where: str, message: Message) -> Iterable[dict[str, object]]:
        extras = self._extras(where, message.extras)
        match message.role:
            case Role.ASSISTANT:
                spoken = self._assistant(where, message.parts)
                if spoken is not None:
                    yield spoken | extras
            case Role.SYSTEM:
                texts = [part for part in message.parts if isinstance(part, Text)]
                yield {"role": "system", "content": self._texts(where, texts)} | extras
            case Role.REMINDER:
                words = "\n".join(part.text for part in message.parts if isinstance(part, Text))
                yield {"role": "user", "content": f"<system-reminder>\n{words}\n</system-reminder>"} | extras
            case Role.USER:
                for part in message.parts:
                    if isinstance(part, ToolResult):
                        yield self._tool_result(where, part)
                content = self._parts(where, [part for part in message.parts if not isinstance(part, ToolResult)])
                if content:
                    yield {"role": "user", "content": _single(content)} | extras

    def _assistant(self, where: str, parts: tuple[Part, ...]) -> dict[str, object] | None:
        message: dict[str, object] = {"role": "assistant"}
        texts = [part for part in parts if isinstance(part, Text)]
        words = "\n\n".join(part.text for part in texts if part.text.strip() and not part.refusal)
        if words:
            message["content"] = words
        refusals = "".join(part.text for part in texts if part.refusal)
        if refusals:
            message["refusal"] = refusals
        for text in texts:
            self._extras(where, text.extras)
        message |= self._reasoning(where, [part for part in parts if isinstance(part, Reasoning)])
        calls = [self._tool_call(where, part) for part in parts if isinstance(part, ToolCall)]
        if calls:
            message["tool_calls"] = calls
        for part in parts:
            if isinstance(part, (Media, Foreign)):
                self._losses.add(f"{where}.content: {_what(part)}")
        return message if len(message) > 1 else None

    def _reasoning(self, where: str, thoughts: list[Reasoning]) -> dict[str, object]:
        fields: dict[str, object] = {}
        words = "\n\n".join(thought.text for thought in thoughts if thought.text.strip())
        if words:
            fields["reasoning_content"] = words
        at_home = [thought for thought in thoughts if thought.proof and thought.proof.dialect == NAME]
        if at_home:
            fields["reasoning_details"] = [
                {"type": "reasoning.encrypted", "data": thought.proof.value}
                if thought.redacted
                else {"type": "reasoning.text", "text": thought.text, "signature": thought.proof.value}
                for thought in at_home
                if thought.proof
            ]
        if any(thought.proof and thought.proof.dialect != NAME for thought in thoughts):
            self._losses.add(f"{where}.content: reasoning proof")
        return fields

    def _tool_call(self, where: str, call: ToolCall) -> dict[str, object]:
        extras = self._extras(f"{where}.tool_calls", call.extras)
        function = {"name": self._name(call.name), "arguments": call.arguments or "{}"}
        return {"id": _call_id(call.id), "type": "function", "function": function} | extras

    def _name(self, name: str) -> str:
        return self._renamed.get(name) or fitted(name, _REFUSED_IN_NAMES, LONGEST_NAME)

    def _tool_result(self, where: str, result: ToolResult) -> dict[str, object]:
        self._extras(f"{where}.tool_result", result.extras)
        content: str | list[dict[str, object]]
        if any(isinstance(part, Media) for part in result.content):
            content = self._parts(where, result.content)
        else:
            content = "\n\n".join(part.text for part in result.content if isinstance(part, Text))
        if result.is_error and not self._at_home:
            self._losses.add(f"{where}.tool_result.is_error")
        return {"role": "tool", "tool_call_id": _call_id(result.call_id), "content": content}

    def _texts(self, where: str, texts: Iterable[Text]) -> str | list[dict[str, object]]:
        parts = self._parts(where, [text for text in texts if text.text])
        return _single(parts)

    def _parts(self, where: str, parts: Iterable[Part]) -> list[dict[str, object]]:
        written_parts = []
        for part in parts:
            extras = {} if isinstance(part, Foreign) else self._extras(f"{where}.content", part.extras)
            match part:
                case Text(text):
                    if text.strip():
                        written_parts.append({"type": "text", "text": text} | extras)
                case Media():
                    item = _media_part(part)
                    if item is None:
                        self._losses.add(f"{where}.content: {_what(part)}")
                    else:
                        written_parts.append(item | extras)
                case Foreign(dialect, kind, body):
                    if dialect == NAME:
                        written_parts.append(msgspec.json.decode(body, type=dict[str, object]))
                    else:
                        self._losses.add(f"{where}.content: {kind}")
                case Reasoning() | ToolCall() | ToolResult():
                    self._losses.add(f"{where}.content: {_what(part)}")  # nothing a user can say here
        return written_parts

    def _tool(self, place: int, tool: Tool) -> dict[str, object]:
        extras = self._extras(f"tools[{place}]", tool.extras)
        function: dict[str, object] = {"name": self._name(tool.name)}
        if tool.description:
            function["description"] = tool.description
        function["parameters"] = _object_schema(tool.input_schema)
        if tool.strict is not None:
            function["strict"] = tool.strict
        return {"type": "function", "function": function | extras}

    def _tool_choice(self, choice: ToolChoice) -> object:
        if choice.mode is ToolMode.NAMED:
            return {"type": "function", "function": {"name": self._name(choice.name)}}
        return _CHOICE_WORDS[choice.mode]

    def _sampling(self) -> dict[str, object]:
        wanted = self._said.sampling
        if len(wanted.stop) > MOST_STOPS:
            self._losses.add("stop: more than four")
        fields = {
            self._limit_field(): wanted.max_tokens,
            "temperature": wanted.temperature,
            "top_p": wanted.top_p,
            "top_k": wanted.top_k,
            "frequency_penalty": wanted.frequency_penalty,
            "presence_penalty": wanted.presence_penalty,
            "seed": wanted.seed,
            "stop": list(wanted.stop[:MOST_STOPS]) or None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _limit_field(self) -> str:
        """Models that reason by levels take only the newer field; most compatible servers only the older one."""
        thinking = self._model.thinking
        return "max_completion_tokens" if thinking is not None and thinking.levels else "max_tokens"

    def _effort(self, wanted: Effort) -> dict[str, object]:
        level = efforts.level_of(wanted)
        thinking = self._model.thinking
        if level is None or (self._model.known and thinking is None):
            self._losses.add("reasoning effort")
            return {}
        if thinking is not None and thinking.levels:
            level = efforts.nearest(Level.MEDIUM if level is Level.AUTO else level, thinking.levels)
        return {"reasoning_effort": level.value}


def _single(parts: list[dict[str, object]]) -> str | list[dict[str, object]]:
    """One plain text is written as a string, which every speaker of the dialect reads."""
    if not parts:
        return ""
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return str(parts[0]["text"])
    return parts


def _media_part(media: Media) -> dict[str, object] | None:
    match media.kind, media.source:
        case MediaKind.IMAGE, Inline(data):
            return _image(write_data_url(media.mime_type, data), media.detail)
        case MediaKind.IMAGE, Link(url):
            return _image(url, media.detail)
        case MediaKind.DOCUMENT, Inline(data):
            name = media.name or "document.pdf"
            return {"type": "file", "file": {"filename": name, "file_data": write_data_url(media.mime_type, data)}}
        case MediaKind.AUDIO, Inline(data):
            audio = {"data": data, "format": _AUDIO_FORMATS.get(media.mime_type, media.mime_type.partition("/")[2])}
            return {"type": "input_audio", "input_audio": audio}
        case _:
            return None


def _image(url: str, detail: str) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": url, "detail": detail} if detail else {"url": url}}


def _what(part: Part) -> str:
    match part:
        case Media(kind):
            return kind.value
        case Foreign(_, kind):
            return kind
        case _:
            return type(part).__name__.lower()


def _call_id(call_id: str) -> str:
    return fitted(call_id, _NOTHING, LONGEST_CALL_ID)


def _object_schema(schema_: Raw | None) -> object:
    """A missing schema, or an object without properties, is refused by OpenAI."""
    if schema_ is None or bytes(schema_) == b"null":
        return {"type": "object", "properties": {}}
    top = msgspec.json.decode(schema_, type=dict[str, Raw])
    if bytes(top.get("type", b"")) == b'"object"' and "properties" not in top:
        return top | {"properties": {}}
    return schema_


def _response_format(output: OutputShape) -> dict[str, object]:
    if output.kind is OutputKind.JSON:
        return {"type": "json_object"}
    shape: dict[str, object] = {"name": output.name or "response"}
    if output.description:
        shape["description"] = output.description
    shape["schema"] = output.schema
    if output.strict is not None:
        shape["strict"] = output.strict
    return {"type": "json_schema", "json_schema": shape}
