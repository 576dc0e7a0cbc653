"""
generateContent: new parts in every chunk, calls whole, one finish reason for each candidate, usage last, no [DONE].

Source: `reference` sheets `dialects/gemini` sections 4 and 5, `real clients` section 2 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.testing.grammar.reading import DONE, Json, Problems, is_count, is_text, objects, payload
from cliproxy.wire.frames import Frame

_SAID = (
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
)


class Stream:
    """Checks a stream of reply objects."""

    def __init__(self) -> None:
        self._identity: tuple[object, object] | None = None
        self._finished: dict[int, bool] = {}
        self._failed = self._blocked = self._counted = False

    def feed(self, frame: Frame) -> Problems:
        """Give out what is wrong with a reply object."""
        if self._failed:
            yield "a frame after an error"
        if frame.data == DONE:
            yield "[DONE], which this dialect does not have"
            return
        chunk = payload(frame)
        if chunk is None:
            yield "no JSON object"
            return
        if not chunk:
            return  # silence
        if "error" in chunk:
            self._failed = True
            return
        if frame.event:
            yield f"the event is named {frame.event!r}"
        yield from self._head(chunk)
        for candidate in objects(chunk.get("candidates")):
            yield from self._candidate(candidate)
        feedback = chunk.get("promptFeedback")
        self._blocked = self._blocked or (isinstance(feedback, dict) and "blockReason" in feedback)
        self._counted = "usageMetadata" in chunk
        if self._counted:
            yield from usage_problems(chunk["usageMetadata"], final=self._over)

    def close(self) -> Problems:
        """Give out what is missing."""
        if self._failed:
            return
        if not self._over:
            yield "a candidate has no finishReason"
        if not self._counted:
            yield "the last chunk has no usageMetadata"

    @property
    def _over(self) -> bool:
        return self._blocked or (bool(self._finished) and all(self._finished.values()))

    def _head(self, chunk: Json) -> Problems:
        identity = (chunk.get("responseId"), chunk.get("modelVersion"))
        if not all(map(is_text, identity)) or self._identity not in (None, identity):
            yield f"responseId and modelVersion are {identity}, before {self._identity}"
        self._identity = identity

    def _candidate(self, candidate: Json) -> Problems:
        index = candidate.get("index", 0)
        if not isinstance(index, int) or not is_count(index):
            yield f"a candidate's index is {index!r}"
            return
        if self._finished.get(index):
            if candidate.get("finishReason"):
                yield "a second finishReason"
            if (candidate.get("content") or {}).get("parts"):
                yield "parts after the finishReason"
        yield from _content_problems(candidate)
        reason = candidate.get("finishReason")
        if reason is not None and not is_text(reason):
            yield f"finishReason is {reason!r}"
        self._finished[index] = self._finished.get(index, False) or reason is not None


def _content_problems(candidate: Json) -> Problems:
    content = candidate.get("content")
    if not isinstance(content, dict) or content.get("role") != "model":
        yield "content without the role model"
        return
    parts = objects(content.get("parts"))
    if not parts:
        yield "content without parts"
    for part in parts:
        said = [name for name in _SAID if name in part]
        if len(said) != 1:
            yield f"a part that says {said or 'nothing'}"
        if "text" in said and not isinstance(part["text"], str):
            yield "text is no text"
        if "text" in said and not part["text"] and "thoughtSignature" not in part and "finishReason" not in candidate:
            yield "an empty text"
        if "functionCall" in said:
            yield from _call_problems(part["functionCall"])


def _call_problems(call: object) -> Problems:
    if not isinstance(call, dict) or not is_text(call.get("name")):
        yield "a call without a name"
    elif not isinstance(call.get("args"), dict):
        yield "a call's args are no object"
    elif "partialArgs" in call or "willContinue" in call:
        yield "a call in pieces"


def usage_problems(usage: object, *, final: bool) -> Problems:
    """Give out what is wrong with a `usageMetadata`."""
    if not isinstance(usage, dict):
        yield "usageMetadata is no object"
        return
    for name, value in usage.items():
        if name.endswith("Count") and not is_count(value):
            yield f"{name} is {value!r}"
    if final and not is_count(usage.get("totalTokenCount")):
        yield "the usageMetadata at the end has no totalTokenCount"


def whole(reply: Json) -> Problems:
    """Give out what is wrong with a whole reply."""
    if not is_text(reply.get("responseId")) or not is_text(reply.get("modelVersion")):
        yield "responseId or modelVersion is missing"
    candidates = objects(reply.get("candidates"))
    if not candidates and not (reply.get("promptFeedback") or {}).get("blockReason"):
        yield "neither candidates nor a block reason"
    for place, candidate in enumerate(candidates):
        if candidate.get("index", 0) != place:
            yield f"candidate {place} has index {candidate.get('index')}"
        if not is_text(candidate.get("finishReason")):
            yield "a candidate without finishReason"
        yield from _content_problems(candidate)
    yield from usage_problems(reply.get("usageMetadata"), final=True)
