"""
Calls of one choice, fragment by fragment -> stream events.

Fragments are told apart by index, or by id where a speaker gives all calls the same index. A call waits until its name
and its id are known, or until it can have no more to say.

Source: `reference` sheet `openai-chat` section 6, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.arguments import is_whole
from cliproxy.conversation.events import PartEnd, StreamEvent, ToolCallDelta, ToolCallStart
from cliproxy.conversation.request import Opaque
from cliproxy.dialects.base import given, text_of
from cliproxy.dialects.openai_chat import reply_schema
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.wire.body import UNREADABLE

_decode_extra = msgspec.json.Decoder(reply_schema.ExtraContent).decode


class Counter:
    """Numbers the parts of all choices of a reply, in the order they open."""

    def __init__(self) -> None:
        self._next = 0

    def next(self) -> int:
        """Return the number of a part that opens now."""
        self._next += 1
        return self._next - 1


class _Call:
    """A call whose fragments are still coming."""

    __slots__ = ("arguments", "ended", "free_text", "id", "name", "part", "proof", "size", "tried")

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.name = ""
        self.arguments: list[str] = []
        self.free_text = False
        self.proof: Opaque | None = None
        self.part: int | None = None  # its number, once it has been opened
        self.ended = False
        self.size = 0  # characters of arguments
        self.tried = 0  # how many there were when they were last found not to be whole


class Calls:
    """Fragments in, the events of calls out."""

    def __init__(self, candidate: int, parts: Counter) -> None:
        self._candidate = candidate
        self._parts = parts
        self._calls: list[_Call] = []
        self._grown: list[_Call] = []  # those with arguments that have not been looked at
        self._last: dict[int | None, _Call] = {}  # by index; None: of all
        self._by_id: dict[tuple[int | None, str], _Call] = {}

    @property
    def any(self) -> bool:
        """Whether there has been a call."""
        return any(call.part is not None for call in self._calls)

    def feed(self, fragment: reply_schema.ToolCall, events: list[StreamEvent]) -> None:
        """Add what a fragment says."""
        name, said = _said(fragment)
        call = self._call_of(fragment, name, events)
        if call.ended:
            return
        if fragment.custom is not None:
            call.free_text = True
        if name and not call.name:
            call.name = name
        if fragment.extra_content and call.proof is None:
            value = signature_of(fragment.extra_content)
            call.proof = Opaque(NAME, value, "call") if value else None
        if said:
            call.arguments.append(said)
            call.size += len(said)
            self._grown.append(call)
        if call.part is None:
            if call.name and call.id:
                self._open(call, events)
        elif said:
            events.append(ToolCallDelta(call.part, said))

    def end_whole(self, events: list[StreamEvent]) -> None:
        """End the calls that can have no more to say, so that what follows need not wait for the end."""
        grown, self._grown = self._grown, []
        for call in grown:
            if call.ended or call.free_text or not call.name or call.size < 2 * call.tried:
                continue  # looked at again when it has doubled: what it takes to look stays in proportion
            call.tried = call.size
            if is_whole("".join(call.arguments)):
                self._end(call, events)

    def end(self, events: list[StreamEvent]) -> None:
        """End all of them, under a made-up name where there was none."""
        for place, call in enumerate(self._calls):
            if call.name or call.arguments:
                call.name = call.name or f"tool_{place}"
                self._end(call, events)

    def _call_of(self, fragment: reply_schema.ToolCall, name: str, events: list[StreamEvent]) -> _Call:
        """Return the call a fragment belongs to: by index, and where all share one index, by id."""
        index, id_ = fragment.index, fragment.id or ""
        last = self._last.get(index)
        if id_:
            known = self._by_id.get((index, id_))
            if known is not None:
                return known
            if last is not None and not last.id and not last.ended and not _is_another(name, last):
                return self._known(last, index, id_)
        elif last is not None and not (index is None and name):
            return last
        self.end_whole(events)
        call = _Call(id_)
        index = len(self._calls) if index is None else index
        self._calls.append(call)
        return self._known(call, index, id_)

    def _known(self, call: _Call, index: int | None, id_: str) -> _Call:
        """Keep a call where the next fragment of it will be looked for."""
        call.id = id_
        for place in (index, None):
            self._last[place] = call
            if id_:
                self._by_id[place, id_] = call
        return call

    def _open(self, call: _Call, events: list[StreamEvent]) -> None:
        call.part = self._parts.next()
        events.append(ToolCallStart(call.part, call.id, call.name, call.free_text, call.proof, self._candidate))
        if call.arguments:
            events.append(ToolCallDelta(call.part, "".join(call.arguments)))

    def _end(self, call: _Call, events: list[StreamEvent]) -> None:
        if call.ended:
            return
        if call.part is None:
            self._open(call, events)
        assert call.part is not None
        call.ended = True
        events.append(PartEnd(call.part))


def _is_another(name: str, call: _Call) -> bool:
    """Tell whether a fragment with an id begins a call of its own, and does not tell the id of this one late."""
    return bool(name and call.name) and (name != call.name or is_whole("".join(call.arguments)))


def _said(fragment: reply_schema.ToolCall) -> tuple[str, str]:
    """Return the name and the words of a fragment."""
    if fragment.custom is not None:
        return fragment.custom.name or "", fragment.custom.input or ""
    if fragment.function is not None:
        return fragment.function.name or "", text_of(fragment.function.arguments)
    return "", ""


def signature_of(content: Raw) -> str:
    """Return the proof that Google hangs on a call or a text."""
    try:
        extra = _decode_extra(content) if given(content) else None
    except UNREADABLE:
        return ""
    return (extra.google.thought_signature if extra and extra.google else None) or ""
