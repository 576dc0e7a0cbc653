"""
Messages and parts -> what is said in a Chat Completions request.

Source: `reference` sheets `openai-chat` section 3, `translation` sections 4, 5 and 13.7 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from cliproxy.conversation.names import fitted, renamed
from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    Extras,
    Foreign,
    Inline,
    Link,
    Media,
    MediaKind,
    Message,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.conversation.turns import settled
from cliproxy.dialects.base import Losses, said
from cliproxy.dialects.openai_chat.messages import NAME
from cliproxy.wire.data_url import write_data_url

LONGEST_NAME = 64
LONGEST_CALL_ID = 64
_REFUSED_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
_NOTHING = re.compile(r"(?!)")  # call ids may hold any character
_AUDIO_FORMATS = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}

Item = dict[str, object]


class MessagesEncoder:
    """Writes the turns of one conversation, and the pieces that its other fields share with them."""

    def __init__(self, conversation: Conversation, losses: Losses) -> None:
        self._said = conversation
        self._losses = losses
        self._at_home = conversation.origin == NAME
        self.renamed = renamed((tool.name for tool in conversation.tools), _REFUSED_IN_NAMES, LONGEST_NAME)
        self._turns, unmatched = settled(conversation.messages)
        for call_id in unmatched:
            losses.add(f"messages: result for the unknown call {call_id}")
        ids = (part.id for turn in self._turns for part in turn.parts if isinstance(part, ToolCall))
        self._ids = renamed(ids, _NOTHING, LONGEST_CALL_ID)

    def name(self, name: str) -> str:
        """Return a tool's name as this API takes it."""
        return self.renamed.get(name) or fitted(name, _REFUSED_IN_NAMES, LONGEST_NAME)

    def extras(self, where: str, extras: Extras) -> Item:
        """Return fields that only this dialect knows; another's are lost."""
        if self._at_home:
            return dict(extras)
        self._losses.extras(where, extras)
        return {}

    def mark(self, where: str, cache: CacheMark | None) -> Item:
        """Return a cache mark, where the client spoke this dialect; OpenAI itself has none."""
        if cache is None:
            return {}
        if not self._at_home:
            self._losses.add(f"{where}: cache mark")
            return {}
        return {"cache_control": {"type": "ephemeral"} | ({"ttl": cache.lifetime} if cache.lifetime else {})}

    def messages(self) -> list[Item]:
        """Return the instructions and the turns."""
        messages: list[Item] = []
        if self._said.instructions:
            messages.append({"role": "system", "content": _single(self._parts("system", self._said.instructions))})
        for place, turn in enumerate(self._turns):
            messages.extend(self._turn(f"messages[{place}]", turn))
        return messages

    def _turn(self, where: str, turn: Message) -> Iterable[Item]:
        extras = self.extras(where, turn.extras)
        parts = list(said(turn.parts, NAME, self._losses, f"{where}.content"))
        match turn.role:
            case Role.ASSISTANT:
                spoken = self._assistant(where, parts)
                if spoken:
                    yield {"role": "assistant"} | spoken | extras
            case Role.SYSTEM:
                yield {"role": "system", "content": _single(self._parts(where, parts))} | extras
            case Role.REMINDER:
                words = "\n".join(part.text for part in parts if isinstance(part, Text) and part.text.strip())
                if words:
                    yield {"role": "user", "content": f"<system-reminder>\n{words}\n</system-reminder>"} | extras
            case Role.USER:
                for part in parts:
                    if isinstance(part, ToolResult):
                        yield self._tool_result(where, part)
                content = self._parts(where, [part for part in parts if not isinstance(part, ToolResult)])
                if content:
                    yield {"role": "user", "content": _single(content)} | extras

    def _assistant(self, where: str, parts: list[Part]) -> Item:
        message: Item = {}
        texts = [part for part in parts if isinstance(part, Text)]
        shown = self._parts(
            where, [part for part in parts if isinstance(part, (Text, Media, Foreign)) and _shown(part)]
        )
        words = [str(item["text"]) for item in shown if item.keys() == {"type", "text"}]
        if shown:
            message["content"] = "\n\n".join(words) if len(words) == len(shown) else shown
        refusals = "".join(part.text for part in texts if part.refusal)
        if refusals:
            message["refusal"] = refusals
        message |= self._reasoning(where, [part for part in parts if isinstance(part, Reasoning)])
        calls: list[object] = [self._tool_call(where, part) for part in parts if isinstance(part, ToolCall)]
        calls += [part.body for part in parts if isinstance(part, Foreign) and not _shown(part)]
        if calls:
            message["tool_calls"] = calls
        return message

    def _reasoning(self, where: str, thoughts: list[Reasoning]) -> Item:
        fields: Item = {}
        words = "\n\n".join(thought.text for thought in thoughts if thought.text.strip())
        if words:
            fields["reasoning_content"] = words
        details = []
        for thought in thoughts:
            if thought.proof is not None and thought.proof.dialect == NAME:
                details.append(reasoning_detail(thought.text, thought.proof.value, redacted=thought.redacted))
            elif thought.proof is not None:
                self._losses.add(f"{where}.content: reasoning proof")
            self.extras(f"{where}.content", thought.extras)
        if details:
            fields["reasoning_details"] = details
        return fields

    def _tool_call(self, where: str, call: ToolCall) -> Item:
        where = f"{where}.tool_calls"
        self.mark(where, call.cache)
        extras = self.extras(where, call.extras)
        function = {"name": self.name(call.name), "arguments": call.arguments or "{}"}
        return {"id": self._id(call.id), "type": "function", "function": function} | extras

    def _tool_result(self, where: str, result: ToolResult) -> Item:
        where = f"{where}.tool_result"
        parts = list(said(result.content, NAME, self._losses, where))
        content: str | list[Item]
        if all(isinstance(part, Text) for part in parts):
            content = "\n\n".join(part.text for part in parts if isinstance(part, Text))
            for part in parts:
                if isinstance(part, Text):
                    self.extras(where, part.extras)
        else:
            content = self._parts(where, parts)
        if result.is_error:
            self._losses.add(f"{where}.is_error")
        message: Item = {"role": "tool", "tool_call_id": self._id(result.call_id), "content": content}
        return message | self.extras(where, result.extras) | self.mark(where, result.cache)

    def _parts(self, where: str, parts: Iterable[Part]) -> list[Item]:
        where = where if where == "system" else f"{where}.content"
        items: list[Item] = []
        for part in parts:
            match part:
                case Text(text):
                    kept = self.extras(where, part.extras) | self.mark(where, part.cache)
                    if text.strip():
                        items.append({"type": "text", "text": text} | kept)
                case Media():
                    kept = self.extras(where, part.extras) | self.mark(where, part.cache)
                    item = _media_item(part)
                    if item is None:
                        self._losses.add(f"{where}: {part.kind.value}")
                    else:
                        items.append(item | kept)
                case Foreign(_, _, body):
                    items.append(msgspec.json.decode(body, type=Item))
                case Reasoning() | ToolCall() | ToolResult():
                    self._losses.add(f"{where}: {type(part).__name__.lower()}")  # nothing a user can say here
        return items

    def _id(self, call_id: str) -> str:
        return self._ids.get(call_id, call_id)


def reasoning_detail(text: str, value: str, *, redacted: bool) -> Item:
    """Return a thought's proof in the form that this dialect's speakers send back."""
    detail = _whole_detail(value)
    if detail is not None:
        return detail if redacted or "text" in detail else detail | {"text": text}
    if redacted:
        return {"type": "reasoning.encrypted", "data": value}
    return {"type": "reasoning.text", "text": text, "signature": value}


def _whole_detail(value: str) -> Item | None:
    """Return the detail that a proof made in this dialect holds, all but its text; None: it is the vendor's own."""
    if value[:1] != "{":
        return None
    try:
        detail = msgspec.json.decode(value, type=Item)
    except msgspec.DecodeError:
        return None
    return detail if "type" in detail else None


def _shown(part: Text | Media | Foreign) -> bool:
    if isinstance(part, Text):
        return not part.refusal
    return isinstance(part, Media) or not part.kind.startswith("tool_calls.")


def _single(parts: list[Item]) -> str | list[Item]:
    """One plain text is written as a string, which every speaker of the dialect reads."""
    if not parts:
        return ""
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return str(parts[0]["text"])
    return parts


def _media_item(media: Media) -> Item | None:
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


def _image(url: str, detail: str) -> Item:
    return {"type": "image_url", "image_url": {"url": url, "detail": detail} if detail else {"url": url}}
