"""
Chat Completions streams -> stream events.

Each frame is a chunk: what is new in one choice or more. `[DONE]` ends the stream; some speakers leave it out.

Source: `reference` sheets `openai-chat` section 6, `translation` section 12.1, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.events import CandidateEnd, ReplyEnd, ReplyError, ReplyStart, StreamEvent, UsageUpdate
from cliproxy.dialects.base import ABSENT, Sighting, given, text_of
from cliproxy.dialects.openai_chat import reply_schema
from cliproxy.dialects.openai_chat.annotations import pages
from cliproxy.dialects.openai_chat.calls import Counter
from cliproxy.dialects.openai_chat.choice import ChoiceDecoder
from cliproxy.dialects.openai_chat.errors import read_error
from cliproxy.dialects.openai_chat.reply import usage_of
from cliproxy.wire.body import read_leniently
from cliproxy.wire.frames import Frame

_DONE = b"[DONE]"

_decode_chunk = msgspec.json.Decoder(reply_schema.Chunk).decode


def sight(frame: Frame) -> Sighting | None:
    """Return what a chunk, or a whole reply, tells without being translated."""
    if frame.data == _DONE:
        return Sighting(end=True)
    chunk = _read(frame.data)
    if chunk is None:
        return None
    if _is_error(chunk) or frame.event == "error":
        return Sighting(error=read_error(chunk.error if given(chunk.error) else frame.data))
    content = end = False
    usage = chunk.usage
    for choice in chunk.choices or ():
        is_whole = (
            choice.message is not None and choice.delta is None
        )  # some tell in each chunk all that was said so far
        end = end or choice.finish_reason is not None or is_whole
        content = content or choice.message is not None or (choice.delta is not None and _has_content(choice.delta))
        usage = usage or choice.usage
    return Sighting(content or end, end, usage_of(usage) if usage else None)


def _read(data: bytes) -> reply_schema.Chunk | None:
    return read_leniently(_decode_chunk, data)


def _is_error(chunk: reply_schema.Chunk) -> bool:
    return given(chunk.error) and bytes(chunk.error) not in (b"{}", b'""', b"false")


def _has_content(delta: reply_schema.Delta) -> bool:
    return bool(
        delta.content
        or delta.refusal
        or delta.tool_calls
        or delta.function_call
        or delta.reasoning_details
        or text_of(delta.reasoning_content)
        or text_of(delta.reasoning)
        or given(delta.audio)
        or given(delta.images)
    )


class StreamDecoder:
    """Chunks in, stream events out."""

    def __init__(self) -> None:
        self._started = False
        self._parts = Counter()
        self._choices: dict[int, ChoiceDecoder] = {}  # by index; the first to speak is the first candidate
        self._over = False
        self._citations = self._results = ABSENT  # pages that were found, as told last; some tell with every chunk

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
            return [ReplyError("the upstream's reply is not a chat completion")]
        if _is_error(reply):
            return [read_error(reply.error)]
        if not reply.choices:
            return [ReplyError("the upstream's reply has no choices")]
        for place, choice in enumerate(reply.choices):
            choice.index = place
            if choice.message is not None:
                choice.delta = None  # Perplexity writes both, this one without words
        return [*self._chunk(reply), *self._end()]

    def close(self) -> list[StreamEvent]:
        """End open parts and the reply."""
        if self._over:
            return []
        if not self._started:
            return [ReplyError("the upstream ended its stream without a reply")]
        if not any(choice.finished for choice in self._choices.values()):
            return [ReplyError("the upstream's stream broke off")]
        return self._end()

    def _end(self) -> list[StreamEvent]:
        self._over = True
        events: list[StreamEvent] = []
        choices = list(self._choices.values()) or [ChoiceDecoder(0, self._parts)]
        choices[0].hang(pages(self._citations, self._results), events)
        for choice in choices:
            choice.end(events)
        events.extend(CandidateEnd(choice.candidate, choice.finish) for choice in choices[1:])
        events.append(ReplyEnd(choices[0].finish))
        return events

    def _chunk(self, chunk: reply_schema.Chunk) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if not self._started:
            if not chunk.choices and not chunk.id:
                return []  # Azure opens with what its filter thinks of the prompt
            self._started = True
            events.append(ReplyStart(chunk.id or "", chunk.model or "", text_of(chunk.service_tier)))
        if chunk.citations is not ABSENT or chunk.search_results is not ABSENT:
            self._citations = _longer(chunk.citations, self._citations)
            self._results = _longer(chunk.search_results, self._results)
        usage = chunk.usage
        for said in chunk.choices or ():
            index = said.index or 0
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = ChoiceDecoder(len(self._choices), self._parts)
            choice.feed(said, events)
            usage = usage or said.usage
        if usage is not None:
            events.append(UsageUpdate(usage_of(usage)))
        return events


def _longer(now: Raw, before: Raw) -> Raw:
    """Return what a chunk says of pages, unless an earlier one said more of them."""
    return now if len(memoryview(now)) >= len(memoryview(before)) else before


def decode_reply(body: bytes) -> list[StreamEvent]:
    """Return a whole reply as the short stream it is. A body that is none gives a `ReplyError`."""
    return StreamDecoder().feed_whole(body)
