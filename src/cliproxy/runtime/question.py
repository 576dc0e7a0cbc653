"""
The smallest request that an upstream can be asked, in its own words, and whether it answers.

No pool is asked and nobody fails over: what one credential comes to at one model is the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec import Struct, structs

from cliproxy.conversation.events import ReplyError
from cliproxy.conversation.request import Conversation, Message, Role, Sampling, Text
from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.errors import Failure, FailureKind
from cliproxy.providers.base import Call, Endpoint, Provider, Streams
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.routing.offers import Offer
from cliproxy.transport.base import Transport, TransportError, Unreachable
from cliproxy.wire.envelope import Unwrapped
from cliproxy.wire.frames import Cutter, Frame, Framing
from cliproxy.wire.http import Carrier, HttpRequest, HttpResponse
from cliproxy.wire.json_array import JsonArray
from cliproxy.wire.sse import EventStream

WORDS = "Answer with the word OK."
MOST_TOKENS = 16  # of the answer; some upstreams take no fewer
LONGEST_WAIT = 60.0  # seconds for all of it
LONGEST_ANSWER = 4 * 1024 * 1024  # bytes

_ELSEWHERE = (429, 503)  # where an upstream has several hosts, the next may serve
_LEAST_SECRET = 6  # characters


class Answered(Struct, frozen=True):
    """What a question came to."""

    failure: Failure | None  # None: there was a reply
    clock_offset: float = 0.0  # seconds that the upstream's clock is ahead of ours


@dataclass(frozen=True, slots=True)
class Question:
    """A question to one model by one credential."""

    provider: Provider
    offer: Offer
    credential: Credential
    dialects: Mapping[str, Dialect]
    id: str  # made for it

    async def asked(self, transport: Transport, *, clock: Callable[[], float]) -> Answered:
        """Ask it."""
        endpoint = self._endpoint()
        if endpoint is None:
            return Answered(
                Failure(FailureKind.WRONG_ANSWER, 0, "this provider has nothing that can be asked from here")
            )
        stream = endpoint.streams is Streams.ALWAYS or self.provider.always_streams(self.credential)
        response = await self._response(self._request(endpoint, stream=stream, now=clock()), transport)
        if isinstance(response, Failure):
            return self._answered(response)
        observed = Observation(
            response.status,
            response.headers,
            response.body,
            clock(),
            self.offer.model,
            third_party=self.provider.is_elsewhere(self.credential),
        )
        failure = self._failure(observed, self.dialects[endpoint.dialect], stream=stream)
        return self._answered(failure, observed.clock_offset)

    def _endpoint(self) -> Endpoint | None:
        generates = (one for one in self.provider.endpoints if one.operation is Operation.GENERATE)
        return next((one for one in generates if one.carrier is Carrier.HTTP), None)

    def _request(self, endpoint: Endpoint, *, stream: bool, now: float) -> HttpRequest:
        codec = self.dialects[endpoint.dialect].codec
        assert codec is not None  # every dialect that an upstream speaks has one
        said = Conversation(
            origin=endpoint.dialect,
            model=self.offer.model,
            messages=(Message(Role.USER, (Text(WORDS),)),),
            sampling=Sampling(max_tokens=MOST_TOKENS),
        )
        call = Call(
            endpoint=endpoint,
            model=self.offer.model,
            stream=stream,
            framing=Framing.EVENT_STREAM if stream else Framing.WHOLE,
            credential=self.credential,
            client_headers={},
            exchange_id=self.id,
            now=now,
            info=self.offer.info,
            project=self.credential.project,
        )
        return self.provider.prepare(call, codec.encode_request(said, self.offer.info, stream).body)

    async def _response(self, request: HttpRequest, transport: Transport) -> HttpResponse | Failure:
        """Return what came back, or why nothing did."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await self._sent(request, transport)
        except TimeoutError:
            return Failure(FailureKind.UNREACHABLE, 504, f"no answer within {LONGEST_WAIT:.0f} s")
        except Unreachable as error:
            return Failure(FailureKind.UNREACHABLE, 504 if error.timed_out else 502, str(error), scope="account")
        except TransportError as error:
            return Failure(FailureKind.NO_CONTENT, 502, str(error))

    async def _sent(self, request: HttpRequest, transport: Transport) -> HttpResponse:
        """Return the answer of the first host that serves, else the last one's. Raises TransportError."""
        urls = self._urls(request)
        for url in urls[:-1]:
            try:
                response = await _fetched(structs.replace(request, url=url), transport)
            except TransportError:
                continue
            if response.status not in _ELSEWHERE:
                return response
        return await _fetched(structs.replace(request, url=urls[-1]), transport)

    def _urls(self, request: HttpRequest) -> tuple[str, ...]:
        provider, credential = self.provider, self.credential
        if not provider.hosts or credential.base_url or provider.address_of(credential):
            return (request.url,)
        path = request.url.removeprefix(provider.base_url)
        return tuple(host + path for host in provider.hosts)

    def _failure(self, observed: Observation, dialect: Dialect, *, stream: bool) -> Failure | None:
        """Return why an answer is no reply; None: it is one."""
        if not 200 <= observed.status < 300:
            return self.provider.diagnose(observed)
        kind = observed.headers.get("content-type", "").partition(";")[0].strip().lower()
        framing = dialect.framing(kind, stream) if kind else None
        if framing is None:
            return Failure(FailureKind.WRONG_ANSWER, 502, f"it answers with {kind or 'nothing'}, which is no reply")
        for frame in self._frames(observed.body, framing):
            sighting = dialect.sight(frame)
            if sighting is not None and sighting.error is not None:
                return self._failure_inside(sighting.error, frame, observed)
            if sighting is not None and (sighting.content or sighting.end):
                return None
        return Failure(FailureKind.NO_CONTENT, 502, "it answers 200 without a reply")

    def _frames(self, body: bytes, framing: Framing) -> list[Frame]:
        if framing is Framing.WHOLE:
            return [Frame("", self.provider.reply_of(self.provider.unwrap(body)))] if body.strip() else []
        inner: Cutter = JsonArray() if framing is Framing.JSON_ARRAY else EventStream()
        cutter = Unwrapped(inner, self.provider.unwrap)
        return cutter.frames(cutter.feed(body) + cutter.close())

    def _failure_inside(self, error: ReplyError, frame: Frame, observed: Observation) -> Failure:
        told = structs.replace(observed, status=error.status or 502, body=frame.data, inside=True)
        return self.provider.diagnose(told)

    def _answered(self, failure: Failure | None, offset: float = 0.0) -> Answered:
        secret = self.credential.secret.reveal()
        if failure is not None and len(secret) >= _LEAST_SECRET:
            failure = structs.replace(failure, message=failure.message.replace(secret, "***"), body=b"")
        return Answered(failure, offset)


async def _fetched(request: HttpRequest, transport: Transport) -> HttpResponse:
    async with await transport.send(request) as response:
        return HttpResponse(response.status, response.headers, await response.read(LONGEST_ANSWER))
