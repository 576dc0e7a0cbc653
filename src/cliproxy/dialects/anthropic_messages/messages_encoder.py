"""
Messages and parts -> what is said in a Messages request.

The API refuses what others let pass: every call is answered in the next turn, results come before
words, texts are not empty, thinking is signed.

Source: `reference` sheets `claude-messages` section 2, `translation` sections 4, 5 and 13.1 (read 2026-11-21).
"""

from __future__ import annotations

import re
from typing import assert_never

from msgspec import Raw

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    Extras,
    Foreign,
    Media,
    Message,
    OutputKind,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.anthropic_messages.media import block_of, note_of
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.wording import Fit, Wording

LONGEST_NAME = 64
LONGEST_CALL_ID = 256
MOST_CACHE_MARKS = 4
FILLER = "."  # the smallest user turn, where the API demands one and the client gave none
REFUSED = re.compile(r"[^a-zA-Z0-9_-]")

_LONG_LIVED = "1h"
_BLOCK_OF_SYSTEM = re.compile(r"system\[(\d{1,9})\]", re.ASCII)
_JSON_ONLY = "Answer with one JSON object and nothing else."
_REMINDER = "<system-reminder>\n{}\n</system-reminder>"
_ORDER: dict[type, int] = {Reasoning: 0, Text: 1, ToolCall: 2}  # within an assistant's turn

Block = dict[str, object]
Blocks = list[Block | Raw]  # raw: as the client wrote it


def with_extras(fields: Block, extras: Block) -> Block:
    """Return fields with those that only this dialect knows, each where it stood: `source.x` inside `source`."""
    for name, value in extras.items():
        outer, dot, inner = name.partition(".")
        within = fields.get(outer) if dot else None
        if isinstance(within, dict):
            within[inner] = value
        else:
            fields[name] = value
    return fields


class MessagesEncoder:
    """Writes the turns of one conversation, and the pieces that its other fields share with them."""

    def __init__(self, conversation: Conversation) -> None:
        self._said = conversation
        turns = [turn for turn in conversation.messages if turn.role is not Role.SYSTEM]
        names, ids = Fit(REFUSED, LONGEST_NAME), Fit(REFUSED, LONGEST_CALL_ID)
        self.wording = Wording(conversation, NAME, names=names, ids=ids, turns=turns)
        self.losses = self.wording.losses
        self.at_home = self.wording.at_home
        self.name = self.wording.name
        self._marks = 0
        self._shorter = False  # whether a mark with a shorter life than an hour was written

    def extras(self, where: str, extras: Extras) -> Block:
        """Return fields that only this dialect knows; another's are lost."""
        return self.wording.extras(where, extras)

    def mark(self, where: str, cache: CacheMark, block: Block) -> None:
        """Add a cache mark, of which the API takes four, the long-lived ones first."""
        lifetime = cache.lifetime
        if not self.at_home:
            if self._marks == MOST_CACHE_MARKS:
                self.losses.add(f"{where}: more than four cache marks")
                return
            if lifetime == _LONG_LIVED and self._shorter:
                self.losses.add(f"{where}: a cache mark that outlives one before it")
                lifetime = ""
        self._marks += 1
        self._shorter = self._shorter or lifetime != _LONG_LIVED
        block["cache_control"] = {"type": "ephemeral"} | ({"ttl": lifetime} if lifetime else {})

    def system(self) -> Blocks:
        """Return the instructions, those that stood further down among them: here they have one place."""
        blocks: Blocks = []
        extras = self._said.extras if self.at_home else {}
        if "system.attribution" in extras:
            blocks.append({"type": "text", "text": extras["system.attribution"]})
        for text in self._said.instructions:
            self._add_text(blocks, "system", text)
        for message in self._said.messages:
            if message.role is Role.SYSTEM:
                for part in message.parts:
                    if isinstance(part, Text):
                        self._add_text(blocks, "system", part)
                    else:
                        self.losses.add(f"system: {_kind(part)}")
        shape = self._said.output
        if shape is not None and (shape.kind is OutputKind.JSON or shape.schema is None):
            self.losses.add("output: JSON, which is only asked for in words")
            blocks.append({"type": "text", "text": _JSON_ONLY})
        for name, raw in extras.items():
            if place := _BLOCK_OF_SYSTEM.fullmatch(name):
                blocks.insert(int(place[1]), raw)
        return blocks

    def messages(self) -> list[Block]:
        """Return the turns, those of one role joined; there is at least one."""
        messages: list[Block] = []
        last: Blocks = []
        role = ""
        for place, turn in enumerate(self.wording.turns):
            where = f"messages[{place}]"
            blocks = self._blocks(where, turn)
            extras = self.extras(where, turn.extras) if turn.extras else {}
            if not blocks:
                self.losses.extras(where, extras)
                continue
            own = self._role(turn.role)
            if own == role:
                last.extend(blocks)
                messages[-1] |= extras
                continue
            role, last = own, blocks
            messages.append({"role": own, "content": last} | extras)
        return messages or [{"role": "user", "content": FILLER}]

    def _role(self, role: Role) -> str:
        if role is Role.ASSISTANT:
            return "assistant"
        return "system" if role is Role.REMINDER and self.at_home else "user"

    def _blocks(self, where: str, turn: Message) -> Blocks:
        parts = turn.parts
        if not self.at_home and len(parts) > 1 and turn.role is Role.ASSISTANT:
            parts = tuple(sorted(parts, key=lambda part: _ORDER.get(type(part), 1)))
        blocks: Blocks = []
        for part in parts:
            self._add(blocks, where, part)
        if turn.role is Role.REMINDER and not self.at_home:
            for block in blocks:
                if isinstance(block, dict) and block["type"] == "text":
                    block["text"] = _REMINDER.format(block["text"])
        return blocks

    def _add(self, blocks: Blocks, where: str, part: Part) -> None:
        match part:
            case Text():
                self._add_text(blocks, f"{where}.content", part)
            case ToolCall():
                blocks.append(self._tool_use(where, part))
            case ToolResult():
                blocks.append(self._tool_result(where, part))
            case Reasoning():
                self._add_thought(blocks, f"{where}.content", part)
            case Media():
                self._add_media(blocks, f"{where}.content", part)
            case Foreign(dialect, kind, body):
                if dialect == NAME:
                    blocks.append(body)
                elif part.instead:
                    for other in part.instead:
                        self._add(blocks, where, other)
                else:
                    self.losses.add(f"{where}.content: {kind}")
            case _:
                assert_never(part)

    def _add_text(self, blocks: Blocks, where: str, part: Text) -> None:
        words = part.text
        if not words or words.isspace():
            self.losses.extras(where, part.extras)
            return
        block: Block = {"type": "text", "text": words}
        blocks.append(block)
        if part.cache is not None:
            self.mark(where, part.cache, block)
        if part.citations:
            own = [one.body for one in part.citations if one.dialect == NAME and one.body is not None]
            if own:
                block["citations"] = own
            if len(own) < len(part.citations):
                self.losses.add(f"{where}: citations")
        if part.proof is not None:
            self.losses.add(f"{where}: reasoning proof")
        if part.extras:
            with_extras(block, self.extras(where, part.extras))

    def _tool_use(self, where: str, call: ToolCall) -> Block:
        where = f"{where}.tool_calls"
        arguments, unchanged = object_of(call.arguments)
        if not unchanged:
            self.losses.add(f"{where}: arguments that are no JSON object")
        if call.proof is not None:
            self.losses.add(f"{where}: reasoning proof")
        name, id_ = self.name(call.name), self.wording.id(call.id)
        block: Block = {"type": "tool_use", "id": id_, "name": name, "input": arguments}
        if call.cache is not None:
            self.mark(where, call.cache, block)
        return with_extras(block, self.extras(where, call.extras)) if call.extras else block

    def _tool_result(self, where: str, result: ToolResult) -> Block:
        where = f"{where}.tool_result"
        block: Block = {"type": "tool_result", "tool_use_id": self.wording.id(result.call_id)}
        inner: Blocks = []
        for part in result.content:
            self._add(inner, where, part)
        only = inner[0] if len(inner) == 1 else None
        if isinstance(only, dict) and only.keys() == {"type", "text"}:
            block["content"] = only["text"]
        elif inner:
            block["content"] = inner
        if result.is_error:
            block["is_error"] = True
        if result.cache is not None:
            self.mark(where, result.cache, block)
        return with_extras(block, self.extras(where, result.extras)) if result.extras else block

    def _add_thought(self, blocks: Blocks, where: str, thought: Reasoning) -> None:
        """Only thoughts with Anthropic's own proof are taken back; the others are dropped with their text."""
        kept = self.extras(where, thought.extras) if thought.extras else {}
        proof = thought.proof
        if proof is None or proof.dialect != NAME:
            self.losses.add(
                f"{where}: reasoning proof" if proof and not thought.text else f"{where}: unsigned reasoning"
            )
        elif thought.redacted:
            blocks.append({"type": "redacted_thinking", "data": proof.value} | kept)
        else:
            blocks.append({"type": "thinking", "thinking": thought.text, "signature": proof.value} | kept)

    def _add_media(self, blocks: Blocks, where: str, media: Media) -> None:
        block = block_of(media, at_home=self.at_home)
        if media.detail not in ("", "auto"):
            self.losses.add(f"{where}: image detail")
        if block is None:
            self.losses.add(f"{where}: {media.kind.value}")
            self.losses.extras(where, media.extras)
            blocks.append({"type": "text", "text": note_of(media)})
            return
        blocks.append(block)
        if media.cache is not None:
            self.mark(where, media.cache, block)
        if media.extras:
            with_extras(block, self.extras(where, media.extras))


def _kind(part: Part) -> str:
    return part.kind.value if isinstance(part, Media) else type(part).__name__.lower()
