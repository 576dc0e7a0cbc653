"""What is always true of a reply's events, whoever made them."""

from __future__ import annotations

from collections.abc import Sequence

from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextStart,
    ToolCallStart,
    UsageUpdate,
)


def broken_laws(events: Sequence[StreamEvent]) -> list[str]:
    """Return what is wrong: parts open in order and end once, the reply starts once and ends once."""
    wrong: list[str] = []
    seen: set[int] = set()
    open_: set[int] = set()
    started = over = False
    for event in events:
        if over:
            wrong.append(f"{event} after the end")
        match event:
            case ReplyStart():
                if started:
                    wrong.append("a second start")
                started = True
            case ReplyEnd() | ReplyError():
                over = True
                if open_ and isinstance(event, ReplyEnd):
                    wrong.append(f"parts {open_} are open at the end")
            case UsageUpdate() | CandidateEnd():
                pass
            case TextStart(index) | ReasoningStart(index) | ToolCallStart(index):
                if index != len(seen):
                    wrong.append(f"part {index} opens after {len(seen)} others")
                seen.add(index)
                open_.add(index)
            case MediaPart(index) | ForeignPart(index):
                if index != len(seen):
                    wrong.append(f"part {index} comes after {len(seen)} others")
                seen.add(index)
            case PartEnd(index):
                if index not in open_:
                    wrong.append(f"part {index} ends, which is not open")
                open_.discard(index)
            case _:
                if event.index not in open_:
                    wrong.append(f"{event} for a part that is not open")
    if not over:
        wrong.append("no end")
    return wrong
