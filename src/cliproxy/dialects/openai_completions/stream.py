"""
Legacy Completions streams -> stream events.

Each frame is a chunk: what comes next in one choice or more. `[DONE]` ends the stream; some speakers leave it out.

Source: `reference` sheets `openai-completions`, `translation` section 12.1 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.events import (
    CandidateEnd,
    PartEnd,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextLogprobs,
    TextStart,
    UsageUpdate,
)
from cliproxy.dialects.base import Sighting, given
from cliproxy.dialects.openai_completions import schema
from cliproxy.dialects.openai_completions.logprobs import logprobs_of
from cliproxy.dialects.openai_completions.reply import finish_of, usage_of
from cliproxy.dialects.openai_family import read_error
from cliproxy.wire.body import read_leniently
from cliproxy.wire.frames import Frame

_DONE = b"[DONE]"

_decode_chunk = msgspec.json.Decoder(schema.Chunk).decode


def sight(frame: Frame) -> Sighting | None:
    """Return what a chunk, or a whole reply, tells without being translated."""
    if frame.data == _DONE:
        return Sighting(end=True)
    chunk = _read(frame.data)
    if chunk is None:
        return None
    if _is_error(chunk) or frame.event == "error":
        return Sighting(error=read_error(chunk.error if given(chunk.error) else frame.data))
    choices = chunk.choices or ()
    end = any(choice.finish_reason is not None for choice in choices)
    content = end or any(choice.text for choice in choices)
    return Sighting(content, end, usage_of(chunk.usage) if chunk.usage else None)


def _read(data: bytes) -> schema.Chunk | None:
    return read_leniently(_decode_chunk, data)


def _is_error(chunk: schema.Chunk) -> bool:
    return given(chunk.error) and bytes(chunk.error) not in (b"{}", b'""', b"false")


class _Choice:
    """Where one choice is."""

    def __init__(self, candidate: int) -> None:
        self.candidate = candidate
        self.part: int | None = None
        self.reason: str | None = None


class StreamDecoder:
    """Chunks in, stream events out."""

    def __init__(self) -> None:
        self._started = False
        self._parts = 0
        self._choices: dict[int, _Choice] = {}  # by index; the first to speak is the first candidate
        self._over = False

    def feed(self, frame: Frame) -> list[StreamEvent]:
        """Return what the frame says."""
        if self._over:
            return []
        if frame.data == _DONE:
            return self._end() if self._started else []
        chunk = _read(frame.data)
        if chunk is None:
            return []
        if (chunk.error and _is_error(chunk)) or frame.event == "error":
            self._over = True
            return [read_error(chunk.error if given(chunk.error) else frame.data)]
        return self._chunk(chunk)

    def feed_whole(self, body: bytes) -> list[StreamEvent]:
        """Return what a whole reply says."""
        reply = _read(body)
        if reply is None:
            return [ReplyError("the upstream's reply is not a completion")]
        if _is_error(reply):
            return [read_error(reply.error)]
        if not reply.choices:
            return [ReplyError("the upstream's reply has no choices")]
        for place, choice in enumerate(reply.choices):
            choice.index = place
        return [*self._chunk(reply), *self._end()]

    def close(self) -> list[StreamEvent]:
        """End open parts and the reply."""
        if self._over:
            return []
        if not self._started:
            return [ReplyError("the upstream ended its stream without a reply")]
        if all(choice.reason is None for choice in self._choices.values()):
            return [ReplyError("the upstream's stream broke off")]
        return self._end()

    def _chunk(self, chunk: schema.Chunk) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if not self._started:
            if not chunk.choices and not chunk.id:
                return []
            self._started = True
            events.append(ReplyStart(chunk.id or "", chunk.model or ""))
        for said in chunk.choices or ():
            self._choice(said, events)
        if chunk.usage is not None:
            events.append(UsageUpdate(usage_of(chunk.usage)))
        return events

    def _choice(self, said: schema.Choice, events: list[StreamEvent]) -> None:
        choice = self._choices.get(said.index or 0)
        if choice is None:
            choice = self._choices[said.index or 0] = _Choice(len(self._choices))
        if said.text:
            events.append(TextDelta(self._part(choice, events), said.text))
        logprobs = logprobs_of(said.logprobs) if said.logprobs else ()
        if logprobs:
            events.append(TextLogprobs(self._part(choice, events), logprobs))
        if said.finish_reason is not None:
            choice.reason = choice.reason or said.finish_reason

    def _part(self, choice: _Choice, events: list[StreamEvent]) -> int:
        if choice.part is None:
            choice.part = self._parts
            self._parts += 1
            events.append(TextStart(choice.part, candidate=choice.candidate))
        return choice.part

    def _end(self) -> list[StreamEvent]:
        self._over = True
        choices = list(self._choices.values()) or [_Choice(0)]
        events: list[StreamEvent] = [PartEnd(choice.part) for choice in choices if choice.part is not None]
        events.extend(CandidateEnd(choice.candidate, finish_of(choice.reason)) for choice in choices[1:])
        events.append(ReplyEnd(finish_of(choices[0].reason)))
        return events


def decode_reply(body: bytes) -> list[StreamEvent]:
    """Return a whole reply as the short stream it is. A body that is none gives a `ReplyError`."""
    return StreamDecoder().feed_whole(body)
