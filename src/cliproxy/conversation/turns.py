"""
Turns in the order that strict upstreams demand: every call answered once, in the very next user turn.

Clients send results late, twice, out of order, without an id or not at all; the vendors that check refuse the whole
request then.
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.request import Message, Part, Role, Text, ToolCall, ToolResult

NOT_RUN = "The tool was not run."


def settled(messages: tuple[Message, ...]) -> tuple[list[Message], list[str]]:
    """
    Return the turns with each call's result in the turn after it, and the ids of results that answer no call.

    A call repeated under the same id is left out; of two results the last counts, at the place of the call. A call
    that was never answered, while the conversation went on, gets a result that says so. An assistant's turn that
    follows on unanswered calls joins theirs.
    """
    messages = _identified(messages)
    results = {part.call_id: part for message in messages for part in message.parts if isinstance(part, ToolResult)}
    turns: list[Message] = []
    waiting: list[ToolCall] = []  # calls of the last assistant turn
    called: set[str] = set()
    for message in messages:
        parts = tuple(part for part in message.parts if not isinstance(part, ToolResult) and not _told(part, called))
        calls = [part for part in parts if isinstance(part, ToolCall)]
        called.update(call.id for call in calls)
        if waiting and message.role is not Role.ASSISTANT:
            turns.append(Message(Role.USER, _answers(waiting, results)))
            waiting = []
        if waiting:
            turns[-1] = Message(Role.ASSISTANT, turns[-1].parts + parts, turns[-1].extras | message.extras)
        elif parts:
            turns.append(Message(message.role, parts, message.extras))
        waiting.extend(calls)
    if any(call.id in results for call in waiting):
        turns.append(Message(Role.USER, _answers(waiting, results)))
    return turns, [call_id for call_id in results if call_id not in called]


def _told(part: Part, called: set[str]) -> bool:
    return isinstance(part, ToolCall) and part.id in called


def _answers(calls: list[ToolCall], results: dict[str, ToolResult]) -> tuple[Part, ...]:
    return tuple(results.get(call.id) or ToolResult(call.id, (Text(NOT_RUN),), is_error=True) for call in calls)


def _identified(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the turns with an id on every call, and on every result for which there is a call."""
    if all(_identity(part) for message in messages for part in message.parts):
        return messages
    unanswered: list[str] = []
    turns = []
    for place, message in enumerate(messages):
        parts: list[Part] = []
        for part in message.parts:
            match part:
                case ToolCall(""):
                    parts.append(msgspec.structs.replace(part, id=f"call_{place}_{len(parts)}"))
                case ToolResult("") if unanswered:
                    parts.append(msgspec.structs.replace(part, call_id=unanswered[0]))
                case _:
                    parts.append(part)
            match parts[-1]:
                case ToolCall(id_):
                    unanswered.append(id_)
                case ToolResult(call_id) if call_id in unanswered:
                    unanswered.remove(call_id)
                case _:
                    pass
        turns.append(Message(message.role, tuple(parts), message.extras))
    return tuple(turns)


def _identity(part: Part) -> str:
    match part:
        case ToolCall(id_) | ToolResult(id_):
            return id_
        case _:
            return "none needed"
