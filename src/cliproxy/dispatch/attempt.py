"""One try of an exchange with one credential: the request is prepared and sent, the answer delivered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import structs

from cliproxy.conversation.request import Conversation
from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.dialects.base import Dialect
from cliproxy.dispatch.answer import Answer
from cliproxy.dispatch.exchange import ClientStream, Clock, Exchange
from cliproxy.dispatch.losses import Lossy
from cliproxy.dispatch.memory import KeptReplies
from cliproxy.dispatch.proofs import KeptProofs
from cliproxy.dispatch.request import request_for
from cliproxy.dispatch.result import Result
from cliproxy.dispatch.way_back import WayBack
from cliproxy.errors import Failure, FailureKind
from cliproxy.providers.base import Call, Streams
from cliproxy.routing.plan import Target
from cliproxy.transport.base import Transport, Unreachable
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HttpRequest


class Attempt:
    """One try of an exchange with one credential."""

    def __init__(
        self,
        exchange: Exchange,
        candidate: Candidate,
        credential: Credential,
        transport: Transport,
        dialects: dict[str, Dialect],
        proofs: KeptProofs,
        replies: KeptReplies,
        clock: Clock,
        *,
        answered: Callable[[], None],
        pass_headers: bool,
        names_credential: bool,
        learns: bool,
        hold_time: float | None,
        strict: bool,
    ) -> None:
        self._exchange = exchange
        self._proofs = proofs
        self._replies = replies
        self._target: Target = exchange.plan.targets[candidate]
        self._credential = credential
        self._transport = transport
        self._upstream = dialects[self._target.endpoint.dialect]
        self._clock = clock
        self._pass_headers = pass_headers
        self._handle = credential.handle if names_credential else ""
        self._learns = learns
        self._hold_time = hold_time
        self._strict = strict
        self._relays = self._upstream is exchange.dialect
        self.was_sent = False
        self.result = Result(credential.secret.reveal(), answered)

    async def run(self, client: ClientStream) -> None:
        """
        Ask the upstream and answer the client.

        Raises:
            Refused: The upstream did not answer, and the client has seen nothing of it.
            RequestError: The request cannot be read, or asks for what the model does not take.
            Lossy: The upstream cannot be told all of it, and the configuration asks for that.
        """
        exchange, target = self._exchange, self._target
        stream = self._is_streamed()
        sent = request_for(
            target,
            self._upstream,
            exchange,
            stream=stream,
            restored=self._restored,
            in_full=not self._knows_what_came_before(),
        )
        call = Call(
            endpoint=target.endpoint,
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
        )
        request = self._amended(target.provider.prepare(call, sent.body))
        self.result.losses = tuple(loss.field for loss in (*sent.losses, *call.losses.found()))
        if self._strict and self.result.losses:
            raise Lossy(self.result.losses, self._upstream.name)
        answer = Answer(
            exchange,
            target,
            self._upstream,
            self.result,
            self._way_back(sent.names),
            self._clock,
            pass_headers=self._pass_headers,
            handle=self._handle,
            learns=self._learns,
            third_party=target.provider.is_elsewhere(self._credential),
            hold_time=self._hold_time,
        )
        self.was_sent = True
        try:
            async with await self._transport.send(request) as response:
                await answer.deliver(response, client, stream=stream)
        except Unreachable as error:
            status = 504 if error.timed_out else 502
            failure = Failure(FailureKind.UNREACHABLE, status, str(error), scope="account")
            raise self.result.refused(failure) from None
        finally:
            answer.conclude()

    def _amended(self, request: HttpRequest) -> HttpRequest:
        """Return the call with what the operator puts into requests, or takes out."""
        exchange, target = self._exchange, self._target
        if exchange.amendments is None:
            return request
        names = (target.model, exchange.plan.name, exchange.plan.requested)
        amendment = exchange.amendments.find(target.provider.name, target.endpoint, names)
        return request if amendment is None else structs.replace(request, body=amendment.applied(request.body))

    def _is_streamed(self) -> bool:
        """Tell whether the upstream is to stream: as the client asked, where it can do both."""
        target = self._target
        match target.endpoint.streams:
            case Streams.ALWAYS:
                return True
            case Streams.NEVER:
                return False
            case _:
                return self._exchange.head.stream or target.provider.always_streams(self._credential)

    def _restored(self, conversation: Conversation) -> Conversation:
        """Return what was said with the proofs that the client left out."""
        return self._proofs.restored(self._exchange.principal.name, conversation, now=self._clock())

    def _knows_what_came_before(self) -> bool:
        """Tell whether this account made the reply that the request goes on from, and kept it."""
        exchange = self._exchange
        before = exchange.before
        if before is None or not self._relays or exchange.is_forgotten:
            return False
        return before.account == self._credential.id

    def _way_back(self, names: Mapping[str, str]) -> WayBack:
        exchange = self._exchange
        keeps = self._relays and exchange.head.stores and self._target.provider.keeps_replies(self._credential)
        return WayBack(
            exchange,
            self._upstream,
            names,
            self._clock,
            self._proofs,
            self._replies,
            account=self._credential.id if keeps else "",
        )

    def _framing_wanted(self, *, stream: bool) -> Framing:
        if not stream:
            return Framing.WHOLE
        head = self._exchange.head
        return head.framing if self._relays and head.stream else Framing.EVENT_STREAM
