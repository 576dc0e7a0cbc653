"""
A client's request as one upstream is sent it: the client's own bytes but for a few edits and repairs, or said in the
upstream's words.

How hard to reason, where the model's name says so, replaces what the body says about it. It is fitted to the model
here, before a codec sees it.

Source: `reference` sheets `registry-and-thinking` A5, B1 and B4, `translation` section 6 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.proof import without_proofs
from cliproxy.conversation.request import Conversation, Effort, Level
from cliproxy.dialects.base import Dialect, Edits, Encoded, Loss, Operation
from cliproxy.dispatch.exchange import Exchange
from cliproxy.routing.model_name import Suffix
from cliproxy.routing.plan import Target

_MEANINGLESS = Loss("model: a suffix that says no effort")
_UNUSED = Loss("reasoning effort: not used beside a suffix that says none")
_UNABLE = Loss("reasoning effort")
_PROOFS = Loss("reasoning proofs: refused by the upstream")


def request_for(
    target: Target,
    upstream: Dialect,
    exchange: Exchange,
    *,
    stream: bool,
    restored: Callable[[Conversation], Conversation] | None = None,
    in_full: bool = True,
) -> Encoded:
    """
    Return what is sent.

    Args:
        target: Whom it is for.
        upstream: The dialect spoken there; the client's own is relayed.
        exchange: What the client asked.
        stream: Whether the upstream is to stream.
        restored: Puts back the proofs that a client leaves out.
        in_full: Whether all goes along that the request goes on from; else the upstream knows it.

    Raises:
        RequestError: The request cannot be read, or asks for what the model does not take.
    """
    suffix = target.suffix or exchange.plan.suffix
    if upstream is exchange.dialect:
        body = exchange.in_full(relayed=True) if in_full else exchange.body
        dropped = (_PROOFS,) if exchange.without_proofs else ()
        return Encoded(_relayed(body, target, suffix, exchange, stream=stream), dropped)
    said = structs.replace(exchange.conversation(), model=target.model)
    if exchange.operation is Operation.COUNT_TOKENS:
        assert upstream.counting is not None  # else the plan would not lead here
        return upstream.counting.encode_request(said, target.info)
    return _translated(said, target, suffix, upstream, exchange, stream=stream, restored=restored)


def _relayed(body: bytes, target: Target, suffix: Suffix | None, exchange: Exchange, *, stream: bool) -> bytes:
    effort = None
    if suffix is not None and suffix.effort is not None and exchange.operation is Operation.GENERATE:
        effort = efforts.chosen(suffix.effort, target.info, origin=exchange.dialect.name, target=exchange.dialect.name)
    edits = Edits(
        model=target.model if target.model != exchange.head.model else None,
        stream=stream if stream != exchange.head.stream else None,
        effort=effort,
        drop_proofs=exchange.without_proofs,
    )
    edited = body if edits == Edits() else exchange.dialect.edit_request(body, edits)
    repair = exchange.dialect.repair
    return edited if repair is None or exchange.operation is not Operation.GENERATE else repair(edited)


def _translated(
    said: Conversation,
    target: Target,
    suffix: Suffix | None,
    upstream: Dialect,
    exchange: Exchange,
    *,
    stream: bool,
    restored: Callable[[Conversation], Conversation] | None,
) -> Encoded:
    assert upstream.codec is not None  # else the plan would not lead here
    losses: tuple[Loss, ...] = ()
    if exchange.without_proofs:
        said, losses = without_proofs(said), (_PROOFS,)
    elif restored is not None:
        said = restored(said)
    if suffix is not None:
        effort, unsaid = _effort(suffix, said, target)
        losses += unsaid
        said = structs.replace(said, effort=effort)
    encoded = upstream.codec.encode_request(said, target.info, stream)
    return structs.replace(encoded, losses=(*losses, *encoded.losses)) if losses else encoded


def _effort(suffix: Suffix, said: Conversation, target: Target) -> tuple[Effort | None, tuple[Loss, ...]]:
    """Return the effort that a name says, and what is lost by it. Whether thoughts are shown is the body's to say."""
    if suffix.effort is None:
        return None, (_MEANINGLESS,) if said.effort is None else (_MEANINGLESS, _UNUSED)
    visible = said.effort.visible if said.effort is not None else None
    wanted = structs.replace(suffix.effort, visible=visible)
    effort = efforts.chosen(wanted, target.info, origin=said.origin, target=target.endpoint.dialect)
    unable = effort is None and efforts.level_of(wanted) is not Level.NONE
    return effort, (_UNABLE,) if unable else ()
