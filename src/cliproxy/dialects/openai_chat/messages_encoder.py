"""
Messages and parts -> what is said in a Chat Completions request.

Source: `reference` sheets `openai-chat` section 3, `translation` sections 4, 5, 11 and 13.7 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    FileId,
    Foreign,
    Media,
    MediaKind,
    Message,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.base import Losses
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.beyond import put_back
from cliproxy.dialects.openai_chat.media import VENDOR, item_of, note_on
from cliproxy.dialects.openai_chat.names import CALL_IDS, NAME, TOOL_NAMES
from cliproxy.dialects.openai_chat.reasoning import GOOGLE, extra_content, reasoning_detail
from cliproxy.dialects.wording import Wording

Item = dict[str, object]

_ROLES = {Role.USER: "user", Role.ASSISTANT: "assistant", Role.SYSTEM: "system"}
_PLAIN = {"type", "text"}  # the fields of a text that a string can say


class MessagesEncoder:
    """Writes the turns of one conversation."""

    def __init__(self, conversation: Conversation) -> None:
        self.words = Wording(conversation, NAME, names=TOOL_NAMES, ids=CALL_IDS)
        self._said = conversation
        self._losses: Losses = self.words.losses
        self._at_home = self.words.at_home

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
        for place, turn in enumerate(self.words.turns):
            words = _only_words(turn)
            if words and turn.role in _ROLES:
                messages.append({"role": _ROLES[turn.role], "content": words})
            else:
                messages.extend(self._turn(f"messages[{place}]", turn))
        return messages

    def _turn(self, where: str, turn: Message) -> Iterable[Item]:
        extras = self.words.extras(where, turn.extras)
        parts = list(self.words.said(turn.parts, f"{where}.content"))
        match turn.role:
            case Role.ASSISTANT:
                message = self._assistant(where, parts)
                if message or extras:
                    message = {"role": "assistant"} | message
                    put_back(message, extras, schema.Message)
                    yield message
            case Role.SYSTEM:
                yield {"role": "system", "content": _single(self._parts(where, parts))} | extras
            case Role.REMINDER:
                for part in parts:
                    self.mark(f"{where}.content", part.cache if isinstance(part, Text) else None)
                words = "\n".join(part.text for part in parts if isinstance(part, Text) and part.text.strip())
                if words:
                    yield {"role": "user", "content": f"<system-reminder>\n{words}\n</system-reminder>"} | extras
            case Role.USER:
                yield from (self._tool_result(where, part) for part in parts if isinstance(part, ToolResult))
                content = self._parts(where, (part for part in parts if not isinstance(part, ToolResult)))
                if content:
                    yield {"role": "user", "content": _single(content)} | extras

    # What the assistant said

    def _assistant(self, where: str, parts: list[Part]) -> Item:
        message: Item = {}
        parts = self._with_proofs(parts)
        shown = self._parts(where, (part for part in parts if self._is_shown(part)))
        if shown:
            message["content"] = _single(shown) if self._at_home else _joined(shown)
        refusals = "".join(part.text for part in parts if isinstance(part, Text) and part.refusal)
        if refusals:
            message["refusal"] = refusals
        message |= self._reasoning(
            where, [part for part in parts if isinstance(part, Reasoning) and not self._is_shown(part)]
        )
        for part in parts:
            match part:
                case Text():
                    self._hangs_on(where, part, message)
                case Media(MediaKind.AUDIO, FileId(vendor, id_)) if vendor == VENDOR:
                    message["audio"] = {"id": id_}
                case _:
                    pass
        calls: list[object] = [self._tool_call(where, part) for part in parts if isinstance(part, ToolCall)]
        calls += [part.body for part in parts if isinstance(part, Foreign) and not self._is_shown(part)]
        if calls:
            message["tool_calls"] = calls
        return message

    def _is_shown(self, part: Part) -> bool:
        """Tell whether a part of the assistant's stands in the content of its message, not beside it."""
        match part:
            case Text():
                return not part.refusal
            case Media(MediaKind.AUDIO, FileId(vendor)):
                return vendor != VENDOR
            case Foreign():
                return not part.kind.startswith("tool_calls.")
            case Reasoning():
                return self._at_home and bool(part.extras)
            case _:
                return isinstance(part, Media)

    def _with_proofs(self, parts: list[Part]) -> list[Part]:
        """Hang proofs that travelled beside a call or a text onto it: before a call, after a text."""
        if not any(isinstance(part, Reasoning) and part.proof is not None and part.proof.on for part in parts):
            return parts
        hung: list[Part] = []
        waiting: Opaque | None = None
        for part in parts:
            match part:
                case Reasoning("", Opaque(_, _, "call") as proof):
                    waiting = proof
                case Reasoning("", Opaque(_, _, "text") as proof) if hung and isinstance(hung[-1], Text):
                    hung[-1] = msgspec.structs.replace(hung[-1], proof=proof)
                case ToolCall() if waiting is not None and part.proof is None:
                    hung.append(msgspec.structs.replace(part, proof=waiting))
                    waiting = None
                case _:
                    hung.append(part)
        return hung

    def _proof(self, where: str, proof: Opaque | None) -> Item:
        """Return a proof on a call or a text, where an upstream of this dialect gave it."""
        if proof is None:
            return {}
        if proof.dialect == NAME or (self._at_home and proof.dialect == GOOGLE):
            return extra_content(proof)
        self._losses.add(f"{where}: proof")
        return {}

    def _hangs_on(self, where: str, text: Text, message: Item) -> None:
        message |= self._proof(f"{where}.content", text.proof)
        if text.citations and self._at_home:
            message["annotations"] = [citation.body for citation in text.citations if citation.body is not None]
        elif text.citations:
            self._losses.add(f"{where}.content: citations")

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
            self.words.extras(f"{where}.content", thought.extras)
        if details:
            fields["reasoning_details"] = details
        return fields

    def _tool_call(self, where: str, call: ToolCall) -> Item:
        where = f"{where}.tool_calls"
        self.mark(where, call.cache)
        name = self.words.name(call.name)
        item: Item = {"id": self.words.id(call.id)}
        if call.free_text:
            item |= {"type": "custom", "custom": {"name": name, "input": call.arguments}}
        else:
            item |= {"type": "function", "function": {"name": name, "arguments": call.arguments or "{}"}}
        if call.proof is not None:
            item |= self._proof(where, call.proof)
        if call.extras:
            put_back(item, self.words.extras(where, call.extras), schema.ToolCall)
        return item

    def _tool_result(self, where: str, result: ToolResult) -> Item:
        where = f"{where}.tool_result"
        parts = list(self.words.said(result.content, where))
        content: str | list[Item]
        if all(isinstance(part, Text) for part in parts) and not (self._at_home and len(parts) > 1):
            content = "\n\n".join(part.text for part in parts if isinstance(part, Text))
            for part in parts:
                if isinstance(part, Text):
                    self.words.extras(where, part.extras)
        else:
            content = self._parts(where, parts)
        if result.is_error and not self._at_home:
            self._losses.add(f"{where}.is_error")
        message: Item = {"role": "tool", "tool_call_id": self.words.id(result.call_id), "content": content}
        return message | self.words.extras(where, result.extras) | self.mark(where, result.cache)

    # Content

    def _parts(self, where: str, parts: Iterable[Part]) -> list[Item]:
        items: list[Item] = []
        for part in parts:
            match part:
                case Text(text):
                    if text.strip() or self._at_home:
                        items.append(self._kept(where, part, {"type": "text", "text": text}))
                case Media():
                    items.append(self._kept(where, part, self._media(where, part)))
                case Foreign(_, _, body):
                    items.append(msgspec.json.decode(body, type=Item))
                case Reasoning(text) if part.extras and self._at_home:
                    thought: Item = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
                    items.append(thought | part.extras)
                case Reasoning() | ToolCall() | ToolResult():
                    self._losses.add(f"{_in(where)}: {type(part).__name__.lower()}")  # nothing a user can say here
        return items

    def _media(self, where: str, media: Media) -> Item:
        item = item_of(media, at_home=self._at_home)
        if item is None:
            self._losses.add(f"{_in(where)}: {media.kind.value}")
            return {"type": "text", "text": note_on(media)}
        return item

    def _kept(self, where: str, part: Text | Media, item: Item) -> Item:
        """Return a part with what only this dialect says of it."""
        if part.cache is not None:
            item |= self.mark(_in(where), part.cache)
        if part.extras:
            put_back(item, self.words.extras(_in(where), part.extras), schema.Part)
        return item


def _only_words(turn: Message) -> str:
    """Return what a turn says that is one text and nothing more, as most are; else ""."""
    if len(turn.parts) != 1 or turn.extras:
        return ""
    text = turn.parts[0]
    if not isinstance(text, Text) or text.refusal or text.extras or text.cache is not None:
        return ""
    if text.citations or text.proof is not None or text.text.isspace():
        return ""
    return text.text


def _in(where: str) -> str:
    """Return where a message's parts stand."""
    return where if where == "system" or where.endswith("tool_result") else f"{where}.content"


def _single(parts: list[Item]) -> str | list[Item]:
    """One plain text is written as a string, which every speaker of the dialect reads."""
    if not parts:
        return ""
    if len(parts) == 1 and parts[0].keys() == _PLAIN:
        return str(parts[0]["text"])
    return parts


def _joined(parts: list[Item]) -> str | list[Item]:
    """Texts alone are written as one string: an assistant's message with a list is refused by some."""
    words = [str(part["text"]) for part in parts if part.keys() == _PLAIN]
    return "\n\n".join(words) if len(words) == len(parts) else parts
