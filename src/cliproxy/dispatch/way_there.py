"""
The way of one request to one account: over which connection, said in full or not, with what the operator changes.

A client that came over a websocket is served over one where the account is to be. The upstream knows there what was
said before, for as long as that socket stands, so that only what is new is sent; anywhere else all of it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, structs

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Dialect, Encoded
from cliproxy.dispatch.exchange import Clock, Exchange
from cliproxy.dispatch.proofs import KeptProofs
from cliproxy.dispatch.request import request_for
from cliproxy.providers.base import Call, Endpoint, Streams, Unwrap
from cliproxy.routing.plan import Target
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import Carrier, HttpRequest

Holds = Callable[[HttpRequest], bool]
"""Tells whether the socket on which the turn before went is there for this one."""


class Prepared(Struct, frozen=True):
    """A request that is ready to be sent."""

    request: HttpRequest
    stream: bool
    losses: tuple[str, ...]
    names: Mapping[str, str]  # tools renamed for the upstream: theirs -> the client's
    unwrap: Unwrap  # the reply, out of the upstream's envelope


def socket_of(target: Target, credential: Credential) -> Endpoint | None:
    """Return where an account is asked over a websocket, or None where it is not to be."""
    if credential.details.get("websockets") is not True:
        return None
    asked = target.endpoint
    return next(
        (
            endpoint
            for endpoint in target.provider.endpoints
            if endpoint.carrier is Carrier.WEBSOCKET
            and (endpoint.dialect, endpoint.operation) == (asked.dialect, asked.operation)
        ),
        None,
    )


class WayThere:
    """The way to one account."""

    def __init__(
        self,
        exchange: Exchange,
        target: Target,
        credential: Credential,
        upstream: Dialect,
        proofs: KeptProofs,
        clock: Clock,
        holds: Holds | None,
    ) -> None:
        """`upstream` is the dialect spoken there; `holds` is None where nothing carries websockets."""
        self._exchange = exchange
        self._target = target
        self._credential = credential
        self._upstream = upstream
        self._proofs = proofs
        self._clock = clock
        self._holds = holds
        self._relays = upstream is exchange.dialect
        self._socket = socket_of(target, credential) if exchange.channel and self._relays and holds else None

    @property
    def is_a_socket(self) -> bool:
        """Whether the request goes over a websocket."""
        return self._socket is not None

    @property
    def is_kept(self) -> bool:
        """Whether the upstream keeps the reply, so that the next request can go on from it by its id."""
        if not self._relays:
            return False
        return self.is_a_socket or (self._exchange.head.stores and self._provider_keeps())

    def without_socket(self) -> None:
        """Go over HTTP after all."""
        self._socket = None

    def prepared(self) -> Prepared:
        """
        Return the request.

        Raises:
            RequestError: It cannot be read, or asks for what the model does not take.
        """
        if not self._may_know():
            return self._made(in_full=True)
        briefly = self._made(in_full=False)
        return briefly if self._provider_keeps() or self._is_held(briefly.request) else self._made(in_full=True)

    def urls(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the addresses at which the request can be made, the first one first."""
        provider, credential = self._target.provider, self._credential
        if not provider.hosts or credential.base_url or provider.address_of(credential):
            return (request.url,)
        path = request.url.removeprefix(provider.base_url)
        return tuple(host + path for host in provider.hosts)

    def _may_know(self) -> bool:
        """Tell whether this account made the reply that the request goes on from, and kept it."""
        before = self._exchange.before
        if before is None or not self._relays or self._exchange.is_forgotten:
            return False
        return before.account == self._credential.id

    def _is_held(self, request: HttpRequest) -> bool:
        return self._socket is not None and self._holds is not None and self._holds(request)

    def _provider_keeps(self) -> bool:
        return self._target.provider.keeps_replies(self._credential)

    def _made(self, *, in_full: bool) -> Prepared:
        exchange, target = self._exchange, self._target
        endpoint = self._socket or target.endpoint
        stream = self._is_streamed(endpoint)
        encoded: Encoded = request_for(
            target,
            self._upstream,
            exchange,
            stream=stream,
            restored=lambda said: self._proofs.restored(exchange.principal.name, said, now=self._clock()),
            in_full=in_full,
        )
        call = Call(
            endpoint=endpoint,
            model=target.model,
            stream=stream,
            framing=self._framing_wanted(stream=stream),
            credential=self._credential,
            client_headers=exchange.headers if self._relays else {},
            exchange_id=exchange.id,
            now=self._clock(),
            client_dialect=exchange.dialect.name,
            info=target.info,
            project=self._credential.project,
            channel=exchange.channel if self._socket is not None else "",
            conversation=exchange.conversation_key,
        )
        request = self._amended(target.provider.prepare(call, encoded.body))
        losses = tuple(loss.field for loss in (*encoded.losses, *call.losses.found()))
        return Prepared(request, stream, losses, encoded.names, target.provider.unwrapping(call, encoded.body))

    def _amended(self, request: HttpRequest) -> HttpRequest:
        """Return the call with what the operator puts into requests, or takes out."""
        exchange, target = self._exchange, self._target
        if exchange.amendments is None:
            return request
        names = (target.model, exchange.plan.name, exchange.plan.requested)
        amendment = exchange.amendments.find(target.provider.name, target.endpoint, names)
        return request if amendment is None else structs.replace(request, body=amendment.applied(request.body))

    def _is_streamed(self, endpoint: Endpoint) -> bool:
        """Tell whether the upstream is to stream: as the client asked, where it can do both."""
        match endpoint.streams:
            case Streams.ALWAYS:
                return True
            case Streams.NEVER:
                return False
            case _:
                return self._exchange.head.stream or self._target.provider.always_streams(self._credential)

    def _framing_wanted(self, *, stream: bool) -> Framing:
        if not stream:
            return Framing.WHOLE
        head = self._exchange.head
        return head.framing if self._relays and head.stream else Framing.EVENT_STREAM
