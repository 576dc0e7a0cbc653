"""
Turns in the order that strict upstreams demand: every call answered once, in the very next user turn.

Clients send results late, twice, out of order, without an id or not at all; the vendors that check refuse the whole
request then. Most conversations are in order: they are only looked through.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from cliproxy.conversation.request import Extras, Message, Part, Role, Text, ToolCall, ToolResult

NOT_RUN = "The tool was not run."


def settled(messages: tuple[Message, ...]) -> tuple[list[Message], list[str]]:
    """
    Return the turns with each call's result in the turn after it, and the ids of results that answer no call.

    A call repeated under the same id is left out; of two results the last counts, at the place of the call. A call
    that was never answered, while the conversation went on, gets a result that says so. An assistant's turn that
    follows on unanswered calls joins theirs. Results stand in a turn of their own. A conversation of nothing but
    results that answer no call stays as it is: what is wrong with it is the upstream's to say.
    """
    turns = _in_order(messages)
    if turns is not None:
        return turns, []
    turns, unmatched = _put_in_order(_identified(messages))
    return (turns, unmatched) if turns else (list(messages), [])


def _in_order(messages: tuple[Message, ...]) -> list[Message] | None:
    """Return the turns where nothing has to be moved, added or left out; else None."""
    turns: list[Message] = []
    waiting: list[str] = []  # ids of the calls in the turn before
    called: set[str] = set()
    for message in messages:
        parts = message.parts
        calls: list[str] = []
        results = 0
        for part in parts:
            if isinstance(part, ToolCall):
                if not part.id or part.id in called or message.role is not Role.ASSISTANT:
                    return None
                called.add(part.id)
                calls.append(part.id)
            elif isinstance(part, ToolResult):
                results += 1
        if results != len(waiting) or (waiting and message.role is Role.ASSISTANT):
            return None
        if waiting and not _answer(parts, waiting):
            return None
        if 0 < results < len(parts):
            turns.append(Message(Role.USER, parts[:results]))
            turns.append(Message(message.role, parts[results:], message.extras))
        elif parts:
            turns.append(message)
        waiting = calls
    return turns


def _answer(parts: tuple[Part, ...], calls: list[str]) -> bool:
    """Tell whether a turn begins with the results of the calls, in their order."""
    return all(isinstance(part, ToolResult) and part.call_id == id_ for id_, part in zip(calls, parts, strict=False))


def _put_in_order(messages: tuple[Message, ...]) -> tuple[list[Message], list[str]]:
    results = {part.call_id: part for message in messages for part in message.parts if isinstance(part, ToolResult)}
    turns: list[Message] = []
    waiting: list[ToolCall] = []  # calls of the last assistant turn
    said: list[Part] = []  # all parts of that turn, while more may join it
    extras: Extras = {}
    called: set[str] = set()
    for message in messages:
        parts, calls = _untold(message, called)
        if waiting and message.role is Role.ASSISTANT:
            said.extend(parts)
            extras |= message.extras
        else:
            if waiting:
                answers = Message(Role.USER, _answers(waiting, results), {} if parts else message.extras)
                turns += Message(Role.ASSISTANT, tuple(said), extras), answers
                waiting = []
            if calls:
                said, extras = parts, dict(message.extras)
            elif parts:
                turns.append(Message(message.role, tuple(parts), message.extras))
        waiting += calls
    if waiting:
        turns.append(Message(Role.ASSISTANT, tuple(said), extras))
        if any(call.id in results for call in waiting):
            turns.append(Message(Role.USER, _answers(waiting, results)))
    return turns, [call_id for call_id in results if call_id not in called]


def _untold(message: Message, called: set[str]) -> tuple[list[Part], list[ToolCall]]:
    """Return what a turn says beside results and calls that were told before, and the calls of it."""
    parts: list[Part] = []
    calls: list[ToolCall] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            if part.id in called:
                continue
            called.add(part.id)
            calls.append(part)
        if not isinstance(part, ToolResult):
            parts.append(part)
    return parts, calls


def _answers(calls: list[ToolCall], results: dict[str, ToolResult]) -> tuple[Part, ...]:
    return tuple(results.get(call.id) or ToolResult(call.id, (Text(NOT_RUN),), is_error=True) for call in calls)


def _identified(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the turns with an id on every call, and on every result for which there is a call."""
    open_calls = _OpenCalls()
    return tuple(
        Message(message.role, tuple(open_calls.identified(message, place)), message.extras)
        for place, message in enumerate(messages)
    )


class _OpenCalls:
    """Calls without a result so far."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        self._oldest: deque[str] = deque()  # in the order they were made; some may be answered by now

    def identified(self, message: Message, place: int) -> Iterator[Part]:
        for number, part in enumerate(message.parts):
            match part:
                case ToolCall(id_):
                    made = id_ or f"call_{place}_{number}"
                    self._open.add(made)
                    self._oldest.append(made)
                    yield part if id_ else msgspec.structs.replace(part, id=made)
                case ToolResult(id_):
                    meant = id_ or self._first()
                    self._open.discard(meant)
                    yield part if id_ else msgspec.structs.replace(part, call_id=meant)
                case _:
                    yield part

    def _first(self) -> str:
        while self._oldest and self._oldest[0] not in self._open:
            self._oldest.popleft()
        return self._oldest[0] if self._oldest else ""
