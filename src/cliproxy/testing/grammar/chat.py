"""
Chat completions: one identity over all chunks, a role first, calls named once, one finish for each choice, [DONE].

Source: `reference` sheets `dialects/openai-chat` sections 5 and 6, `real clients` section 2 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.testing.grammar.reading import DONE, Json, Problems, is_count, is_text, lacking, objects, payload
from cliproxy.wire.frames import Frame

FINISHES = ("stop", "length", "tool_calls", "content_filter", "function_call")


class _Choice:
    def __init__(self) -> None:
        self.finished = False
        self.calls = 0


class Stream:
    """Checks a stream of chunks."""

    object_name = "chat.completion.chunk"

    def __init__(self) -> None:
        self._identity: tuple[object, ...] | None = None
        self._choices: dict[int, _Choice] = {}
        self._ended = self._counted = False

    def feed(self, frame: Frame) -> Problems:
        """Give out what is wrong with a chunk."""
        if self._ended:
            yield "a frame after the end"
        if frame.data == DONE:
            self._ended = True
            if not self._finished:
                yield "[DONE] before a finish_reason"
            return
        chunk = payload(frame)
        if chunk is None:
            yield "no JSON object"
            return
        if "error" in chunk:
            self._ended = True
            return
        yield from self._head(chunk)
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            yield "choices is no list"
            return
        if chunk.get("usage") is not None:
            if self._counted or not self._finished:
                yield "usage twice, or before the finish_reason"
            self._counted = True
            yield from usage_problems(chunk["usage"])
        for choice in choices:
            yield from self._choice(choice)

    def close(self) -> Problems:
        """Give out what is missing."""
        if not self._ended:
            yield "the stream has no end"

    @property
    def _finished(self) -> bool:
        return bool(self._choices) and all(choice.finished for choice in self._choices.values())

    def _head(self, chunk: Json) -> Problems:
        head = (chunk.get("id"), chunk.get("created"), chunk.get("model"))
        if not all(head) or self._identity not in (None, head):
            yield f"id, created and model are {head}, before {self._identity}"
        self._identity = head
        if chunk.get("object") != self.object_name:
            yield f"object is {chunk.get('object')!r}"

    def _choice(self, choice: object) -> Problems:
        index = choice.get("index") if isinstance(choice, dict) else None
        delta = choice.get("delta") if isinstance(choice, dict) else None
        if not is_count(index) or not isinstance(delta, dict):
            yield "a choice without index or delta"
            return
        assert isinstance(choice, dict)
        assert isinstance(index, int)
        known = self._choices.get(index)
        if known is None:
            if index != len(self._choices):
                yield f"choice {index} opens after {len(self._choices)} others"
            if delta.get("role") != "assistant":
                yield "the first delta has no role"
            known = self._choices[index] = _Choice()
        if known.finished and (delta or choice.get("finish_reason")):
            yield "content or a second finish_reason after the finish_reason"
        for fragment in delta.get("tool_calls") or ():
            yield from _fragment(fragment, known)
        reason = choice.get("finish_reason")
        if reason is not None:
            known.finished = True
            yield from _finish_problems(reason, called=known.calls > 0)


def _fragment(fragment: Json, choice: _Choice) -> Problems:
    index = fragment.get("index")
    named = fragment.get("function") or fragment.get("custom") or {}
    if not isinstance(index, int) or not is_count(index):
        yield "a fragment of a call without index"
    elif index < choice.calls:
        if fragment.get("id") or named.get("name"):
            yield f"call {index} is named again"
    else:
        if index != choice.calls:
            yield f"call {index} opens after {choice.calls} others"
        if not fragment.get("id") or not named.get("name") or fragment.get("type") not in ("function", "custom"):
            yield f"call {index} opens without id, type or name"
        choice.calls += 1


def _finish_problems(reason: object, *, called: bool) -> Problems:
    if reason not in FINISHES:
        yield f"finish_reason is {reason!r}"
    elif reason == "stop" and called:
        yield "finish_reason is stop, and there are calls"
    elif reason == "tool_calls" and not called:
        yield "finish_reason is tool_calls, and there are none"


def usage_problems(usage: object) -> Problems:
    """Give out what is wrong with a `usage`."""
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    if not isinstance(usage, dict) or not all(is_count(usage.get(name)) for name in counts):
        yield f"usage without its three counts: {usage}"
    elif usage["total_tokens"] < usage["prompt_tokens"] + usage["completion_tokens"]:
        yield "total_tokens is less than its parts"


def whole(reply: Json) -> Problems:
    """Give out what is wrong with a whole reply."""
    if not is_text(reply.get("id")) or not is_text(reply.get("model")) or not is_count(reply.get("created")):
        yield "id, model or created is missing"
    if reply.get("object") != "chat.completion":
        yield f"object is {reply.get('object')!r}"
    choices = reply.get("choices")
    if not objects(choices):
        yield "there are no choices"
    for place, choice in enumerate(objects(choices)):
        if choice.get("index") != place:
            yield f"choice {place} has index {choice.get('index')}"
        yield from _message_problems(choice)
    yield from usage_problems(reply.get("usage"))


def _message_problems(choice: Json) -> Problems:
    message = choice.get("message")
    if not isinstance(message, dict) or message.get("role") != "assistant":
        yield "a message without the assistant's role"
        return
    for name in lacking(message, ("content",)):
        yield f"a message without {name}"
    if not isinstance(message.get("content"), (str, type(None))):
        yield "content is no text"
    calls = message.get("tool_calls")
    if calls is not None and not objects(calls):
        yield "tool_calls is there and holds none"
    for call in objects(calls):
        named = call.get("function") or call.get("custom") or {}
        if (
            not is_text(call.get("id"))
            or call.get("type") not in ("function", "custom")
            or not is_text(named.get("name"))
        ):
            yield "a call without id, type or name"
        if not isinstance(named.get("arguments", named.get("input")), str):
            yield "a call's arguments are no text"
    yield from _finish_problems(choice.get("finish_reason"), called=bool(calls))
