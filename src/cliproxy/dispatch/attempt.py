"""One try of an exchange with one credential: the request is prepared and sent, the answer delivered."""

from __future__ import annotations

from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.dialects.base import Dialect
from cliproxy.dispatch.answer import Answer
from cliproxy.dispatch.exchange import ClientStream, Clock, Exchange
from cliproxy.dispatch.losses import Lossy
from cliproxy.dispatch.request import request_for
from cliproxy.dispatch.result import Result
from cliproxy.errors import Failure, FailureKind
from cliproxy.providers.base import Call, Streams
from cliproxy.routing.plan import Target
from cliproxy.transport.base import Transport, Unreachable
from cliproxy.wire.frames import Framing


class Attempt:
    """One try of an exchange with one credential."""

    def __init__(
        self,
        exchange: Exchange,
        candidate: Candidate,
        credential: Credential,
        transport: Transport,
        dialects: dict[str, Dialect],
        clock: Clock,
        *,
        pass_headers: bool,
        hold_time: float | None,
        strict: bool,
    ) -> None:
        self._exchange = exchange
        self._target: Target = exchange.plan.targets[candidate]
        self._credential = credential
        self._transport = transport
        self._upstream = dialects[self._target.endpoint.dialect]
        self._clock = clock
        self._pass_headers = pass_headers
        self._hold_time = hold_time
        self._strict = strict
        self._relays = self._upstream is exchange.dialect
        self.was_sent = False
        self.result = Result(credential.secret.reveal())

    async def run(self, client: ClientStream) -> None:
        """
        Ask the upstream and answer the client.

        Raises:
            Refused: The upstream did not answer, and the client has seen nothing of it.
            RequestError: The request cannot be read, or asks for what the model does not take.
            Lossy: The upstream cannot be told all of it, and the configuration asks for that.
        """
        head = self._exchange.head
        stream = head.stream if self._target.endpoint.streams is not Streams.ALWAYS else True
        stream = stream and self._target.endpoint.streams is not Streams.NEVER
        sent = request_for(self._target, self._upstream, self._exchange, stream=stream)
        self.result.losses = tuple(loss.field for loss in sent.losses)
        if self._strict and sent.losses:
            raise Lossy(self.result.losses, self._upstream.name)
        call = Call(
            endpoint=self._target.endpoint,
            model=self._target.model,
            stream=stream,
            framing=self._framing_wanted(stream=stream),
            credential=self._credential,
            client_headers=self._exchange.headers if self._relays else {},
            exchange_id=self._exchange.id,
            now=self._clock(),
        )
        answer = Answer(
            self._exchange,
            self._target,
            self._upstream,
            self.result,
            sent.names,
            self._clock,
            pass_headers=self._pass_headers,
            hold_time=self._hold_time,
        )
        self.was_sent = True
        try:
            async with await self._transport.send(self._target.provider.prepare(call, sent.body)) as response:
                await answer.deliver(response, client, stream=stream)
        except Unreachable as error:
            status = 504 if error.timed_out else 502
            failure = Failure(FailureKind.UNREACHABLE, status, str(error), scope="account")
            raise self.result.refused(failure) from None
        finally:
            answer.conclude()

    def _framing_wanted(self, *, stream: bool) -> Framing:
        if not stream:
            return Framing.WHOLE
        head = self._exchange.head
        return head.framing if self._relays and head.stream else Framing.EVENT_STREAM
