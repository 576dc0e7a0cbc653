"""
Long streams and large events, read and written in every dialect: `python -m tests.fuzz.linear` prints what each costs.

Four times as much must cost about four times the time; what is quadratic costs sixteen times, and at this size minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from cliproxy.conversation.events import (
    PartEnd,
    ReasoningDelta,
    ReasoningStart,
    ReplyEnd,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Conversation, Message, Role, Text, Tool, ToolCall, ToolResult
from cliproxy.wire.frames import Frame
from tests.properties.replaying import CODECS, CONTEXT, assembled, heard, streamed

EVENTS = 100_000
SIZE = 5_000_000  # characters
TURNS = 20_000

Events = list[StreamEvent]


def reply_of(parts: Sequence[StreamEvent]) -> Events:
    end: Events = [UsageUpdate(Usage(1, 0, 0, 1, 0)), ReplyEnd(Finish(FinishReason.STOP))]
    return [ReplyStart("r", "m"), *parts, *end]


def tiny_text(number: int) -> Events:
    return reply_of([TextStart(0), *(TextDelta(0, "ab ") for _ in range(number)), PartEnd(0)])


def tiny_thoughts(number: int) -> Events:
    return reply_of([ReasoningStart(0), *(ReasoningDelta(0, "ab ") for _ in range(number)), PartEnd(0)])


def tiny_arguments(number: int) -> Events:
    middle = [ToolCallDelta(0, '"ab",') for _ in range(number)]
    call: Events = [
        ToolCallStart(0, "c1", "f"),
        ToolCallDelta(0, '{"a":['),
        *middle,
        ToolCallDelta(0, "1]}"),
        PartEnd(0),
    ]
    return reply_of(call)


def large_text(size: int) -> Events:
    return reply_of([TextStart(0), TextDelta(0, "words and more " * (size // 15)), PartEnd(0)])


def large_arguments(size: int) -> Events:
    arguments = '{"a":"' + "words and more " * (size // 15) + '"}'
    return reply_of([ToolCallStart(0, "c1", "f"), ToolCallDelta(0, arguments), PartEnd(0)])


def many_calls(number: int) -> Events:
    calls: Events = []
    for index in range(number // 100):
        calls += [ToolCallStart(index, f"c{index}", "f"), ToolCallDelta(index, "{}"), PartEnd(index)]
    return reply_of(calls)


def conversation_of(turns: int) -> Conversation:
    messages: list[Message] = []
    for number in range(turns // 2):
        messages.append(Message(Role.ASSISTANT, (Text("Look."), ToolCall(f"c{number}", "f", '{"a":1}'))))
        messages.append(Message(Role.USER, (ToolResult(f"c{number}", (Text("seen"),)),)))
    return Conversation("another", "m", (Text("Be brief."),), tuple(messages), (Tool("f"),))


STREAMS: dict[str, tuple[Callable[[int], Events], int]] = {
    "100,000 deltas of text": (tiny_text, EVENTS),
    "100,000 deltas of thought": (tiny_thoughts, EVENTS),
    "100,000 deltas of arguments": (tiny_arguments, EVENTS),
    "1,000 calls": (many_calls, EVENTS),
    "one delta of 5 MB": (large_text, SIZE),
    "arguments of 5 MB": (large_arguments, SIZE),
}


def cost(work: Callable[[], object]) -> float:
    """Return the processor time that it takes, in seconds."""
    started = time.process_time()
    work()
    return time.process_time() - started


def read_and_written(name: str, events: Events) -> tuple[float, float]:
    """Return what a stream costs to write and to read in a dialect; check that all of it came."""
    codec = CODECS[name]
    frames: list[Frame] = []
    back: Events = []
    written = cost(lambda: frames.extend(streamed(codec, events)))
    read = cost(lambda: back.extend(heard(codec, frames)))
    assert len(repr(assembled(back).reply.parts)) >= 0.9 * len(repr(assembled(events).reply.parts)) or name in LOSSY
    codec.encode_reply(assembled(events).reply, CONTEXT)
    return written, read


LOSSY = ("openai_completions",)  # it has no place for thoughts and calls


def request(name: str, turns: int) -> float:
    """Return what a request of so many turns costs to write and read."""
    codec = CODECS[name]
    conversation = conversation_of(turns)
    return cost(lambda: codec.decode_request(codec.encode_request(conversation, ModelInfo("m"), True).body))


def figures() -> Iterator[tuple[str, str, float, float]]:
    """Give, for each dialect and shape, the seconds at full size and how many times a quarter of it they are."""
    for name in CODECS:
        for shape, (make, size) in STREAMS.items():
            quarter = sum(read_and_written(name, make(size // 4)))
            whole = sum(read_and_written(name, make(size)))
            yield name, shape, whole, whole / max(quarter, 1e-4)
        quarter, whole = request(name, TURNS // 4), request(name, TURNS)
        yield name, f"request of {TURNS:,} turns", whole, whole / max(quarter, 1e-4)


def main() -> None:
    table = Table("dialect", "what", "seconds", "against a quarter of it")
    for name, shape, seconds, ratio in figures():
        table.add_row(name, shape, f"{seconds:.2f}", f"{ratio:.1f}x")
    Console().print(table)


if __name__ == "__main__":
    main()
