"""What must hold of a request: it decodes, its own dialect keeps all of it, another keeps it or tells what is lost."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cliproxy.conversation.free_text import without_free_text
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation
from cliproxy.errors import RequestError
from cliproxy.testing.recordings import request_of
from tests.proof.asked import kept, lost
from tests.proof.exchanges import Exchange
from tests.proof.outcome import Outcome, tried
from tests.proof.written import gone
from tests.properties.replaying import CODECS, DIALECTS


def outcomes(exchange: Exchange) -> Iterator[Outcome]:
    """Look at the request of one exchange, in all directions."""
    body = request_of(exchange.recording)
    if body is None:
        return
    here = exchange.dialect
    decoded: list[Conversation] = []

    def decodes() -> Iterator[str]:
        try:
            decoded.append(_decoded(here, body, exchange.path.get("model", "")))
        except RequestError as error:
            if not exchange.was_refused:  # else vendor and gateway agree
                yield f"refused: {error.message}"

    yield tried("request decodes", here, here, decodes)
    if not decoded:
        return
    conversation = decoded[0]
    for there in CODECS:
        if here == there:
            yield tried("request at home, as JSON", here, here, lambda: _written(conversation, body))
        yield tried(
            "request at home" if here == there else "request abroad",
            here,
            there,
            lambda there=there: _crossed(conversation, there),  # type: ignore[misc]
        )


def _decoded(dialect: str, body: bytes, model: str) -> Conversation:
    """Return what a body says; where the path names the model, as a listener would."""
    conversation = CODECS[dialect].decode_request(body)
    return msgspec.structs.replace(conversation, model=model) if model and not conversation.model else conversation


def _written(conversation: Conversation, body: bytes) -> Iterator[str]:
    head = DIALECTS[conversation.origin].read_head(body, {})
    encoded = CODECS[conversation.origin].encode_request(
        conversation, ModelInfo(conversation.model or "m"), head.stream
    )
    losses = [loss.field for loss in encoded.losses]
    answers_nobody = any("unknown call" in loss for loss in losses)
    yield from (
        fault
        for fault in gone(body, encoded.body, losses)
        if not (answers_nobody and fault.startswith("the text"))  # it went with the result that a loss names
    )


def _crossed(conversation: Conversation, there: str) -> Iterator[str]:
    codec = CODECS[there]
    encoded = codec.encode_request(conversation, ModelInfo(conversation.model or "m"), True)
    again = _decoded(there, encoded.body, conversation.model)
    losses = [loss.field for loss in encoded.losses]
    if there == conversation.origin:
        yield from kept(conversation, again, losses)
    else:
        told = conversation if codec.takes_free_text else without_free_text(conversation)
        yield from lost(told, again, losses, encoded.names)
