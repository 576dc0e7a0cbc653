"""
A message of a Responses stream while it is written -> text parts.

Words come as deltas, and again when they are done, and again with the item; any of the three may be missing. What
was not said before is taken from the first that says it.

Source: `reference` sheets `openai-responses` section 6, `codex` traps, `translation` section 12.1 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Raw

from cliproxy.conversation.events import PartEnd, StreamEvent, TextCitation, TextDelta, TextLogprobs, TextStart
from cliproxy.conversation.request import Text
from cliproxy.dialects.openai_responses import reply_schema, schema
from cliproxy.dialects.openai_responses.parts import citation_of, logprobs_of, readable_texts

Events = Iterator[StreamEvent]


class Numbers:
    """Numbers parts in the order they open."""

    def __init__(self) -> None:
        self._next = 0

    def take(self) -> int:
        """Return the next."""
        self._next += 1
        return self._next - 1


def unsaid(said: list[str], whole: str) -> str:
    """Return what the whole says beyond its deltas: all, or the rest of it, or nothing where it says otherwise."""
    before = "".join(said)
    return whole[len(before) :] if whole.startswith(before) else ""


class _Words:
    """One part of a message."""

    __slots__ = ("cited", "ended", "index", "sure", "words")

    def __init__(self, index: int) -> None:
        self.index = index
        self.words: list[str] = []
        self.cited = self.sure = self.ended = False


class OpenMessage:
    """A message; each of its parts is a text."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._parts: dict[int, _Words] = {}

    def more(self, event: reply_schema.Event) -> list[StreamEvent]:
        """Return what a delta says that adds plain words to an open part; of any other, nothing."""
        part = self._parts.get(event.content_index or 0)
        if part is None or part.ended or not event.delta or len(bytes(event.logprobs)) > len(b"[]"):
            return []
        part.words.append(event.delta)
        return [TextDelta(part.index, event.delta)]

    def feed(self, event: reply_schema.Event) -> Events:
        """Give out what an event about this item says."""
        place = event.content_index or 0
        match event.type:
            case "response.output_text.delta" | "response.refusal.delta" if event.delta:
                yield from self._write(place, event.delta, refusal=event.type == "response.refusal.delta")
                yield from self._weigh(place, event.logprobs)
            case "response.output_text.done" | "response.refusal.done":
                words = event.refusal if event.type == "response.refusal.done" else event.text
                yield from self._complete(place, words or "", refusal=event.type == "response.refusal.done")
                yield from self._weigh(place, event.logprobs, again=True)
            case "response.output_text.annotation.added":
                yield from self._cite(place, event.annotation)
            case "response.content_part.done":
                yield from self._part(place, event.part)
                yield from self._end(place)
            case _:
                return

    def done(self, item: schema.Item, raw: Raw) -> Events:
        """Give out what the whole item says beyond what was said, and end it."""
        del raw
        texts = [(place, text) for place, text in readable_texts(item.content) if text.text]
        if len(texts) == len(self._parts):  # some hosts count parts from elsewhere while they stream
            texts = [(place, text) for place, (_, text) in zip(sorted(self._parts), texts, strict=True)]
        for place, text in texts:
            yield from self._text(place, text)
        yield from self.close()

    def close(self) -> Events:
        """End what is open."""
        for place in self._parts:
            yield from self._end(place)

    def _part(self, place: int, raw: Raw) -> Events:
        for _, text in readable_texts(raw):
            yield from self._text(place, text)

    def _text(self, place: int, text: Text) -> Events:
        words = self._parts.get(place)
        if words is not None and words.ended:
            return
        yield from self._complete(place, text.text, refusal=text.refusal)
        words = self._parts.get(place)
        if words is None:
            return
        if text.logprobs and not words.sure:
            words.sure = True
            yield TextLogprobs(words.index, text.logprobs)
        if not words.cited:
            for citation in text.citations:
                words.cited = True
                yield TextCitation(words.index, citation)

    def _open(self, place: int, *, refusal: bool) -> Events:
        if place not in self._parts:
            index = self._numbers.take()
            self._parts[place] = _Words(index)
            yield TextStart(index, refusal)

    def _write(self, place: int, words: str, *, refusal: bool) -> Events:
        yield from self._open(place, refusal=refusal)
        part = self._parts[place]
        if not part.ended:
            part.words.append(words)
            yield TextDelta(part.index, words)

    def _complete(self, place: int, words: str, *, refusal: bool) -> Events:
        part = self._parts.get(place)
        words = unsaid(part.words, words) if part is not None else words
        if words:
            yield from self._write(place, words, refusal=refusal)

    def _weigh(self, place: int, raw: Raw, *, again: bool = False) -> Events:
        if len(bytes(raw)) <= len(b"[]"):
            return
        part = self._parts.get(place)
        if part is None or part.ended or (again and part.sure):
            return
        logprobs = logprobs_of(raw)
        if logprobs:
            part.sure = True
            yield TextLogprobs(part.index, logprobs)

    def _cite(self, place: int, raw: Raw) -> Events:
        citation = citation_of(raw)
        if citation is None:
            return
        yield from self._open(place, refusal=False)
        part = self._parts[place]
        if not part.ended:
            part.cited = True
            yield TextCitation(part.index, citation)

    def _end(self, place: int) -> Events:
        part = self._parts.get(place)
        if part is not None and not part.ended:
            part.ended = True
            yield PartEnd(part.index)
