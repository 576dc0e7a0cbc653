"""
The items of a reply while they are written: each is added, filled, and done, in events that are numbered throughout.

Source: `reference` sheets `openai-responses` section 6, `real clients` section 2 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import Losses
from cliproxy.dialects.openai_responses.parts import NAME
from cliproxy.dialects.openai_responses.parts_encoder import Item, annotation_of, logprob_objects
from cliproxy.wire import sse

_encode = msgspec.json.Encoder().encode


class Pen:
    """Frames events and numbers them."""

    def __init__(self) -> None:
        self._number = -1

    def event(self, kind: str, fields: Item) -> bytes:
        """Return an event."""
        self._number += 1
        return sse.frame(_encode({"type": kind} | fields | {"sequence_number": self._number}), kind)

    def delta(self, head: bytes, words: str, tail: bytes) -> bytes:
        """Return an event of which only the words change; `head` and `tail` stand around them."""
        self._number += 1
        return b'%b%b%b,"sequence_number":%d}\n\n' % (head, _encode(words), tail, self._number)


def _head(kind: str, fields: Item) -> bytes:
    """Return an event up to its delta."""
    return b'event: %b\ndata: %b,"delta":' % (kind.encode(), _encode({"type": kind} | fields)[:-1])


class WrittenItem:
    """An item; its `body` is what it is so far."""

    def __init__(self, pen: Pen, place: int, body: Item) -> None:
        self._pen = pen
        self._at: Item = {"item_id": body["id"], "output_index": place}
        self._place = place
        self.body = body

    def begin(self) -> bytes:
        """Return the event that adds it."""
        return self._pen.event("response.output_item.added", {"output_index": self._place, "item": self.body})

    def close(self, *, cut: bool) -> list[bytes]:
        """Return the events that end it."""
        if "status" in self.body:
            self.body["status"] = "incomplete" if cut else "completed"
        return [self._pen.event("response.output_item.done", {"output_index": self._place, "item": self.body})]

    def step(self, kind: str) -> bytes:
        """Return an event that tells how far a tool is."""
        return self._pen.event(f"response.{self.body['type']}.{kind}", dict(self._at))


class WrittenMessage(WrittenItem):
    """A message. Its parts are written one after another."""

    def __init__(self, pen: Pen, place: int, id_: str, losses: Losses) -> None:
        self._content: list[Item] = []
        body: Item = {"id": id_, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
        super().__init__(pen, place, body)
        self._losses = losses
        self._words: list[str] = []
        self._annotations: list[object] = []
        self._unplaced: list[Citation] = []  # citations that do not say which words they are of
        self._logprobs: list[Item] = []
        self._refusal = False
        self._here: Item = {}
        self._start = b""
        self._rest = b""

    def begin_part(self, *, refusal: bool) -> bytes:
        """Return the event that opens a part."""
        self._words, self._annotations, self._unplaced, self._logprobs = [], [], [], []
        self._refusal = refusal
        self._here = self._at | {"content_index": len(self._content)}
        self._start = _head("response.refusal.delta" if refusal else "response.output_text.delta", self._here)
        self._rest = b"" if refusal else b',"logprobs":[]'
        return self._pen.event("response.content_part.added", self._here | {"part": self._part()})

    def write(self, words: str) -> bytes:
        """Return the event for more words."""
        self._words.append(words)
        return self._pen.delta(self._start, words, self._rest)

    def cite(self, citation: Citation) -> list[bytes]:
        """Return the event for a citation. One that does not say where waits until all words are there."""
        if not 0 <= citation.start <= citation.end and citation.dialect != NAME:
            self._unplaced.append(citation)
            return []
        return self._annotate(citation, 0)

    def weigh(self, logprobs: tuple[Logprob, ...]) -> list[bytes]:
        """Return an event for how likely the words before it were."""
        if self._refusal:
            self._losses.add("reply: logprobs")
            return []
        told = logprob_objects(logprobs)
        self._logprobs += told
        return [self._pen.event("response.output_text.delta", self._here | {"delta": "", "logprobs": told})]

    def end_part(self) -> list[bytes]:
        """Return the events that end the part."""
        length = sum(map(len, self._words))
        units = [unit for citation in self._unplaced for unit in self._annotate(citation, length)]
        part = self._part()
        if self._refusal:
            units.append(self._pen.event("response.refusal.done", self._here | {"refusal": part["refusal"]}))
        else:
            done = {"text": part["text"], "logprobs": self._logprobs}
            units.append(self._pen.event("response.output_text.done", self._here | done))
        units.append(self._pen.event("response.content_part.done", self._here | {"part": part}))
        self._content.append(part)
        return units

    def close(self, *, cut: bool) -> list[bytes]:
        """Return the events that end it."""
        self.body["content"] = self._content
        return super().close(cut=cut)

    def _annotate(self, citation: Citation, length: int) -> list[bytes]:
        annotation = annotation_of(citation, length)
        if annotation is None or self._refusal:
            self._losses.add("reply: citation")
            return []
        told = {"annotation_index": len(self._annotations), "annotation": annotation}
        self._annotations.append(annotation)
        return [self._pen.event("response.output_text.annotation.added", self._here | told)]

    def _part(self) -> Item:
        words = "".join(self._words)
        if self._refusal:
            return {"type": "refusal", "refusal": words}
        return {
            "type": "output_text",
            "text": words,
            "annotations": list(self._annotations),
            "logprobs": list(self._logprobs),
        }


class WrittenThought(WrittenItem):
    """Reasoning, as one part of a summary."""

    def __init__(self, pen: Pen, place: int, id_: str) -> None:
        super().__init__(pen, place, {"id": id_, "type": "reasoning", "summary": []})
        self._words: list[str] | None = None
        self._start = b""

    def write(self, words: str) -> list[bytes]:
        """Return the events for more words."""
        units = [] if self._words is not None else [self._begin_part()]
        assert self._words is not None
        self._words.append(words)
        return [*units, self._pen.delta(self._start, words, b"")]

    def prove(self, proof: str, *, wordless: bool) -> list[bytes]:
        """Take its proof; of thoughts that have no words, and are not redacted, the summary is an empty text."""
        self.body["encrypted_content"] = proof
        return [self._begin_part()] if wordless and self._words is None else []

    def close(self, *, cut: bool) -> list[bytes]:
        """Return the events that end it."""
        units = []
        if self._words is not None:
            here = self._at | {"summary_index": 0}
            part: Item = {"type": "summary_text", "text": "".join(self._words)}
            units.append(self._pen.event("response.reasoning_summary_text.done", here | {"text": part["text"]}))
            units.append(self._pen.event("response.reasoning_summary_part.done", here | {"part": part}))
            self.body["summary"] = [part]
        return [*units, *super().close(cut=cut)]

    def _begin_part(self) -> bytes:
        self._words = []
        here = self._at | {"summary_index": 0}
        self._start = _head("response.reasoning_summary_text.delta", here)
        part = {"type": "summary_text", "text": ""}
        return self._pen.event("response.reasoning_summary_part.added", here | {"part": part})


class WrittenCall(WrittenItem):
    """A call, of a function or of a tool that takes words."""

    def __init__(self, pen: Pen, place: int, body: Item) -> None:
        super().__init__(pen, place, body)
        self._field = "input" if body["type"] == "custom_tool_call" else "arguments"
        self._kind = f"response.{body['type']}_{self._field}"
        self._words: list[str] = []
        self._start = _head(f"{self._kind}.delta", self._at)

    @property
    def words(self) -> str:
        """All that was written."""
        return "".join(self._words)

    def write(self, words: str) -> list[bytes]:
        """Return the events for more of its arguments."""
        self._words.append(words)
        return [self._pen.delta(self._start, words, b"")]

    def close(self, *, cut: bool) -> list[bytes]:
        """Return the events that end it. Of a call that was cut the arguments are not done."""
        units: list[bytes] = []
        if cut and not self._words:
            units += self.write("")
        self.body[self._field] = words = self.words
        if not cut:
            units.append(self._pen.event(f"{self._kind}.done", self._at | {self._field: words}))
        return [*units, *super().close(cut=cut)]


class WrittenSearch(WrittenCall):
    """A search for tools that the client runs. Its arguments are an object, which is there at once."""

    def write(self, words: str) -> list[bytes]:
        """Wait for the rest of the arguments."""
        self._words.append(words)
        return []

    def close(self, *, cut: bool) -> list[bytes]:
        """Return the event that ends it."""
        self.body["arguments"], _ = object_of(self.words)
        return WrittenItem.close(self, cut=cut)
