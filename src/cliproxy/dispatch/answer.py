"""
An upstream's answer, on its way to the client: read whole, or its opening held and the rest pumped through.

An upstream can refuse inside a 200 stream, right after its first frames. So the opening is held until content is
sighted; until then the attempt can fail and another credential be asked, and no client ever sees anything of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import structs

from cliproxy.conversation.events import ReplyError
from cliproxy.conversation.reply import Usage
from cliproxy.credentials.cooldown import FIRST_REST
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.dispatch.exchange import ClientStream, Clock, Exchange
from cliproxy.dispatch.losses import header_of
from cliproxy.dispatch.opening import Opening
from cliproxy.dispatch.passed import passed
from cliproxy.dispatch.pipeline import Fold, Pipeline
from cliproxy.dispatch.result import Result
from cliproxy.dispatch.verdict import status_of
from cliproxy.dispatch.way_back import NoWay, WayBack
from cliproxy.errors import Failure, FailureKind, GatewayError
from cliproxy.providers.base import Unwrap, as_is
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.routing.plan import Target
from cliproxy.transport.base import BrokenOff, TooLong, TransportError, UpstreamResponse
from cliproxy.usage.record import Outcome
from cliproxy.wire.body import UNREADABLE
from cliproxy.wire.envelope import Unwrapped
from cliproxy.wire.frames import Cutter, Frame, FrameTooLong, Framing
from cliproxy.wire.http import HeaderList, Headers
from cliproxy.wire.json_array import JsonArray
from cliproxy.wire.sse import EventStream, rewritten

CREDENTIAL_HEADER = "x-cliproxy-credential"
LONGEST_REPLY = 256 * 1024 * 1024  # bytes of a reply that is read whole
LONGEST_REFUSAL = 1024 * 1024  # bytes

_CUTTERS: dict[Framing, Callable[[], Cutter]] = {
    Framing.EVENT_STREAM: EventStream,
    Framing.JSON_ARRAY: JsonArray,
}


class _Typed(msgspec.Struct):
    """What of an event is looked at."""

    type: msgspec.Raw = msgspec.Raw(b"")


_decode_typed = msgspec.json.Decoder(_Typed).decode
_encode = msgspec.json.Encoder().encode


class Answer:
    """One upstream's answer to one attempt."""

    def __init__(
        self,
        exchange: Exchange,
        target: Target,
        upstream: Dialect,
        result: Result,
        way: WayBack,
        clock: Clock,
        *,
        unwrap: Unwrap | None = None,
        pass_headers: bool,
        handle: str = "",
        learns: bool = True,
        third_party: bool = False,
        hold_time: float | None,
    ) -> None:
        self._exchange = exchange
        self._target = target
        self._upstream = upstream
        self._result = result
        self._way = way
        self._clock = clock
        self._pass_headers = pass_headers
        self._handle = handle
        self._learns = learns
        self._third_party = third_party
        self._hold_time = hold_time
        self._unwrap = unwrap or target.provider.unwrap
        self._pipeline: Pipeline | None = None

    async def deliver(self, response: UpstreamResponse, client: ClientStream, *, stream: bool) -> None:
        """
        Pass the answer on, in whatever form it came. `stream`: whether a stream was asked for.

        Raises:
            Refused: The upstream did not answer, and the client has seen nothing of it.
        """
        if response.status >= 300 or response.status < 200:
            raise self._result.refused(await self._refusal(response))
        self._result.first_byte_at = self._clock()
        if self._learns:
            self._result.windows = self._target.provider.quota(self._observed(response.status, response.headers, b""))
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        framing = self._upstream.framing(content_type, stream) if content_type else None
        if framing is None:
            kind = content_type or "nothing"
            message = f"the upstream answered with {kind}, which is no reply"
            raise self._result.refused(Failure(FailureKind.WRONG_ANSWER, 502, message))
        try:
            if framing is Framing.WHOLE:
                await self._whole(response, client)
            else:
                await self._streamed(response, client, framing)
        except NoWay as answer:
            raise self._result.refused(answer.failure) from None

    def conclude(self) -> None:
        """Whatever happened, also a client that left: what was used is known, and a complete reply is a success."""
        self._result.losses += self._reply_losses()
        if self._pipeline is not None:
            self._result.usage = self._pipeline.usage
            if self._result.outcome is Outcome.ABANDONED and self._pipeline.ended and self._pipeline.error is None:
                self._result.succeeded()
        if self._result.outcome is Outcome.SUCCEEDED:
            self._way.keep()

    async def _refusal(self, response: UpstreamResponse) -> Failure:
        came_at = self._clock()
        try:
            body = await response.read(LONGEST_REFUSAL)
        except TransportError:
            body = b""
        observed = structs.replace(self._observed(response.status, response.headers, body), now=came_at)
        self._result.windows = self._target.provider.quota(observed)
        return _not_over(self._target.provider.diagnose(observed), self._clock())

    async def _whole(self, response: UpstreamResponse, client: ClientStream) -> None:
        try:
            body = self._target.provider.reply_of(self._unwrap(await response.read(LONGEST_REPLY)))
        except (BrokenOff, TooLong) as error:
            raise self._result.refused(Failure(FailureKind.NO_CONTENT, 502, str(error))) from None
        sighting = self._upstream.sight(Frame("", body)) if body.strip() else None
        if sighting is None:
            message = "the upstream answered 200 with nothing that can be read"
            raise self._result.refused(Failure(FailureKind.NO_CONTENT, 502, message))
        if sighting.error is not None:
            raise self._result.refused(self._failure_of(sighting.error, response.headers, body))
        if self._exchange.operation is Operation.GENERATE and not (sighting.content or sighting.end):
            raise self._result.refused(
                Failure(FailureKind.NO_CONTENT, 502, "the upstream answered 200 without a reply")
            )
        self._result.usage = sighting.usage or Usage()
        if self._way.relays and not self._exchange.head.stream:
            await self._send_whole(body, response, client)
            return
        if self._exchange.operation is Operation.COUNT_TOKENS:
            await self._send_whole(self._recounted(body), response, client)
            return
        events = self._way.codec(self._upstream).decode_reply(body)
        broken = next((event for event in events if isinstance(event, ReplyError)), None)
        if broken is not None:
            raise self._result.refused(self._failure_of(broken, response.headers, body))
        pipeline = self._pipeline = self._way.of_whole()
        units = pipeline.write(events)
        if isinstance(pipeline, Fold):
            await self._send_whole(self._way.body(pipeline), response, client)
            return
        client.begin(self._exchange.head.framing, self._passed(response.headers))
        client.write(units)
        self._result.succeeded()
        await client.flush()
        await client.finish()

    async def _send_whole(self, body: bytes, response: UpstreamResponse, client: ClientStream) -> None:
        self._way.heard(body)
        self._result.succeeded()
        await client.whole(body, self._passed(response.headers))

    def _recounted(self, body: bytes) -> bytes:
        """Return a count of tokens in the client's dialect."""
        ours, theirs = self._exchange.dialect.counting, self._upstream.counting
        assert ours is not None  # else the plan
        assert theirs is not None  # would not lead here
        count = theirs.decode_reply(body)
        if count is None:
            raise self._result.refused(Failure(FailureKind.WRONG_ANSWER, 502, "the upstream's count cannot be read"))
        return ours.encode_reply(count)

    async def _streamed(self, response: UpstreamResponse, client: ClientStream, framing: Framing) -> None:
        cutter: Cutter = _CUTTERS[framing]()
        unwrap = self._unwrap
        if unwrap is as_is and framing is Framing.JSON_ARRAY:  # as whose only element a whole reply is seen
            unwrap = self._target.provider.reply_of
        if unwrap is not as_is:
            cutter, framing = Unwrapped(cutter, unwrap), Framing.EVENT_STREAM
        pipeline = self._pipeline = self._way.streamed(cutter, framing)
        if isinstance(pipeline, Fold):
            await self._folded(pipeline, cutter, response, client)
            return
        opening = Opening(self._upstream, cutter, self._hold_time)

        def through(block: bytes) -> list[bytes]:
            units = pipeline.feed(block)
            return units if pipeline.error is None else self._result.cleaned(units)

        def release() -> None:
            self._result.answered()
            client.begin(self._exchange.head.framing, self._passed(response.headers))
            client.write(through(opening.release()))

        def forward(block: bytes) -> Iterable[bytes]:
            if opening.is_released:
                return through(block)
            if opening.feed(block):
                release()
            elif opening.error is not None:
                raise self._result.refused(self._failure_of(opening.error, response.headers))
            return ()

        async with opening.time_limit(release, client.flush):
            broken = await self._pump(response, client, cutter, forward)
        rest = cutter.close()
        if not opening.is_released:
            if broken is None and rest and opening.feed(rest):
                release()
                rest = b""
            elif opening.error is not None:
                raise self._result.refused(self._failure_of(opening.error, response.headers))
            else:
                message = broken.message if broken else "the upstream ended its stream without content"
                raise self._result.refused(Failure(FailureKind.NO_CONTENT, 502, message))
        client.write(self._result.cleaned(pipeline.close(rest, broken)))
        if pipeline.ended and pipeline.error is None:  # whatever the connection came to afterwards
            self._result.succeeded()
            await client.flush()
            await client.finish()
        else:
            await self._tell_of_break(pipeline, broken, response, client)

    async def _folded(self, fold: Fold, cutter: Cutter, response: UpstreamResponse, client: ClientStream) -> None:
        """Answer a client that wants one body, once the stream is whole."""
        broken = await self._pump(response, client, cutter, fold.feed)
        fold.close(cutter.close(), broken)
        if fold.error is not None:
            raise self._result.refused(self._failure_of(fold.error, response.headers))
        await self._send_whole(self._way.body(fold), response, client)

    async def _pump(
        self,
        response: UpstreamResponse,
        client: ClientStream,
        cutter: Cutter,
        forward: Callable[[bytes], Iterable[bytes]],
    ) -> ReplyError | None:
        """Pump the stream through, and return why it broke off, if it did."""
        sign = self._target.provider.quota_sign

        def take(chunk: bytes) -> None:
            block = cutter.feed(chunk)
            if block:
                if sign and sign in block:
                    block = self._after_quota(sign, block, cutter.frames(block))
                client.write(forward(block))

        try:
            await response.pump(take, client.flush)
        except (BrokenOff, FrameTooLong) as error:
            return ReplyError(str(error), status=502)
        return None

    def _after_quota(self, sign: bytes, block: bytes, frames: Sequence[Frame]) -> bytes:
        """Note what events of a stream tell of the account's quota; a client that does not know them gets the rest."""
        provider = self._target.provider
        telling = [frame for frame in frames if sign in frame.data and _type_of(frame.data) == sign]
        for frame in telling:
            self._result.windows += provider.quota(self._observed(200, {}, frame.data, inside=True))
        if not telling or provider.knows_quota(self._exchange.headers):
            return block
        return rewritten(frame for frame in frames if frame not in telling)

    async def _tell_of_break(
        self, pipeline: Pipeline, broken: ReplyError | None, response: UpstreamResponse, client: ClientStream
    ) -> None:
        """The stream ended before the reply did. The client has seen content, so it is told within the stream."""
        error = pipeline.error or broken or ReplyError("the upstream's stream ended before the reply did", status=502)
        failure = self._result.refused(self._failure_of(error, response.headers)).failure
        if pipeline.error is None:  # else the error has gone through the pipeline to the client
            await client.fail(GatewayError(failure.message, status=status_of(failure), code=failure.kind.value))
        else:
            await client.flush()
            await client.finish()

    def _failure_of(self, error: ReplyError, headers: Headers, body: bytes = b"") -> Failure:
        """Return what an error inside a 200 means, by the rules that hold for its words anywhere."""
        told = body or _encode({"error": {"message": error.message, "code": error.code}})
        return self._target.provider.diagnose(self._observed(error.status or 502, headers, told, inside=True))

    def _observed(self, status: int, headers: Headers, body: bytes, *, inside: bool = False) -> Observation:
        return Observation(
            status,
            headers,
            body,
            self._clock(),
            self._target.model,
            inside=inside,
            third_party=self._third_party,
        )

    def _passed(self, headers: Headers) -> HeaderList:
        """Return what the client gets beside the reply. What a reply loses is known by now where it goes out whole."""
        losses = header_of((*self._result.losses, *self._reply_losses()))
        if self._handle:
            losses = (*losses, (CREDENTIAL_HEADER, self._handle))
        return passed(headers, losses) if self._pass_headers else losses

    def _reply_losses(self) -> tuple[str, ...]:
        return tuple(loss.field for loss in self._way.losses.found())


def _type_of(data: bytes) -> bytes:
    """Return the type of an event, as it stands in JSON; of anything else nothing."""
    try:
        return bytes(_decode_typed(data).type)
    except UNREADABLE:
        return b""


def _not_over(failure: Failure, now: float) -> Failure:
    """Return a failure of which the rest may have ended while its words were read: it ends in a moment, then."""
    if failure.rests_until is None or failure.rests_until > now:
        return failure
    return structs.replace(failure, rests_until=now + FIRST_REST)
