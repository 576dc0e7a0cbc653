"""Refusals, the gateway's own and the upstream's, in the class that each official SDK has for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anthropic
import openai
import pytest
from anthropic import _exceptions as more_anthropic
from google.genai import errors as google
from msgspec import structs

from cliproxy.cli.demo import CHAT, GEMINI, MESSAGES, RESPONSES, config_for
from cliproxy.config.schema import Limits
from cliproxy.simulator import CutAt, Refuse, RefuseInside, Serving
from cliproxy.simulator.vendors import VENDORS
from tests.clients import surfaces
from tests.clients.story import GATEWAY_KEY, UPSTREAMS
from tests.running import Running, running

pytestmark = [
    pytest.mark.client,
    # google-genai derives its session from aiohttp's, which aiohttp discourages.
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

Ask = Callable[..., Awaitable[object]]

OPENAI: dict[int, type[Exception]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    413: openai.APIStatusError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    501: openai.InternalServerError,
    503: openai.InternalServerError,
    529: openai.InternalServerError,
}
ANTHROPIC: dict[int, type[Exception]] = {
    400: anthropic.BadRequestError,
    401: anthropic.AuthenticationError,
    403: anthropic.PermissionDeniedError,
    404: anthropic.NotFoundError,
    413: more_anthropic.ContentTooLargeError,
    429: anthropic.RateLimitError,
    500: anthropic.InternalServerError,
    501: more_anthropic.HTTPNotImplementedError,
    503: more_anthropic.ServiceUnavailableError,
    529: more_anthropic.OverloadedError,
}
GOOGLE: dict[int, type[Exception]] = {
    **dict.fromkeys((400, 401, 403, 404, 413, 429), google.ClientError),
    **dict.fromkeys((500, 501, 503, 529), google.ServerError),
}


async def chat(
    url: str, *, model: str = CHAT, key: str = GATEWAY_KEY, text: str = "hello", stream: bool = False
) -> Any:
    async with surfaces.chat.opened(url, key) as client:
        asked: Any = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}
        return await _all(await client.chat.completions.create(**asked), stream=stream)


async def responses(
    url: str, *, model: str = RESPONSES, key: str = GATEWAY_KEY, text: str = "hello", stream: bool = False
) -> Any:
    async with surfaces.responses.opened(url, key) as client:
        asked: Any = {"model": model, "input": text, "stream": stream}
        return await _all(await client.responses.create(**asked), stream=stream)


async def messages(
    url: str, *, model: str = MESSAGES, key: str = GATEWAY_KEY, text: str = "hello", stream: bool = False
) -> Any:
    async with surfaces.messages.opened(url, key) as client:
        said = [{"role": "user", "content": text}]
        asked: Any = {"model": model, "max_tokens": 100, "messages": said, "stream": stream}
        return await _all(await client.messages.create(**asked), stream=stream)


async def gemini(
    url: str, *, model: str = GEMINI, key: str = GATEWAY_KEY, text: str = "hello", stream: bool = False
) -> Any:
    async with surfaces.gemini.opened(url, key) as client:
        if not stream:
            return await client.models.generate_content(model=model, contents=text)
        return await _all(await client.models.generate_content_stream(model=model, contents=text), stream=True)


async def _all(reply: Any, *, stream: bool) -> Any:
    return [event async for event in reply] if stream else reply


SDKS = {
    "openai-chat": (chat, OPENAI),
    "openai-responses": (responses, OPENAI),
    "anthropic": (messages, ANTHROPIC),
    "google-genai": (gemini, GOOGLE),
}
every_sdk = pytest.mark.parametrize(("ask", "classes"), SDKS.values(), ids=SDKS)
every_pair = pytest.mark.parametrize(
    ("ask", "classes", "model"),
    [(*sdk, model) for sdk in SDKS.values() for model in UPSTREAMS],
    ids=[f"{name} to {model}" for name in SDKS for model in UPSTREAMS],
)
both_ways = pytest.mark.parametrize("stream", [False, True])


async def refusal(asking: Awaitable[object], expected: type[Exception]) -> Any:
    """Return the exception of exactly the expected class."""
    with pytest.raises(expected) as raised:
        await asking
    assert type(raised.value) is expected
    return raised.value


def status_of(error: Any) -> int:
    return error.code if isinstance(error, google.APIError) else error.status_code


@every_sdk
@both_ways
async def test_a_wrong_key_is_a_401(ask: Ask, classes: Any, gateway: Running, *, stream: bool) -> None:
    """Whoever sees this class asks for a new key; and the upstream was not troubled."""
    error = await refusal(ask(gateway.url, key="somebody-s", stream=stream), classes[401])

    assert status_of(error) == 401
    assert "none of the gateway's client keys" in str(error)
    assert gateway.records == []


@every_sdk
async def test_an_unknown_model_is_a_404(ask: Ask, classes: Any, gateway: Running) -> None:
    """Its name is in the message: most often it is a slip of the pen."""
    error = await refusal(ask(gateway.url, model="no-such-model"), classes[404])

    assert status_of(error) == 404
    assert "no upstream offers the model 'no-such-model'" in str(error)


@pytest.fixture
async def small_gateway(upstream: Serving) -> AsyncIterator[Running]:
    config = structs.replace(config_for(upstream.url, 0), api_keys=(GATEWAY_KEY,), limits=Limits(max_body_mb=1))
    async with running(config) as gateway:
        yield gateway


@every_sdk
@pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning")  # that is how google-genai sends
async def test_a_body_beyond_the_limit_is_a_413(ask: Ask, classes: Any, small_gateway: Running) -> None:
    """The message names the setting, for whoever can change it."""
    error = await refusal(ask(small_gateway.url, text="x" * 1_100_000), classes[413])

    assert status_of(error) == 413
    assert "max-body-mb" in str(error)


@every_pair
@pytest.mark.parametrize("status", [400, 401, 404, 429, 529])
async def test_an_upstream_s_refusal_keeps_its_status(
    ask: Ask, classes: Any, model: str, status: int, gateway: Running, upstream: Serving
) -> None:
    """Clients decide by it whether to try again; the upstream's own words are what helps a person."""
    upstream.upstream.script.add(Refuse(status), times=None)
    vendor = VENDORS[UPSTREAMS[model]]
    words = vendor.usual_refusal(status).message.partition(": sk-")[0]  # what follows is nobody's business

    error = await refusal(ask(gateway.url, model=model, stream=status in (400, 529)), classes[status])

    assert status_of(error) == status
    assert words in str(error)


@every_sdk
@pytest.mark.parametrize("status", [403, 413, 500, 503])
@both_ways
async def test_the_rarer_refusals_keep_theirs(
    ask: Ask, classes: Any, status: int, gateway: Running, upstream: Serving, *, stream: bool
) -> None:
    """Whatever the upstream sends as a body."""
    told = f'{{"error":{{"message":"The upstream says {status}."}}}}'.encode()
    upstream.upstream.script.add(Refuse(status, told), times=None)

    error = await refusal(ask(gateway.url, stream=stream), classes[status])

    assert status_of(error) == status
    assert f"The upstream says {status}." in str(error)


@every_pair
async def test_the_upstream_s_retry_after_reaches_the_client(
    ask: Ask, classes: Any, model: str, gateway: Running, upstream: Serving
) -> None:
    """The first is told by the upstream, the second by the gateway, which does not ask again before the time."""
    upstream.upstream.script.add(Refuse(429, headers={"retry-after": "7"}), times=None)

    first = await refusal(ask(gateway.url, model=model), classes[429])
    second = await refusal(ask(gateway.url, model=model), classes[429])

    assert first.response.headers["retry-after"] == "7"
    assert second.response.headers["retry-after"] in ("6", "7")
    assert "resting for" in str(second)
    assert len(upstream.upstream.calls) == 1


@every_pair
@both_ways
async def test_a_refusal_inside_a_200_has_a_status(
    ask: Ask, classes: Any, model: str, gateway: Running, upstream: Serving, *, stream: bool
) -> None:
    """An overload told in a stream's first frames is an overload: no client takes it for an empty answer."""
    upstream.upstream.script.add(RefuseInside(), times=None)

    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError, google.APIError)) as raised:
        await ask(gateway.url, stream=stream, model=model)

    assert status_of(raised.value) in (503, 529)
    assert "overloaded" in str(raised.value).lower()


@every_pair
async def test_a_stream_that_breaks_off_is_no_finished_one(
    ask: Ask, classes: Any, model: str, gateway: Running, upstream: Serving
) -> None:
    """A client that took it for complete would act on half an answer."""
    if ask is responses:
        pytest.skip("its SDK hands on the error event like any other: see below")
    await cut_short(upstream, ask(gateway.url, stream=True, model=model))

    with pytest.raises((openai.APIError, anthropic.APIError, google.APIError), match="broke off"):
        await ask(gateway.url, stream=True, model=model)


@pytest.mark.parametrize("model", UPSTREAMS)
async def test_a_response_that_breaks_off_ends_with_an_error(gateway: Running, upstream: Serving, model: str) -> None:
    """The SDK hands this event on like any other."""
    await cut_short(upstream, responses(gateway.url, stream=True, model=model))

    events = await responses(gateway.url, stream=True, model=model)

    [*begun, last] = events
    told = last.response.error if last.type == "response.failed" else last
    assert last.type in ("response.failed", "error")
    assert "broke off" in told.message
    assert "response.completed" not in {event.type for event in begun}


async def test_the_helper_does_not_complete_such_a_response(
    openai_client: openai.AsyncOpenAI, gateway: Running, upstream: Serving
) -> None:
    """Half a response is no response."""
    await cut_short(upstream, responses(gateway.url, stream=True))

    async with openai_client.responses.stream(model=RESPONSES, input="hello") as stream:
        with pytest.raises(RuntimeError, match=r"response\.completed"):
            await stream.get_final_response()


async def cut_short(upstream: Serving, asking: Awaitable[object]) -> None:
    """Ask once, and have every further answer cut in its last third."""
    await asking
    upstream.upstream.script.add(CutAt(upstream.upstream.calls[-1].sent * 2 // 3), times=None)
