"""Events and replies, there and back."""

from __future__ import annotations

from hypothesis import given, settings

from cliproxy.conversation.assemble import Assembler, events_of
from cliproxy.conversation.events import (
    CandidateEnd,
    PartEnd,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextStart,
)
from cliproxy.conversation.reply import Candidate, Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Opaque, Text, ToolCall
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.testing.strategies import replies


@given(reply=replies())
@settings(deadline=None)
def test_a_reply_is_what_its_events_add_up_to(reply: Reply) -> None:
    """Whole and streamed replies cannot drift apart: one is made of the other."""
    assembler = Assembler()
    for event in events_of(reply):
        assembler.feed(event)

    assert assembler.reply == reply
    assert assembler.error is None


def test_a_reply_that_broke_off_keeps_what_was_said() -> None:
    """The error is told beside it; why it ended, nobody knows."""
    assembler = Assembler()
    for event in (ReplyStart("id", "m"), TextStart(0), TextDelta(0, "half"), ReplyError("gone")):
        assembler.feed(event)

    assert assembler.error == ReplyError("gone")
    assert assembler.reply.parts == (Text("half"),)
    assert assembler.reply.finish.reason is FinishReason.OTHER


def test_candidates_are_told_apart() -> None:
    """Their parts come mixed; each has its own end."""
    events: list[StreamEvent] = [
        ReplyStart("r1", "m", "flex"),
        TextStart(0),
        TextStart(1, candidate=1),
        TextDelta(1, "Rome"),
        TextDelta(0, "Paris"),
        PartEnd(0),
        PartEnd(1),
        CandidateEnd(1, Finish(FinishReason.LENGTH)),
        ReplyEnd(Finish(FinishReason.STOP)),
    ]
    assembler = Assembler()
    for event in events:
        assembler.feed(event)

    reply = assembler.reply
    assert (reply.parts, reply.finish.reason) == ((Text("Paris"),), FinishReason.STOP)
    assert reply.others == (Candidate((Text("Rome"),), Finish(FinishReason.LENGTH)),)
    assert reply.service_tier == "flex"
    again = Assembler()
    for event in events_of(reply):
        again.feed(event)
    assert again.reply == reply


def test_what_hangs_on_words_stays_there() -> None:
    text = Text(
        "Paris",
        citations=(Citation("https://a.example", "A"),),
        proof=Opaque("gemini", "Ab=", "text"),
        logprobs=(Logprob("Paris", -0.1),),
    )
    call = ToolCall("c1", "patch", "words", Opaque("gemini", "Cd=", "call"), free_text=True)
    reply = Reply("r", "m", (text, call), Finish(FinishReason.TOOL_CALL), Usage())
    assembler = Assembler()

    for event in events_of(reply):
        assembler.feed(event)

    assert assembler.reply == reply
