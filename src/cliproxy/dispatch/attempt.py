"""One try of an exchange with one credential: the request is prepared and sent, the answer delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.dispatch import hosts
from cliproxy.dispatch.answer import Answer
from cliproxy.dispatch.exchange import ClientStream, Clock, Exchange, NobodyToWarm, Sleep
from cliproxy.dispatch.losses import Lossy
from cliproxy.dispatch.memory import KeptReplies
from cliproxy.dispatch.proofs import KeptProofs
from cliproxy.dispatch.result import Result
from cliproxy.dispatch.way_back import WayBack
from cliproxy.dispatch.way_there import Holds, Prepared, WayThere
from cliproxy.errors import Failure, FailureKind
from cliproxy.routing.plan import Target
from cliproxy.transport.base import Transport, Unreachable, UpstreamResponse
from cliproxy.transport.carriers import NotUpgraded
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
        sleep: Sleep,
        *,
        holds: Holds | None,
        rounds: int,
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
        self._sleep = sleep
        self._rounds = rounds if exchange.operation is Operation.GENERATE else 1
        self._pass_headers = pass_headers
        self._handle = credential.handle if names_credential else ""
        self._learns = learns
        self._hold_time = hold_time
        self._strict = strict
        self._there = WayThere(exchange, self._target, credential, self._upstream, proofs, clock, holds)
        self.was_sent = False
        self.result = Result(credential.secret.reveal(), answered)

    async def run(self, client: ClientStream) -> None:
        """
        Ask the upstream and answer the client.

        Raises:
            Refused: The upstream did not answer, and the client has seen nothing of it.
            NobodyToWarm: The request is a warm-up, and there is no socket to warm.
            RequestError: The request cannot be read, or asks for what the model does not take.
            Lossy: The upstream cannot be told all of it, and the configuration asks for that.
        """
        prepared = self._prepared()
        answer = Answer(
            self._exchange,
            self._target,
            self._upstream,
            self.result,
            self._way_back(prepared.names),
            self._clock,
            unwrap=prepared.unwrap,
            pass_headers=self._pass_headers,
            handle=self._handle,
            learns=self._learns,
            third_party=self._target.provider.is_elsewhere(self._credential),
            hold_time=self._hold_time,
        )
        self.was_sent = True
        try:
            async with await self._sent(prepared) as response:
                await answer.deliver(response, client, stream=prepared.stream)
        except Unreachable as error:
            status = 504 if error.timed_out else 502
            failure = Failure(FailureKind.UNREACHABLE, status, str(error), scope="account")
            raise self.result.refused(failure) from None
        finally:
            answer.conclude()

    def _prepared(self) -> Prepared:
        if self._exchange.is_warm_up and not self._there.is_a_socket:
            raise NobodyToWarm
        prepared = self._there.prepared()
        self.result.losses = prepared.losses
        if self._strict and self.result.losses:
            raise Lossy(self.result.losses, self._upstream.name)
        return prepared

    async def _sent(self, prepared: Prepared) -> UpstreamResponse:
        """Send the request, and return the answer once its head is there. Raises as `run` does, and Unreachable."""
        try:
            return await self._asked(prepared.request)
        except NotUpgraded:
            self._there.without_socket()
            self.was_sent = False  # it was told nothing, and of a warm-up it will not be
            request = self._prepared().request
            self.was_sent = True
            return await self._asked(request)

    def _asked(self, request: HttpRequest) -> Awaitable[UpstreamResponse]:
        urls = self._there.urls(request)
        return hosts.ask(request, urls, self._transport, self._sleep, rounds=self._rounds)

    def _way_back(self, names: Mapping[str, str]) -> WayBack:
        return WayBack(
            self._exchange,
            self._upstream,
            names,
            self._clock,
            self._proofs,
            self._replies,
            account=self._credential.id if self._there.is_kept else "",
            hides_usage=self._target.provider.asks_usage and not self._exchange.head.include_usage,
        )
