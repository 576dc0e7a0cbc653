"""What an encoder of replies is told, and what it says it could not say."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Self

import pytest

from cliproxy import dialects as dialect_package
from cliproxy.access.principal import Principal
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import Reply
from cliproxy.dialects.base import Dialect, Operation, ReplyContext, StreamEncoder
from cliproxy.discovery import declared
from cliproxy.dispatch.answer import Answer
from cliproxy.dispatch.exchange import Exchange
from cliproxy.dispatch.memory import KeptReplies
from cliproxy.dispatch.proofs import KeptProofs
from cliproxy.dispatch.result import Refused, Result
from cliproxy.dispatch.way_back import WayBack
from cliproxy.errors import FailureKind, GatewayError
from cliproxy.providers import claude, codex
from cliproxy.providers.base import Provider, held_under
from cliproxy.routing.model_name import read
from cliproxy.routing.plan import Plan, Target
from cliproxy.simulator import recorded
from cliproxy.usage.record import Outcome
from cliproxy.wire import sse
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList, Headers
from cliproxy.wire.sse import EventStream

DIALECTS = declared(dialect_package, "DIALECT", Dialect)
CHAT, MESSAGES = DIALECTS["openai_chat"], DIALECTS["anthropic_messages"]
NAME = "team/m(high)"


class Response:
    """An upstream's answer out of a recording."""

    def __init__(self, *, stream: bool) -> None:
        self.status = 200
        self.headers: Headers = {"content-type": "text/event-stream" if stream else "application/json", "x-other": "1"}
        self._pieces = recorded("anthropic_messages", "text", stream=stream).response.pieces

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def read(self, longest: int) -> bytes:
        return b"".join(self._pieces)

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        for piece in self._pieces:
            into(piece)


class Client:
    """Notes what it is sent."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.body = b""

    def begin(self, framing: Framing, headers: HeaderList) -> None:
        self.headers = dict(headers)

    def write(self, units: Iterable[bytes]) -> None:
        self.body += b"".join(units)

    async def flush(self) -> None:
        pass

    async def finish(self) -> None:
        pass

    async def whole(self, body: bytes, headers: HeaderList) -> None:
        self.headers, self.body = dict(headers), body

    async def fail(self, error: GatewayError) -> None:
        raise error


class Told:
    """A dialect whose encoders lose something of every reply."""

    def __init__(self) -> None:
        self.contexts: list[ReplyContext] = []
        assert CHAT.codec is not None
        self._codec = CHAT.codec
        self.dialect = replace(
            CHAT, codec=replace(CHAT.codec, encode_reply=self._encode_reply, stream_encoder=self._stream_encoder)
        )

    def _encode_reply(self, reply: Reply, context: ReplyContext) -> bytes:
        context.losses.add("reply: service tier")
        self.contexts.append(context)
        return self._codec.encode_reply(reply, context)

    def _stream_encoder(self, context: ReplyContext) -> StreamEncoder:
        self.contexts.append(context)
        return self._codec.stream_encoder(context)


async def answered(told: Told, *, stream: bool, pass_headers: bool = False) -> tuple[Client, Result]:
    body = json.dumps({"model": NAME, "stream": stream, "messages": [{"role": "user", "content": "hi"}]}).encode()
    name = read(NAME)
    plan = Plan(NAME, name.base, (), {}, name.suffix)
    head = told.dialect.read_head(body, {})
    exchange = Exchange("x", told.dialect, Operation.GENERATE, head, body, {}, Principal("who"), plan)
    endpoint = claude.PROVIDER.endpoint_for(MESSAGES.name, Operation.GENERATE, stream=stream)
    assert endpoint is not None
    target = Target(claude.PROVIDER, endpoint, "m", ModelInfo("m"))
    result = Result("sk-hush", losses=("seed",))
    client = Client()
    way = WayBack(exchange, MESSAGES, {}, lambda: 5.0, KeptProofs(), KeptReplies(), account="")
    answer = Answer(exchange, target, MESSAGES, result, way, lambda: 5.0, pass_headers=pass_headers, hold_time=None)
    try:
        await answer.deliver(Response(stream=stream), client, stream=stream)
    finally:
        answer.conclude()
    return client, result


async def test_what_a_whole_reply_lost_is_told_with_it() -> None:
    """It is encoded before its head goes out."""
    client, result = await answered(Told(), stream=False)

    assert result.outcome is Outcome.SUCCEEDED
    assert client.headers == {"x-cliproxy-losses": "seed, reply: service tier"}
    assert result.losses == ("seed", "reply: service tier")


async def test_what_a_stream_loses_on_its_way_is_in_the_record() -> None:
    """Its head has gone out by then, with what the request had lost."""
    told = Told()

    def lossy(context: ReplyContext) -> StreamEncoder:
        encoder = told._stream_encoder(context)
        feed = encoder.feed

        class Losing:
            def feed(self, event: object) -> list[bytes]:
                context.losses.add(f"reply: {type(event).__name__}")
                return feed(event)  # type: ignore[arg-type]

        return Losing()

    assert told.dialect.codec is not None
    told.dialect = replace(told.dialect, codec=replace(told.dialect.codec, stream_encoder=lossy))
    client, result = await answered(told, stream=True)

    assert client.headers == {"x-cliproxy-losses": "seed"}
    assert result.losses[0] == "seed"
    assert "reply: TextDelta" in result.losses
    assert len(set(result.losses)) == len(result.losses)


async def test_losses_stand_beside_the_headers_that_are_passed_on() -> None:
    client, _ = await answered(Told(), stream=True, pass_headers=True)

    assert client.headers == {"x-other": "1", "x-cliproxy-losses": "seed"}


@pytest.mark.parametrize("stream", [False, True])
async def test_an_encoder_hears_the_client_s_name_of_the_model_without_its_suffix(*, stream: bool) -> None:
    """What it writes is about the model."""
    told = Told()
    await answered(told, stream=stream)
    [context] = told.contexts

    assert context.head.model == "team/m"
    assert context.head.stream is stream
    assert context.request is not None
    assert context.request.model == "team/m"
    assert b'"hi"' in context.body


class InEnvelopes(Response):
    """The same answer, each frame's data under `response`."""

    def __init__(self, *, stream: bool) -> None:
        super().__init__(stream=stream)
        if stream:
            frames = [frame for piece in self._pieces for frame in EventStream().frames(piece)]
            self._pieces = [sse.frame(b'{"response":%b,"traceId":"t"}' % frame.data, frame.event) for frame in frames]
        else:
            self._pieces = [b'{"response":%b,"traceId":"t"}' % b"".join(self._pieces)]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("relayed", [False, True])
async def test_an_answer_is_taken_out_of_its_envelope(stream: bool, relayed: bool) -> None:
    """Relayed or translated, the client sees what it would without one."""
    dialect = MESSAGES if relayed else CHAT
    plain, _ = await delivered(dialect, Response(stream=stream), claude.PROVIDER, stream=stream)
    provider = replace(claude.PROVIDER, unwrap=held_under("response"))
    opened, result = await delivered(dialect, InEnvelopes(stream=stream), provider, stream=stream)

    assert result.outcome is Outcome.SUCCEEDED
    assert result.usage.output_tokens
    assert opened.body == plain.body


async def delivered(dialect: Dialect, response: Response, provider: Provider, *, stream: bool) -> tuple[Client, Result]:
    """Deliver a Messages upstream's answer to a client of a dialect."""
    body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}).encode()
    exchange = Exchange(
        "x",
        dialect,
        Operation.GENERATE,
        dialect.read_head(body, {}),
        body,
        {},
        Principal("who"),
        Plan("m", "m", (), {}),
    )
    endpoint = provider.endpoint_for(MESSAGES.name, Operation.GENERATE, stream=stream)
    assert endpoint is not None
    result, client = Result("sk-hush"), Client()
    way = WayBack(exchange, MESSAGES, {}, lambda: 5.0, KeptProofs(), KeptReplies(), account="")
    target = Target(provider, endpoint, "m", ModelInfo("m"))
    answer = Answer(exchange, target, MESSAGES, result, way, lambda: 5.0, pass_headers=False, hold_time=None)
    try:
        await answer.deliver(response, client, stream=stream)
    finally:
        answer.conclude()
    return client, result


class Said(Response):
    """An upstream's answer in given words, which take a while to be read."""

    def __init__(self, status: int, headers: Headers, body: bytes, read: Callable[[], None] = lambda: None) -> None:
        self.status = status
        self.headers = headers
        self._pieces = [body]
        self._read = read

    async def read(self, longest: int) -> bytes:
        self._read()
        return await super().read(longest)


async def from_codex(response: Said, clock: Callable[[], float], *, learns: bool = True) -> Result:
    """Return what an answer of Codex comes to."""
    dialect = DIALECTS["openai_responses"]
    body = b'{"model":"m","stream":true,"input":"hi"}'
    plan = Plan("m", "m", (), {})
    head = dialect.read_head(body, {})
    exchange = Exchange("x", dialect, Operation.GENERATE, head, body, {}, Principal("who"), plan)
    target = Target(codex.PROVIDER, codex.PROVIDER.endpoints[0], "m", ModelInfo("m"))
    result = Result("sk-hush")
    way = WayBack(exchange, dialect, {}, clock, KeptProofs(), KeptReplies(), account="")
    answer = Answer(exchange, target, dialect, result, way, clock, pass_headers=False, learns=learns, hold_time=None)
    with contextlib.suppress(Refused):
        await answer.deliver(response, Client(), stream=True)
    answer.conclude()
    return result


async def test_a_reset_that_passes_while_a_refusal_is_read_rests_no_longer() -> None:
    """It was in the future when the refusal came, and what is stated holds."""
    now = 1_800_000_000.0

    def takes_a_minute() -> None:
        nonlocal now
        now += 60

    body = (
        b'{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_at":1800000030}}'
    )
    result = await from_codex(Said(429, {"content-type": "application/json"}, body, takes_a_minute), lambda: now)

    assert result.failure is not None
    assert result.failure.kind is FailureKind.QUOTA_SPENT
    assert result.failure.rests_until == now + 1


LIMITS = b'data: {"type":"codex.rate_limits","rate_limits":{"primary":{"used_percent":42,"window_minutes":300}}}\n\n'
REPLY = (
    b'data: {"type":"response.output_text.delta","delta":"codex.rate_limits"}\n\n'
    b'data: {"type":"response.completed","response":{"id":"r","object":"response","output":[]}}\n\n'
)


async def test_a_stream_may_tell_what_is_left_of_an_account() -> None:
    """Also when headers are not looked through: an event is one of its kind, and easily found."""
    response = Said(200, {"content-type": "text/event-stream"}, LIMITS + REPLY)
    result = await from_codex(response, lambda: 5.0, learns=False)

    assert result.outcome is Outcome.SUCCEEDED
    assert [window.name for window in result.windows] == ["5h"]
