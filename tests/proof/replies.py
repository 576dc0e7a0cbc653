"""
What must hold of every reply, whole or streamed: it decodes, and it says the same in every dialect.

A recorded reply is taken to each dialect twice: as the stream its client would read, and as the body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cliproxy.conversation.declared import AsDeclared
from cliproxy.conversation.events import ReplyError, StreamEvent
from cliproxy.conversation.request import Conversation, Text, ToolCall
from cliproxy.dialects.base import ReplyContext, RequestHead
from cliproxy.errors import RequestError
from cliproxy.testing.grammar import reply_violations, violations
from cliproxy.testing.grammar.events import event_violations, usage_violations
from cliproxy.testing.recordings import decoded, frames_of, request_of
from tests.proof.exchanges import Exchange
from tests.proof.outcome import Outcome, tried
from tests.proof.plain import read
from tests.proof.told import differences, everything, ids_kept, told
from tests.properties.replaying import CODECS, assembled, heard


def outcomes(exchange: Exchange) -> Iterator[Outcome]:
    """Look at the reply of one exchange, in all directions."""
    here = exchange.dialect
    events: list[StreamEvent] = []

    def decodes() -> Iterator[str]:
        events.extend(decoded(CODECS[here], exchange.recording))
        yield from event_violations(events)
        failed = bool(events) and isinstance(events[-1], ReplyError)
        if exchange.was_refused and not failed:
            yield "a refusal is taken for a reply"
        if failed and not exchange.was_refused and not _tells_of_an_error(exchange):
            yield f"a reply is taken for an error: {events[-1]}"

    yield tried("reply decodes", here, here, decodes)
    if not events or exchange.was_refused:
        return
    yield tried("usage adds up", here, here, lambda: usage_violations(events))
    if not isinstance(events[-1], ReplyError):
        yield tried("reply says what it says", here, here, lambda: _read_plainly(events, exchange))
    asked = _asked(exchange)
    for there in CODECS:
        yield tried("reply as stream", here, there, lambda there=there: _as_stream(events, here, there, asked))  # type: ignore[misc]
        yield tried("reply as body", here, there, lambda there=there: _as_body(events, here, there, asked))  # type: ignore[misc]


def _read_plainly(events: Sequence[StreamEvent], exchange: Exchange) -> Iterator[str]:
    """The decoder finds the words and calls that anybody finds, once each."""
    plain, parts = read(exchange), assembled(events).reply.parts
    words = "".join(part.text for part in parts if isinstance(part, Text))
    calls = [part.name for part in parts if isinstance(part, ToolCall)]
    if words != plain.words:
        yield f"words: {plain.words[-60:]!r} ({len(plain.words)}) became {words[-60:]!r} ({len(words)})"
    if [_bare(name) for name in calls] != [_bare(name) for name in plain.calls]:
        yield f"calls: {plain.calls} became {calls}"


def _bare(name: str) -> str:
    """Return a tool's name without the namespace in front of it."""
    return name.rpartition("__")[2]


def _tells_of_an_error(exchange: Exchange) -> bool:
    """Tell whether an upstream that began with 200 said somewhere that it failed."""
    return any(b'"error"' in frame.data or frame.event == "error" for frame in exchange.frames())


def _asked(exchange: Exchange) -> Conversation | None:
    body = request_of(exchange.recording)
    if body is None:
        return None
    try:
        return CODECS[exchange.dialect].decode_request(body)
    except RequestError:
        return None


def _context(asked: Conversation | None, here: str, there: str, model: str) -> ReplyContext:
    """Return what is known of the request: at home all of it; abroad what it is called by."""
    request = asked if here == there else None
    return ReplyContext(RequestHead(model or "asked", stream=True), request, "exchange1", 1_700_000_000.0)


def _declared(events: Sequence[StreamEvent], asked: Conversation | None, there: str) -> list[StreamEvent]:
    """Return the events as they reach an encoder: calls as its dialect has them."""
    tools = () if asked is None else tuple(asked.functions)
    declared = AsDeclared(tools, {}, takes_free_text=CODECS[there].takes_free_text)
    return [put for event in events for put in declared.feed(event)]


def _as_stream(events: list[StreamEvent], here: str, there: str, asked: Conversation | None) -> Iterator[str]:
    declared = _declared(events, asked, there)
    context = _context(asked, here, there, assembled(events).reply.model)
    encoder = CODECS[there].stream_encoder(context)
    frames = frames_of([unit for event in declared for unit in encoder.feed(event)])
    yield from (f"grammar: {problem}" for problem in violations(there, frames))
    again = heard(CODECS[there], frames)
    if isinstance(events[-1], ReplyError):
        if not isinstance(again[-1], ReplyError):
            yield "an error is taken for a reply"
        return
    yield from _compared(declared, again, here, there, context)


def _as_body(events: list[StreamEvent], here: str, there: str, asked: Conversation | None) -> Iterator[str]:
    if isinstance(events[-1], ReplyError):
        return
    declared = _declared(events, asked, there)
    reply = assembled(declared).reply
    context = _context(asked, here, there, reply.model)
    body = CODECS[there].encode_reply(reply, context)
    yield from (f"grammar: {problem}" for problem in reply_violations(there, body))
    yield from _compared(declared, CODECS[there].decode_reply(body), here, there, context)


def _compared(
    events: list[StreamEvent], again: list[StreamEvent], here: str, there: str, context: ReplyContext
) -> Iterator[str]:
    yield from (f"read back: {problem}" for problem in event_violations(again))
    before, after = assembled(events), assembled(again)
    if after.error is not None:
        yield f"a reply is taken for an error: {after.error}"
        return
    if here == there:
        yield from differences(everything(before.reply), everything(after.reply))
        if not ids_kept(before.reply, after.reply):
            yield "calls: an id is another"
    else:
        losses = [loss.field for loss in context.losses.found()]
        yield from differences(told(before.reply, there), told(after.reply, there), losses)
