"""What a reply goes through on its way back."""

from __future__ import annotations

from cliproxy.conversation.reply import Usage
from cliproxy.dialects.gemini import DIALECT as GEMINI
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from cliproxy.dispatch.pipeline import Relay, merged
from cliproxy.wire.frames import Framing
from cliproxy.wire.sse import EventStream

COMMENT = b": keep-alive\n\n"
EVENT = b'data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}\r\n\r\n'


def test_a_relay_passes_comments_to_clients_that_know_them() -> None:
    """A relay's output is its input."""
    relay = Relay(CHAT, EventStream(), Framing.EVENT_STREAM)

    assert relay.feed(COMMENT) == [COMMENT]


def test_a_relay_keeps_comments_from_clients_that_break_on_them() -> None:
    """google-genai and Gemini CLI take a comment for JSON, and one of them spins for ever."""
    relay = Relay(GEMINI, EventStream(), Framing.EVENT_STREAM)

    assert relay.feed(COMMENT) == [b""]
    assert relay.feed(EVENT) == [EVENT]
    assert relay.feed(COMMENT + EVENT) == [EVENT.replace(b"\r\n", b"\n")]
    assert relay.ended


def test_usage_that_the_client_did_not_ask_for_is_heard_and_hidden() -> None:
    """A frame that tells more goes through; and so does all, where the client asked."""
    usage = b'"usage":{"prompt_tokens":3,"completion_tokens":2}'
    last = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    alone, done = b'data: {"choices":[],%b}\n\n' % usage, b"data: [DONE]\n\n"
    both = last.replace(b"}]}", b"}],%b}" % usage)
    hiding, open_ = Relay(CHAT, EventStream(), hides_usage=True), Relay(CHAT, EventStream())

    assert hiding.feed(last + alone + done) == [last + done]
    assert hiding.feed(alone) == [b""]
    assert hiding.feed(both) == [both]
    assert open_.feed(last + alone + done) == [last + alone + done]
    assert hiding.usage == open_.usage == Usage(3, output_tokens=2)
    assert hiding.ended


def test_later_reports_of_usage_count_where_they_say_something() -> None:
    """Messages tells the input at the start and the output at the end."""
    assert merged(Usage(10, 4), Usage(output_tokens=7)) == Usage(10, 4, 0, 7)
