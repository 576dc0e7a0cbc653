"""What must hold of a relayed exchange: its head is read, an edit leaves the rest alone, end and cost are seen."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cliproxy.conversation.events import ReplyError
from cliproxy.conversation.reply import Usage
from cliproxy.dialects.base import Dialect, Edits, Sighting
from cliproxy.dispatch.pipeline import merged
from cliproxy.testing.recordings import decoded, framing_of, request_of
from cliproxy.wire.body import open_body
from cliproxy.wire.frames import Framing
from tests.proof.exchanges import Exchange
from tests.proof.outcome import Outcome, tried
from tests.properties.replaying import CODECS, DIALECTS, assembled

ANOTHER = "another-model"


def outcomes(exchange: Exchange) -> Iterator[Outcome]:
    """Look at one exchange as a relay does."""
    dialect = DIALECTS[exchange.dialect]
    here = dialect.name
    body = request_of(exchange.recording)
    if body is not None:
        yield tried("head", here, here, lambda: _head(dialect, body, exchange))
        yield tried("edit", here, here, lambda: _edit(dialect, body, in_path="model" in exchange.path))
    yield tried("sight", here, here, lambda: _sight(dialect, exchange))
    if here in CODECS and not exchange.was_refused:
        yield tried("sight and decoder agree", here, here, lambda: _agrees(dialect, exchange))


def _head(dialect: Dialect, body: bytes, exchange: Exchange) -> Iterator[str]:
    head = dialect.read_head(body, exchange.path)
    asked = msgspec.json.decode(body)
    model = exchange.path.get("model") or asked.get("model") or ""
    if head.model != model:
        yield f"the model is {head.model!r}, not {model!r}"
    stream = bool(asked.get("stream")) or exchange.path.get("method") == "streamGenerateContent"
    if head.stream is not stream:
        yield f"stream is {head.stream}"
    if stream and "alt" in exchange.path and framing_of(exchange.recording) not in (head.framing, Framing.WHOLE):
        yield f"the framing is {head.framing}, the answer's {framing_of(exchange.recording)}"


def _edit(dialect: Dialect, body: bytes, *, in_path: bool) -> Iterator[str]:
    """All but the model stays as it is, byte for byte; the model too, where it stands in the path."""
    before, after = open_body(body), open_body(dialect.edit_request(body, Edits(model=ANOTHER)))
    named = after.get("model")
    if "model" in before and not in_path and (named is None or bytes(named) != f'"{ANOTHER}"'.encode()):
        yield f"the model is {named and bytes(named)!r} still"
    for name, value in before.items():
        if name != "model" and (name not in after or bytes(after[name]) != bytes(value)):
            yield f"{name} changed"
    for name in after.keys() - before.keys() - {"model"}:
        yield f"{name} appeared"
    if dialect.edit_request(body, Edits()) != body:
        untouched = open_body(dialect.edit_request(body, Edits()))
        if [(k, bytes(v)) for k, v in untouched.items()] != [(k, bytes(v)) for k, v in before.items()]:
            yield "no edit changes the body"


def _sight(dialect: Dialect, exchange: Exchange) -> Iterator[str]:
    seen = [sighting for frame in exchange.frames() if (sighting := dialect.sight(frame)) is not None]
    failed = any(sighting.error for sighting in seen)
    if exchange.was_refused:
        if any(sighting.content or sighting.end for sighting in seen) and not failed:
            yield "a refusal is taken for a reply"
        return
    if not failed and not any(sighting.end for sighting in seen):
        yield "neither an end nor an error is seen"
    if framing_of(exchange.recording) is not Framing.WHOLE:
        yield from (
            f"a frame that tells something has no sign: {frame.data[:100]!r}"
            for frame in exchange.frames()
            if _tells(dialect.sight(frame))
            and dialect.signs.search(b"event: " + frame.event.encode() + b"\n" + frame.data) is None
        )


def _tells(sighting: Sighting | None) -> bool:
    return sighting is not None and (sighting.end or sighting.usage is not None or sighting.error is not None)


def _agrees(dialect: Dialect, exchange: Exchange) -> Iterator[str]:
    """A relayed and a translated exchange are counted alike, and nobody fails over once something was said."""
    codec = CODECS[dialect.name]
    seen = [sighting for frame in exchange.frames() if (sighting := dialect.sight(frame)) is not None]
    usage = Usage()
    for sighting in seen:
        usage = merged(usage, sighting.usage) if sighting.usage is not None else usage
    events = decoded(codec, exchange.recording)
    reply = assembled(events).reply
    failed = any(sighting.error for sighting in seen)
    if usage != reply.usage and not failed:
        several = " (several ends)" if sum(sighting.end for sighting in seen) > 1 else ""
        yield f"usage: {usage} is seen, {reply.usage} is decoded{several}"
    if failed is not isinstance(events[-1], ReplyError):
        yield f"an error is {'seen' if failed else 'decoded'}, and not the other way"
    if reply.parts and not any(sighting.content for sighting in seen):
        yield "something is said, and nothing is seen"
