"""One client request and what is decided about it; and the client, as dispatch sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import structs

from cliproxy.access.principal import Principal
from cliproxy.conversation.request import Conversation
from cliproxy.dialects.base import Dialect, Operation, RequestHead
from cliproxy.dispatch.memory import Remembered
from cliproxy.errors import GatewayError
from cliproxy.routing.payload import Amendments
from cliproxy.routing.plan import Plan
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList, Headers


class NobodyToWarm(Exception):  # noqa: N818 (a state of the accounts)
    """A warm-up is for a socket to an upstream, and nobody who could serve has one."""


@dataclass(slots=True)
class Exchange:
    """One client request."""

    id: str
    dialect: Dialect
    operation: Operation
    head: RequestHead
    body: bytes = field(repr=False)
    headers: Headers = field(repr=False)
    principal: Principal
    plan: Plan = field(repr=False)
    conversation_key: str = ""  # which conversation of this client's it belongs to; "": nobody can tell
    amendments: Amendments | None = field(default=None, repr=False)  # the operator's, of what is sent
    channel: str = ""  # the client's own, where it has one connection for several requests; "": none
    is_warm_up: bool = False  # nothing is to be generated: a socket to the upstream is made ready
    remembers: bool = False  # whether the reply is kept here too, for requests that go on from it
    before: Remembered | None = field(default=None, repr=False)  # what this request goes on from
    is_forgotten: bool = False  # the account that made that does not know it any more
    without_proofs: bool = False  # an upstream refused one: none is sent again
    _conversation: Conversation | None = field(default=None, repr=False)

    def in_full(self, *, relayed: bool = False) -> bytes:
        """Return the request with all that came before it, to be relayed or translated. Raises RequestError."""
        continuing = self.dialect.continuing
        if self.before is None or continuing is None:
            return self.body
        items = self.before.items
        if items is None:
            raise continuing.not_found(self.head.continues)
        return continuing.continued(self.body, list(filter(continuing.is_taken_back, items)) if relayed else items)

    def conversation(self) -> Conversation:
        """
        Return what the request says in neutral words, decoded when first asked for. Raises RequestError.

        Its model is called as the client is told, wherever the name stood: without a suffix.
        """
        if self._conversation is None:
            counting, codec = self.dialect.counting, self.dialect.codec
            if self.operation is Operation.COUNT_TOKENS and counting is not None:
                said = counting.decode_request(self.in_full())
            else:
                assert codec is not None
                said = codec.decode_request(self.in_full())
            self._conversation = structs.replace(said, model=self.plan.name)
        return self._conversation


class ClientStream(Protocol):
    """The way back to the client."""

    def begin(self, framing: Framing, headers: HeaderList) -> None:
        """A stream follows; its head goes out with the first `flush`."""
        ...

    def write(self, units: Iterable[bytes]) -> None:
        """Put framed units into the buffer."""
        ...

    async def flush(self) -> None:
        """Put the buffer onto the socket; waits while the client lags."""
        ...

    async def finish(self) -> None:
        """The stream is complete."""
        ...

    async def whole(self, body: bytes, headers: HeaderList) -> None:
        """Send a whole reply."""
        ...

    async def fail(self, error: GatewayError) -> None:
        """Send an error: with its status, or within the stream that has begun."""
        ...


Clock = Callable[[], float]  # unix time
Sleep = Callable[[float], Awaitable[None]]  # seconds
