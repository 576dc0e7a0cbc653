"""
Blocks of a reply that stand whole: pictures, what tools of the upstream's left behind, and proofs of other vendors.

A proof that hangs on words or on a call has no place of its own here: it travels on an empty thinking block beside
them, which clients bring back.

Source: `reference` sheets `claude-messages` section 5, `translation` sections 11.2 and 13.9 (read 2026-11-21).
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw

from cliproxy.conversation.names import fitted
from cliproxy.conversation.proof import written
from cliproxy.conversation.request import Foreign, Media, Opaque, Text
from cliproxy.dialects.anthropic_messages.media import note_of
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.anthropic_messages.traces import declared_search, search_blocks
from cliproxy.dialects.base import ReplyContext
from cliproxy.wire.body import UNREADABLE

LONGEST_ID = 200
_NOT_IN_ID = re.compile(r"[^a-zA-Z0-9_]")
_PREFIX = "srvtoolu_"

_decode_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode

Block = dict[str, object]


class WholeBlocks:
    """Writes such parts of one reply, and notes what of it was lost."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._search = declared_search(context)

    def of(self, part: Media | Foreign, place: int) -> list[Block]:
        """Return the blocks that say a part; none where it has no place."""
        if isinstance(part, Media):
            self._context.losses.add(f"reply: {part.kind.value}")
            return [{"type": "text", "text": note_of(part)}]
        if part.dialect == NAME:
            try:
                return [dict(_decode_fields(part.body))]
            except UNREADABLE:
                return []
        if part.search is not None and self._search:
            id_ = fitted(part.search.id or f"{self._context.id}_{place}", _NOT_IN_ID, LONGEST_ID)
            made = id_ if id_.startswith(_PREFIX) else _PREFIX + id_
            return search_blocks(part.search, self._search, made)
        if not part.instead:
            self._context.losses.add(f"reply: {part.kind}")
        blocks: list[Block] = []
        for other in part.instead:
            blocks += [{"type": "text", "text": other.text}] if isinstance(other, Text) else self.of(other, place)
        return blocks


def proof_block(proof: Opaque) -> Block:
    """Return the thinking without words on which a proof travels."""
    return {"type": "thinking", "thinking": "", "signature": written(proof, NAME)}


def in_steps(block: Block) -> tuple[Block, Block | None]:
    """Return a whole block as a stream tells it: how it opens, and the delta that brings what is not told at once."""
    match _text(block.get("type")):
        case "text":
            return block | {"text": ""}, {"type": "text_delta", "text": block.get("text", "")}
        case "thinking":
            delta = {"type": "signature_delta", "signature": block["signature"]}
            return block | {"signature": ""}, delta
        case "server_tool_use" | "mcp_tool_use" if "input" in block:
            value = block["input"]
            words = bytes(value) if isinstance(value, Raw) else msgspec.json.encode(value)
            return block | {"input": {}}, {"type": "input_json_delta", "partial_json": words.decode()}
        case "compaction" if "content" in block:
            return block | {"content": None}, {"type": "compaction_delta", "content": block["content"]}
        case _:
            return block, None


def _text(value: object) -> str:
    if not isinstance(value, Raw):
        return str(value)
    try:
        return _decode_text(value)
    except UNREADABLE:
        return ""
