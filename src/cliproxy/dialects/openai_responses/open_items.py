"""
Items of a Responses stream while they are written -> the parts they are.

Source: `reference` sheets `openai-responses` section 6, `codex` traps, `translation` section 12.1 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.events import (
    ForeignPart,
    MediaPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    ToolCallDelta,
    ToolCallStart,
)
from cliproxy.conversation.proof import read as read_proof
from cliproxy.conversation.request import Media
from cliproxy.dialects.base import text_of
from cliproxy.dialects.openai_responses import reply_schema, schema
from cliproxy.dialects.openai_responses.items import CALLS, call_of, other_part, thought_of
from cliproxy.dialects.openai_responses.open_message import Events, Numbers, OpenMessage, unsaid
from cliproxy.dialects.openai_responses.parts import NAME
from cliproxy.wire.body import UNREADABLE

_decode_part = msgspec.json.Decoder(schema.Part).decode


class OpenThought:
    """A reasoning item: one part, whatever it is cut into, with one proof at its end."""

    def __init__(self, item: schema.Item, numbers: Numbers) -> None:
        self._numbers = numbers
        self._index: int | None = None
        self._early_proof = item.encrypted_content  # an earlier state of it
        self._place: tuple[str, int] | None = None  # the piece that was written last
        self._piece = 0  # the one that was announced last
        self._is_over = False

    def feed(self, event: reply_schema.Event) -> Events:
        """Give out what an event about this item says."""
        match event.type:
            case "response.reasoning_summary_text.delta":
                yield from self._write(self._in_summary(event), event.delta or "")
            case "response.reasoning_text.delta":
                yield from self._write(self._in_content(event), event.delta or "")
            case "response.reasoning_summary_text.done":
                yield from self._complete(self._in_summary(event), event.text or "")
            case "response.reasoning_text.done":
                yield from self._complete(self._in_content(event), event.text or "")
            case "response.reasoning_summary_part.done":
                yield from self._complete(self._in_summary(event), _words_of(event.part))
            case "response.reasoning_part.done":
                yield from self._complete(self._in_content(event), _words_of(event.part))
            case "response.reasoning_summary_part.added" if event.summary_index is None and self._place is not None:
                self._piece += 1
            case _:
                return

    def _in_summary(self, event: reply_schema.Event) -> tuple[str, int]:
        return "summary", self._piece if event.summary_index is None else event.summary_index

    def _in_content(self, event: reply_schema.Event) -> tuple[str, int]:
        return "content", event.content_index or 0

    def done(self, item: schema.Item, raw: Raw) -> Events:
        """Give out what the whole item says beyond what was said, its proof, and its end."""
        del raw
        if self._is_over:
            return
        thought = thought_of(item)
        if self._index is None and thought.text:
            yield from self._write(("summary", 0), thought.text)
        proof = thought.proof or (read_proof(self._early_proof, NAME) if self._early_proof else None)
        if proof is not None:
            if self._index is None:
                self._index = self._numbers.take()
                yield ReasoningStart(self._index, thought.redacted)
            yield PartProof(self._index, proof)
        self._early_proof = None
        yield from self._end()

    def close(self) -> Events:
        """End it as far as it came."""
        if not self._is_over and self._early_proof:
            yield from self.done(schema.Item("reasoning"), Raw())
        yield from self._end()

    def _write(self, place: tuple[str, int], words: str) -> Events:
        if not words or self._is_over:
            return
        if self._place is not None and place[0] != self._place[0]:
            return  # the summary of what was shown in full, or the other way round
        if self._index is None:
            self._index = self._numbers.take()
            yield ReasoningStart(self._index)
        if self._place is not None and place != self._place:
            words = "\n\n" + words
        self._place = place
        yield ReasoningDelta(self._index, words)

    def _complete(self, place: tuple[str, int], words: str) -> Events:
        if self._place is None or (place[0] == self._place[0] and place > self._place):
            yield from self._write(place, words)

    def _end(self) -> Events:
        if self._index is not None and not self._is_over:
            yield PartEnd(self._index)
        self._is_over = True


def _words_of(raw: Raw) -> str:
    try:
        return text_of(_decode_part(raw).text)
    except UNREADABLE:
        return ""


class OpenCall:
    """A call, of a function or of a tool that takes words. It is given out once its name is known."""

    def __init__(self, item: schema.Item, numbers: Numbers) -> None:
        self._numbers = numbers
        self._item = item
        self._index: int | None = None
        self._words: list[str] = []
        self._is_over = False

    def begin(self) -> Events:
        """Give out its start, where its name is known."""
        if self._index is None and self._item.name:
            call = call_of(self._item, {})
            self._index = self._numbers.take()
            yield ToolCallStart(self._index, call.id, call.name, call.free_text)
            for words in self._words:  # said before the name was known
                yield ToolCallDelta(self._index, words)

    def feed(self, event: reply_schema.Event) -> Events:
        """Give out what an event about this item says."""
        match event.type:
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                yield from self._write(event.delta or "")
            case "response.function_call_arguments.done":
                yield from self._complete(text_of(event.arguments))
            case "response.custom_tool_call_input.done":
                yield from self._complete(text_of(event.input))
            case _:
                return

    def done(self, item: schema.Item, raw: Raw) -> Events:
        """Give out what the whole item says beyond what was said, and end it."""
        del raw
        if self._is_over:
            return
        first = self._item
        self._item = msgspec.structs.replace(
            item,
            type=first.type or item.type,
            name=item.name or first.name,
            namespace=item.namespace or first.namespace,
            call_id=first.call_id or item.call_id,
            id=first.id or item.id,
        )
        yield from self.begin()
        yield from self._complete(call_of(self._item, {}).arguments)
        yield from self.close()

    def close(self) -> Events:
        """End it as far as it came."""
        if self._index is not None and not self._is_over:
            yield from self._complete(call_of(self._item, {}).arguments)
            yield PartEnd(self._index)
        self._is_over = True

    def _write(self, words: str) -> Events:
        if not words or self._is_over:
            return
        self._words.append(words)
        if self._index is not None:
            yield ToolCallDelta(self._index, words)

    def _complete(self, words: str) -> Events:
        yield from self._write(unsaid(self._words, words))


class OpenOther:
    """An item that says nothing before it is whole."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._is_over = False

    def feed(self, event: reply_schema.Event) -> Events:
        """What a tool reports of its work is in the item, too."""
        del event
        yield from ()

    def done(self, item: schema.Item, raw: Raw) -> Events:
        """Give out the item."""
        if self._is_over:
            return
        self._is_over = True
        part = other_part(item.type or "", raw)
        index = self._numbers.take()
        yield MediaPart(index, part) if isinstance(part, Media) else ForeignPart(index, part)

    def close(self) -> Events:
        """Nothing is known of it."""
        self._is_over = True
        yield from ()


SPOKEN = ("message", "reasoning", *CALLS)  # types of items whose words are streamed
OpenItem = OpenMessage | OpenThought | OpenCall | OpenOther


def opened(item: schema.Item, numbers: Numbers) -> OpenItem:
    """Return what takes in the events of an item that begins like this."""
    match item.type or "message":
        case "message":
            return OpenMessage(numbers)
        case "reasoning":
            return OpenThought(item, numbers)
        case kind if kind in CALLS:
            return OpenCall(item, numbers)
        case _:
            return OpenOther(numbers)
