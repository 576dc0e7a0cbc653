"""
Legacy completions: chunks of text, one finish for each choice, [DONE].

Source: `reference` sheet `dialects/openai-completions` (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.testing.grammar.chat import usage_problems
from cliproxy.testing.grammar.reading import DONE, Json, Problems, is_count, is_text, objects, payload
from cliproxy.wire.frames import Frame

FINISHES = ("stop", "length", "content_filter")


class Stream:
    """Checks a stream of chunks."""

    def __init__(self) -> None:
        self._identity: tuple[object, ...] | None = None
        self._finished: dict[int, bool] = {}
        self._ended = self._counted = False

    def feed(self, frame: Frame) -> Problems:
        """Give out what is wrong with a chunk."""
        if self._ended:
            yield "a frame after the end"
        if frame.data == DONE:
            self._ended = True
            if not self._finished or not all(self._finished.values()):
                yield "[DONE] before a finish_reason"
            return
        chunk = payload(frame)
        if chunk is None:
            yield "no JSON object"
            return
        if "error" in chunk:
            self._ended = True
            return
        head = (chunk.get("id"), chunk.get("created"), chunk.get("model"))
        if not all(head) or self._identity not in (None, head):
            yield f"id, created and model are {head}, before {self._identity}"
        self._identity = head
        if chunk.get("object") != "text_completion":
            yield f"object is {chunk.get('object')!r}"
        if not isinstance(chunk.get("choices"), list):
            yield "choices is no list"
        if chunk.get("usage") is not None:
            if self._counted:
                yield "usage twice"
            self._counted = True
            yield from usage_problems(chunk["usage"])
        elif not chunk.get("choices"):
            yield "a chunk that says nothing"
        for choice in objects(chunk.get("choices")):
            yield from self._choice(choice)

    def close(self) -> Problems:
        """Give out what is missing."""
        if not self._ended:
            yield "the stream has no end"

    def _choice(self, choice: Json) -> Problems:
        index, text, reason = choice.get("index"), choice.get("text"), choice.get("finish_reason")
        if not isinstance(index, int) or not is_count(index) or not isinstance(text, str):
            yield "a choice without index or text"
            return
        if self._finished.get(index) and (text or reason):
            yield "text or a second finish_reason after the finish_reason"
        if reason is not None and reason not in FINISHES:
            yield f"finish_reason is {reason!r}"
        self._finished[index] = self._finished.get(index, False) or reason is not None


def whole(reply: Json) -> Problems:
    """Give out what is wrong with a whole reply."""
    if not is_text(reply.get("id")) or not is_text(reply.get("model")) or not is_count(reply.get("created")):
        yield "id, model or created is missing"
    if reply.get("object") != "text_completion":
        yield f"object is {reply.get('object')!r}"
    choices = objects(reply.get("choices"))
    if not choices:
        yield "there are no choices"
    for place, choice in enumerate(choices):
        if choice.get("index") != place or not isinstance(choice.get("text"), str):
            yield f"choice {place} without its index or text"
        if choice.get("finish_reason") not in FINISHES:
            yield f"finish_reason is {choice.get('finish_reason')!r}"
    yield from usage_problems(reply.get("usage"))
