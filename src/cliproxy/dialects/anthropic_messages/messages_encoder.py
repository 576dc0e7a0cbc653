"""
Messages and parts -> what is said in a Messages request.

The API refuses what others let pass: every call is answered in the next turn, results come before words, texts are
not empty, thinking is signed.

Source: `reference` sheets `claude-messages` section 2, `translation` sections 4, 5 and 13.1 (read 2026-11-21).
"""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.names import fitted, renamed
from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    Extras,
    FileId,
    Foreign,
    Inline,
    Link,
    Media,
    MediaKind,
    Message,
    OutputKind,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.conversation.turns import settled
from cliproxy.dialects.anthropic_messages.messages import NAME
from cliproxy.dialects.base import Losses, said

LONGEST_NAME = 64
LONGEST_CALL_ID = 256
MOST_CACHE_MARKS = 4
FILLER = "."  # the smallest user turn, where the API demands one and the client gave none
REFUSED = re.compile(r"[^a-zA-Z0-9_-]")

_JSON_ONLY = "Answer with one JSON object and nothing else."
_ROLES = {Role.ASSISTANT: "assistant", Role.REMINDER: "system"}
_ORDER = {Reasoning: 0, Text: 1, ToolCall: 2}  # within an assistant's turn
_TEXT_TYPES = ("text/", "application/json", "application/xml", "image/svg")

Block = dict[str, object]


class MessagesEncoder:
    """Writes the turns of one conversation, and the pieces that its other fields share with them."""

    def __init__(self, conversation: Conversation, losses: Losses) -> None:
        self._said = conversation
        self._losses = losses
        self._at_home = conversation.origin == NAME
        self._marks = 0
        self.renamed = renamed((tool.name for tool in conversation.tools), REFUSED, LONGEST_NAME)
        turns, unmatched = settled(tuple(turn for turn in conversation.messages if turn.role is not Role.SYSTEM))
        for call_id in unmatched:
            losses.add(f"messages: result for the unknown call {call_id}")
        self._turns = turns
        ids = (part.id for turn in turns for part in turn.parts if isinstance(part, ToolCall))
        self._ids = renamed(ids, REFUSED, LONGEST_CALL_ID)

    def name(self, name: str) -> str:
        """Return a tool's name as this API takes it."""
        return self.renamed.get(name) or fitted(name, REFUSED, LONGEST_NAME)

    def extras(self, where: str, extras: Extras) -> Block:
        """Return fields that only this dialect knows; another's are lost."""
        if self._at_home:
            return dict(extras)
        self._losses.extras(where, extras)
        return {}

    def mark(self, where: str, cache: CacheMark | None) -> Block:
        """Return a cache mark, of which the API takes four."""
        if cache is None:
            return {}
        if self._marks == MOST_CACHE_MARKS and not self._at_home:
            self._losses.add(f"{where}: more than four cache marks")
            return {}
        self._marks += 1
        lifetime = {"ttl": cache.lifetime} if cache.lifetime else {}
        return {"cache_control": {"type": "ephemeral"} | lifetime}

    def system(self) -> list[Block]:
        """Return the instructions, those that stood further down among them: here they have one place."""
        blocks: list[Block] = []
        attribution = self._said.extras.get("system.attribution")
        if self._at_home and attribution is not None:
            blocks.append({"type": "text", "text": attribution})
        texts = list(self._said.instructions)
        for message in self._said.messages:
            if message.role is Role.SYSTEM:
                texts.extend(part for part in message.parts if isinstance(part, Text))
        blocks.extend(block for text in texts if (block := self._text("system", text)) is not None)
        if self._said.output is not None and self._said.output.kind is OutputKind.JSON:
            blocks.append({"type": "text", "text": _JSON_ONLY})
        return blocks

    def messages(self) -> list[dict[str, object]]:
        """Return the turns, those of one role joined; there is at least one."""
        messages: list[dict[str, object]] = []
        for place, turn in enumerate(self._turns):
            where = f"messages[{place}]"
            blocks = self._blocks(where, turn)
            extras = self.extras(where, turn.extras)
            role = _ROLES.get(turn.role, "user")
            if not blocks:
                continue
            if messages and messages[-1]["role"] == role:
                earlier = messages[-1]["content"]
                assert isinstance(earlier, list)
                earlier.extend(blocks)
            else:
                messages.append({"role": role, "content": blocks} | extras)
        return messages or [{"role": "user", "content": FILLER}]

    def _blocks(self, where: str, turn: Message) -> list[Block]:
        parts = list(said(turn.parts, NAME, self._losses, f"{where}.content"))
        if turn.role is Role.ASSISTANT and not self._at_home:
            parts.sort(key=lambda part: _ORDER.get(type(part), 1))
        return [block for part in parts if (block := self._block(where, part)) is not None]

    def _block(self, where: str, part: Part) -> Block | None:
        match part:
            case Text():
                return self._text(f"{where}.content", part)
            case ToolCall():
                return self._tool_use(where, part)
            case ToolResult():
                return self._tool_result(where, part)
            case Reasoning():
                return self._thought(where, part)
            case Media():
                return self._media(f"{where}.content", part)
            case Foreign(_, _, body):
                return msgspec.json.decode(body, type=Block)

    def _text(self, where: str, part: Text) -> Block | None:
        kept = self.extras(where, part.extras)
        if not part.text.strip():
            return None
        return {"type": "text", "text": part.text} | kept | self.mark(where, part.cache)

    def _tool_use(self, where: str, call: ToolCall) -> Block:
        where = f"{where}.tool_calls"
        arguments, unchanged = object_of(call.arguments)
        if not unchanged:
            self._losses.add(f"{where}: arguments that are no JSON object")
        head: Block = {"type": "tool_use", "id": self._id(call.id), "name": self.name(call.name), "input": arguments}
        return head | self.extras(where, call.extras) | self.mark(where, call.cache)

    def _tool_result(self, where: str, result: ToolResult) -> Block:
        where = f"{where}.tool_result"
        block: Block = {"type": "tool_result", "tool_use_id": self._id(result.call_id)}
        parts = said(result.content, NAME, self._losses, where)
        inner = [item for part in parts if (item := self._block(where, part)) is not None]
        if len(inner) == 1 and inner[0].keys() == {"type", "text"}:
            block["content"] = inner[0]["text"]
        elif inner:
            block["content"] = inner
        if result.is_error:
            block["is_error"] = True
        return block | self.extras(where, result.extras) | self.mark(where, result.cache)

    def _thought(self, where: str, thought: Reasoning) -> Block | None:
        """Only thoughts with Anthropic's own proof are taken back; the others are dropped with their text."""
        kept = self.extras(f"{where}.content", thought.extras)
        if thought.proof is None or thought.proof.dialect != NAME:
            self._losses.add(f"{where}.content: unsigned reasoning")
            return None
        if thought.redacted:
            return {"type": "redacted_thinking", "data": thought.proof.value} | kept
        return {"type": "thinking", "thinking": thought.text, "signature": thought.proof.value} | kept

    def _media(self, where: str, media: Media) -> Block | None:
        kept = self.extras(where, media.extras)
        if media.detail:
            self._losses.add(f"{where}: image detail")
        source = _source(media)
        is_image = media.kind is MediaKind.IMAGE or media.mime_type.startswith("image/")
        if source is None or media.kind in (MediaKind.AUDIO, MediaKind.VIDEO):
            self._losses.add(f"{where}: {media.kind.value}")
            return None
        block: Block = {"type": "image" if is_image and source["type"] != "text" else "document", "source": source}
        if media.name and block["type"] == "document":
            block["title"] = media.name
        return block | kept | self.mark(where, media.cache)

    def _id(self, call_id: str) -> str:
        return self._ids.get(call_id, call_id)


def _source(media: Media) -> dict[str, str] | None:
    match media.source:
        case Link(url):
            return {"type": "url", "url": url}
        case Inline(data) if media.mime_type.startswith(_TEXT_TYPES):
            try:
                return {"type": "text", "media_type": "text/plain", "data": base64.b64decode(data).decode()}
            except (binascii.Error, ValueError):
                return None
        case Inline(data):
            return {"type": "base64", "media_type": media.mime_type, "data": data}
        case FileId(_, id_):
            return {"type": "file", "file_id": id_}
