"""
The way of one reply to the client: what it goes through, and what is kept of it afterwards.

An upstream that speaks the client's dialect is relayed; but not where it streams and the client wants one body, or
the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from cliproxy.conversation.declared import AsDeclared
from cliproxy.dialects.base import Codec, Dialect, Losses, Operation, ReplyContext
from cliproxy.dispatch.exchange import Clock, Exchange
from cliproxy.dispatch.memory import KeptReplies, ReplyTap
from cliproxy.dispatch.pipeline import Fold, Pipeline, Relay, Translate
from cliproxy.dispatch.proofs import KeptProofs, ProofTap
from cliproxy.errors import Failure, FailureKind
from cliproxy.wire.frames import Cutter, Framing
from cliproxy.wire.sse import EventStream


class NoWay(Exception):  # noqa: N818 (an upstream's answer, not a fault of ours)
    """The upstream answered in the other manner than asked, in a dialect that is only relayed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class WayBack:
    """The way of one reply."""

    def __init__(
        self,
        exchange: Exchange,
        upstream: Dialect,
        names: Mapping[str, str],
        clock: Clock,
        proofs: KeptProofs,
        replies: KeptReplies,
        *,
        account: str,
        hides_usage: bool = False,
    ) -> None:
        """
        Prepare it.

        Args:
            exchange: What was asked.
            upstream: The dialect of the reply.
            names: Tools renamed for the upstream: theirs -> the client's.
            clock: Unix time.
            proofs: Where proofs are kept.
            replies: Where replies are kept.
            account: The credential that keeps the reply under its id; "": none does.
            hides_usage: Whether usage was asked for that the client did not ask for.
        """
        self.relays = upstream is exchange.dialect
        self.losses = Losses()
        self._exchange = exchange
        self._upstream = upstream
        self._names = names
        self._clock = clock
        self._proofs = proofs
        self._replies = replies
        self._account = account
        self._hides_usage = hides_usage
        self._proof_tap: ProofTap | None = None
        self._reply_tap: ReplyTap | None = None
        self._fold: Fold | None = None

    def streamed(self, cutter: Cutter, framing: Framing) -> Pipeline:
        """Return what a stream goes through. Raises NoWay."""
        head = self._exchange.head
        if self.relays and head.stream and framing is head.framing:
            tap = self._tap_replies(cutter)
            hear = tap.feed if tap else None
            return Relay(self._upstream, cutter, framing, hear, hides_usage=self._hides_usage)
        return self._translate(cutter) if head.stream else self.folded(cutter)

    def of_whole(self) -> Translate | Fold:
        """Return what the events of a whole reply go through. Raises NoWay."""
        return self._translate(EventStream()) if self._exchange.head.stream else self.folded(EventStream())

    def folded(self, cutter: Cutter) -> Fold:
        """Return what adds a reply up to one body."""
        self._fold = Fold(self.codec(self._upstream).stream_decoder(), cutter, self._declared())
        return self._fold

    def body(self, fold: Fold) -> bytes:
        """Return what was added up, as one body."""
        return self.codec(self._exchange.dialect).encode_reply(fold.assembler.reply, self._context())

    def heard(self, body: bytes) -> None:
        """Listen to a body that goes out to the client."""
        tap = self._tap_replies(EventStream())
        if tap is not None:
            tap.whole(body)

    def keep(self) -> None:
        """The reply is complete: keep what the client's next request may need."""
        exchange, now = self._exchange, self._clock()
        client = exchange.principal.name
        if self._fold is not None and not self.relays:
            self._proofs.keep(client, self._fold.assembler.reply, now=now)
        elif self._proof_tap is not None and self._proof_tap.reply is not None:
            self._proofs.keep(client, self._proof_tap.reply, now=now)
        tap, continuing = self._reply_tap, exchange.dialect.continuing
        if tap is not None and tap.id and continuing is not None:
            items = [*continuing.items(exchange.body), *tap.items]
            before = exchange.head.continues
            self._replies.keep(client, tap.id, items, before=before, account=self._account, now=now)

    def codec(self, dialect: Dialect) -> Codec:
        """Return a dialect's translations. Raises NoWay where it has none."""
        if dialect.codec is None:
            asked = "a stream" if self._exchange.head.stream else "one body"
            message = f"the upstream was asked for {asked} and sent the other"
            raise NoWay(Failure(FailureKind.WRONG_ANSWER, 502, message))
        return dialect.codec

    def _translate(self, cutter: Cutter) -> Translate:
        decoder = self.codec(self._upstream).stream_decoder()
        encoder = self.codec(self._exchange.dialect).stream_encoder(self._context())
        if not self.relays:
            self._proof_tap = ProofTap()
        tap = self._tap_replies(EventStream())
        hear = tap.feed if tap else None
        return Translate(decoder, encoder, cutter, self._declared(), proofs=self._proof_tap, hear=hear)

    def _tap_replies(self, cutter: Cutter) -> ReplyTap | None:
        exchange = self._exchange
        continuing = exchange.dialect.continuing
        if continuing is None or not exchange.remembers or exchange.operation is not Operation.GENERATE:
            return None
        self._reply_tap = ReplyTap(continuing, cutter.frames)
        return self._reply_tap

    def _declared(self) -> AsDeclared | None:
        """Return what puts calls as the client declared its tools, where anything can differ."""
        if self.relays:
            return None
        tools = tuple(self._exchange.conversation().functions)
        if not tools:
            return None
        takes_free_text = self.codec(self._exchange.dialect).takes_free_text
        return AsDeclared(tools, self._names, takes_free_text=takes_free_text, id_=self._exchange.id)

    def _context(self) -> ReplyContext:
        exchange = self._exchange
        head = exchange.head
        if head.model != exchange.plan.name:  # a suffix is between the client and us
            head = structs.replace(head, model=exchange.plan.name)
        request = None if self.relays else exchange.conversation()  # read already, for the upstream
        return ReplyContext(head, request, exchange.id, self._clock(), self.losses, exchange.body)
