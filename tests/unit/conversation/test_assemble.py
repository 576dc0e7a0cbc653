"""Events and replies, there and back."""

from __future__ import annotations

from hypothesis import given, settings

from cliproxy.conversation.assemble import Assembler, events_of
from cliproxy.conversation.events import ReplyError, ReplyStart, TextDelta, TextStart
from cliproxy.conversation.reply import FinishReason, Reply
from cliproxy.conversation.request import Text
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
