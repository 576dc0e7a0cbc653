"""
Turns in the order that strict upstreams demand: every call answered once, in the very next user turn.

Clients send results late, twice, out of order, or not at all; the vendors that check refuse the whole request then.
"""

from __future__ import annotations

from cliproxy.conversation.request import Message, Part, Role, Text, ToolCall, ToolResult

NOT_RUN = "The tool was not run."


def settled(messages: tuple[Message, ...]) -> tuple[list[Message], list[str]]:
    """
    Return the turns with each call's result in the turn after it, and the ids of results that answer no call.

    Neighbouring turns of one role join. A call repeated under the same id is left out; of two results the last
    counts, at the place of the call. A call that was never answered, while the conversation went on, gets a result
    that says so.
    """
    results = {part.call_id: part for message in messages for part in message.parts if isinstance(part, ToolResult)}
    turns: list[Message] = []
    waiting: list[ToolCall] = []  # calls of the last assistant turn
    called: set[str] = set()
    for message in messages:
        parts = [part for part in message.parts if not _is_repeated(part, called)]
        if message.role is not Role.ASSISTANT:
            parts = [part for part in parts if not isinstance(part, ToolResult)]
        calls = [part for part in parts if isinstance(part, ToolCall)]
        called.update(call.id for call in calls)
        if waiting and (message.role is not Role.ASSISTANT):
            _append(turns, Message(Role.USER, _answers(waiting, results)))
            waiting = []
        if parts:
            _append(turns, Message(message.role, tuple(parts), message.extras))
        waiting.extend(calls)
    if waiting and any(call.id in results for call in waiting):
        _append(turns, Message(Role.USER, _answers(waiting, results)))
    return turns, [call_id for call_id in results if call_id not in called]


def _is_repeated(part: Part, called: set[str]) -> bool:
    return isinstance(part, ToolCall) and part.id in called


def _answers(calls: list[ToolCall], results: dict[str, ToolResult]) -> tuple[Part, ...]:
    return tuple(results.get(call.id) or ToolResult(call.id, (Text(NOT_RUN),), is_error=True) for call in calls)


def _append(turns: list[Message], message: Message) -> None:
    if turns and turns[-1].role is message.role:
        turns[-1] = Message(message.role, turns[-1].parts + message.parts, turns[-1].extras | message.extras)
    else:
        turns.append(message)
