"""The way of one reply to the client, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cliproxy import dialects as dialect_package
from cliproxy.access.principal import Principal
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.discovery import declared
from cliproxy.dispatch.exchange import Exchange
from cliproxy.dispatch.memory import KeptReplies, Remembered
from cliproxy.dispatch.pipeline import Fold, Relay, Translate
from cliproxy.dispatch.proofs import KeptProofs
from cliproxy.dispatch.way_back import NoWay, WayBack
from cliproxy.errors import FailureKind
from cliproxy.routing.plan import Plan
from cliproxy.wire.frames import Framing
from cliproxy.wire.sse import EventStream

DIALECTS = declared(dialect_package, "DIALECT", Dialect)
CHAT, RESPONSES = DIALECTS["openai_chat"], DIALECTS["openai_responses"]
RELAYED_ONLY = replace(RESPONSES, codec=None)
REPLY = b'{"id":"resp_1","object":"response","output":[{"type":"message"}]}'


def way(dialect: Dialect, upstream: Dialect, replies: KeptReplies, *, stream: bool, remembers: bool = True) -> WayBack:
    body = b'{"model":"m","stream":%b,"input":"hi","messages":[]}' % (b"true" if stream else b"false")
    plan, head = Plan("m", "m", (), {}), dialect.read_head(body, {})
    exchange = Exchange("x", dialect, Operation.GENERATE, head, body, {}, Principal("ann"), plan, remembers=remembers)
    return WayBack(exchange, upstream, {}, lambda: 5.0, KeptProofs(), replies, account="first")


@pytest.mark.parametrize(
    ("upstream", "stream", "framing", "kind"),
    [
        (RESPONSES, True, Framing.EVENT_STREAM, Relay),
        (RESPONSES, False, Framing.EVENT_STREAM, Fold),
        (CHAT, True, Framing.EVENT_STREAM, Translate),
        (CHAT, False, Framing.EVENT_STREAM, Fold),
    ],
)
def test_a_stream_goes_through_as_little_as_it_can(
    upstream: Dialect, stream: bool, framing: Framing, kind: type
) -> None:
    assert type(way(RESPONSES, upstream, KeptReplies(), stream=stream).streamed(EventStream(), framing)) is kind


def test_a_dialect_that_is_only_relayed_has_no_other_way() -> None:
    """A stream cannot become one body where nobody can read it."""
    with pytest.raises(NoWay) as raised:
        way(RELAYED_ONLY, RELAYED_ONLY, KeptReplies(), stream=False).streamed(EventStream(), Framing.EVENT_STREAM)

    assert raised.value.failure.kind is FailureKind.WRONG_ANSWER
    assert "asked for one body" in raised.value.failure.message


def test_a_reply_is_kept_when_it_is_complete_and_not_before() -> None:
    replies = KeptReplies()
    back = way(RESPONSES, RESPONSES, replies, stream=False)
    back.heard(REPLY)
    assert replies.recall("ann", "resp_1", now=5.0) is None

    back.keep()

    asked = b'{"type":"message","role":"user","content":"hi"}'
    assert replies.recall("ann", "resp_1", now=5.0) == Remembered("first", (asked, b'{"type":"message"}'))


def test_a_reply_that_is_not_to_be_stored_is_not_kept() -> None:
    replies = KeptReplies()
    back = way(RESPONSES, RESPONSES, replies, stream=False, remembers=False)
    back.heard(REPLY)
    back.keep()

    assert replies.recall("ann", "resp_1", now=5.0) is None
