"""
What candidates say, part by part -> stream events.

Pieces of one kind are one part, until a signature closes it. A signature without words belongs to the part before it;
where there is none, it stands on its own.

Source: `reference` sheets `dialects/gemini` sections 4 and 8, `translation` section 11 (read 2026-11-21).
"""

from __future__ import annotations

import bisect

from msgspec import Raw, structs

from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    StreamEvent,
    TextCitation,
    TextDelta,
    TextLogprobs,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
)
from cliproxy.conversation.reply import Finish
from cliproxy.conversation.request import Foreign, Media, Opaque, Search
from cliproxy.conversation.words import Citation
from cliproxy.dialects.base import given
from cliproxy.dialects.gemini import reply_schema, schema
from cliproxy.dialects.gemini.finish import finish_of
from cliproxy.dialects.gemini.foreign import foreign_part
from cliproxy.dialects.gemini.grounding import cited, grounded
from cliproxy.dialects.gemini.logprobs import logprobs_of
from cliproxy.dialects.gemini.messages import call_arguments, decode_part, signature, thought
from cliproxy.dialects.gemini.partial_call import PartialCall
from cliproxy.dialects.gemini.schema import NAME

MOST_CANDIDATES = 1024

_ON_CANDIDATES = ("groundingMetadata", "citationMetadata", "urlContextMetadata")


class Candidates:
    """All candidates of one reply. Their parts are numbered together."""

    def __init__(self, *, keep_open: bool) -> None:
        """`keep_open`: text parts end with their candidate, so that citations find them."""
        self._keep_open = keep_open
        self._candidates: dict[int, _Candidate] = {}
        self._counter = _Counter()

    def feed(self, place: int, said: reply_schema.Candidate) -> list[StreamEvent]:
        """Return what an object tells of one candidate, by its index or else its place."""
        number = said.index if said.index is not None else place
        if not 0 <= number < MOST_CANDIDATES:
            return []
        candidate = self._candidates.get(number)
        if candidate is None:
            candidate = self._candidates[number] = _Candidate(number, self._counter, keep_open=self._keep_open)
        return candidate.feed(said)

    @property
    def finished(self) -> bool:
        """Whether any candidate has told why it ended."""
        return any(candidate.finish is not None for candidate in self._candidates.values())

    def end(self) -> tuple[list[StreamEvent], Finish]:
        """Return the ends of all parts and of all candidates but the first, and why the first ended."""
        events: list[StreamEvent] = []
        for candidate in self._candidates.values():
            events.extend(candidate.end())
        first = self._candidates.get(0)
        for number, candidate in sorted(self._candidates.items()):
            if number:
                events.append(CandidateEnd(number, _finish(candidate)))
        return events, _finish(first)


def _finish(candidate: _Candidate | None) -> Finish:
    return finish_of(None, called=False) if candidate is None else finish_of(candidate.finish, called=candidate.called)


class _Counter:
    """Numbers the parts of all candidates, in the order they open."""

    def __init__(self) -> None:
        self._next = 0

    def next(self) -> int:
        self._next += 1
        return self._next - 1


class _Candidate:
    def __init__(self, number: int, counter: _Counter, *, keep_open: bool) -> None:
        self.finish: str | int | None = None
        self.called = False
        self._number = number
        self._next = counter.next
        self._keep_open = keep_open
        self._part = -1  # the open one, or -1
        self._is_thought = False
        self._has_words = self._is_proven = False
        self._partial: PartialCall | None = None
        self._said: list[str] = []
        self._length = 0  # of what was said, in characters
        self._texts: list[tuple[int, int]] = []  # text parts that are open, and where each begins
        self._metadata: dict[str, Raw] = {}  # what hangs on the candidate, the last of each kind

    def feed(self, said: reply_schema.Candidate) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if said.content is not None:
            for part in said.content.parts or ():
                self._take(part, events)
        if said.finish_reason:
            self.finish = said.finish_reason
        if given(said.logprobs_result):
            logprobs = logprobs_of(said.logprobs_result)
            if logprobs and self._texts:
                events.append(TextLogprobs(self._texts[-1][0], logprobs))
        for kind, raw in (
            ("groundingMetadata", said.grounding_metadata),
            ("citationMetadata", said.citation_metadata),
            ("urlContextMetadata", said.url_context_metadata),
        ):
            if given(raw) and bytes(raw) != b"{}":
                self._metadata[kind] = raw.copy()
        return events

    def end(self) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        self._end_partial(events)
        self._tell_metadata(events)
        self._close(events)
        events.extend(PartEnd(index) for index, _ in self._texts)
        self._texts.clear()
        return events

    def _take(self, part: schema.Part, events: list[StreamEvent]) -> None:
        if part.function_call is not None:
            self._call(part.function_call, part.thought_signature, events)
            return
        words, value = part.text, part.thought_signature
        if words is None:
            whole = foreign_part(part) if part.inline_data is None and part.file_data is None else decode_part(part)
            if whole is not None:
                self._whole(whole, events)
                return
        if part.thought:
            self._think(words or "", value, events)
        else:
            self._say(words or "", value, events)

    def _say(self, words: str, value: str | None, events: list[StreamEvent]) -> None:
        proof = signature(value, "text")
        if not words:
            if proof is not None:
                self._prove(proof, events)
            return
        if self._part < 0 or self._is_thought or self._is_proven:
            self._open(TextStart(self._next(), candidate=self._number), events)
            self._texts.append((self._part, self._length))
        self._said.append(words)
        self._length += len(words)
        self._has_words = True
        events.append(TextDelta(self._part, words))
        if proof is not None:
            self._prove(proof, events)

    def _think(self, words: str, value: str | None, events: list[StreamEvent]) -> None:
        said = thought(words, value)
        if said.redacted:
            self._alone(said.proof, events, redacted=True)
            return
        goes_on = self._part >= 0 and self._is_thought and not (self._is_proven and (self._has_words or said.proof))
        if not goes_on and (words or said.proof is not None):
            self._open(ReasoningStart(self._next(), candidate=self._number), events)
        if words:
            self._has_words = True
            events.append(ReasoningDelta(self._part, words))
        if said.proof is not None:
            self._is_proven = True
            events.append(PartProof(self._part, said.proof))

    def _prove(self, proof: Opaque, events: list[StreamEvent]) -> None:
        """Put a signature on the open part; where none is open, or it has one, it stands on its own."""
        if self._part < 0 or self._is_proven:
            self._alone(proof, events)
            return
        self._is_proven = True
        events.append(PartProof(self._part, proof))

    def _alone(self, proof: Opaque | None, events: list[StreamEvent], *, redacted: bool = False) -> None:
        self._open(ReasoningStart(self._next(), redacted, self._number), events)
        if proof is not None:
            events.append(PartProof(self._part, proof))
        self._close(events)

    def _call(self, call: schema.FunctionCall, value: str | None, events: list[StreamEvent]) -> None:
        if not call.name:
            if self._partial is not None:
                self._partial.feed(call)
                if not call.will_continue:
                    self._end_partial(events)
            return
        self._end_partial(events)
        self._pause(events)
        self.called = True
        index = self._next()
        proof = signature(value, "call")
        id_ = call.id or call.call_id or ""
        events.append(ToolCallStart(index, id_, call.name, proof=proof, candidate=self._number))
        if call.will_continue or call.partial_args:
            self._partial = PartialCall(index)
            self._partial.feed(call)
            if not call.will_continue:
                self._end_partial(events)
            return
        events.append(ToolCallDelta(index, call_arguments(call.args)))
        events.append(PartEnd(index))

    def _end_partial(self, events: list[StreamEvent]) -> None:
        partial, self._partial = self._partial, None
        if partial is not None:
            events.append(ToolCallDelta(partial.index, partial.arguments()))
            events.append(PartEnd(partial.index))

    def _whole(self, part: object, events: list[StreamEvent]) -> None:
        self._close(events)
        if isinstance(part, Media):
            events.append(MediaPart(self._next(), part, self._number))
        elif isinstance(part, Foreign):
            events.append(ForeignPart(self._next(), part, self._number))

    def _tell_metadata(self, events: list[StreamEvent]) -> None:
        """Tell what hangs on the whole candidate, while its last words are open for citations."""
        text = "".join(self._said) if self._metadata else ""
        for kind in (name for name in _ON_CANDIDATES if name in self._metadata):
            raw = self._metadata[kind]
            search: Search | None = None
            if kind == "groundingMetadata":
                citations, search = grounded(raw, text)
                self._hang(citations, events)
            elif kind == "citationMetadata":
                self._hang(cited(raw, text), events)
            events.append(ForeignPart(self._next(), Foreign(NAME, kind, raw, search=search), self._number))

    def _hang(self, citations: list[Citation], events: list[StreamEvent]) -> None:
        """Hang citations on the text parts that they speak of, as far as those are still open."""
        begins = [begin for _, begin in self._texts]
        for citation in dict.fromkeys(citations) if begins else ():
            if citation.start < 0:
                events.append(TextCitation(self._texts[-1][0], citation))
                continue
            place = bisect.bisect_right(begins, citation.start) - 1
            if place >= 0:
                index, begin = self._texts[place]
                placed = structs.replace(citation, start=citation.start - begin, end=citation.end - begin)
                events.append(TextCitation(index, placed))

    def _open(self, start: TextStart | ReasoningStart, events: list[StreamEvent]) -> None:
        self._close(events)
        self._part = start.index
        self._is_thought = isinstance(start, ReasoningStart)
        self._has_words = self._is_proven = False
        events.append(start)

    def _pause(self, events: list[StreamEvent]) -> None:
        """Let a call follow. A text before it says no more, but may still be cited at the end."""
        if self._part >= 0 and self._is_thought:
            events.append(PartEnd(self._part))
        self._part = -1

    def _close(self, events: list[StreamEvent]) -> None:
        self._pause(events)
        if not self._keep_open:
            events.extend(PartEnd(index) for index, _ in self._texts)
            self._texts.clear()
