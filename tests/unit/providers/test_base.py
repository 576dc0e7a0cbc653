"""How a call becomes a request."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs
from multidict import CIMultiDict

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.dialects.base import Operation
from cliproxy.errors import RequestError
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer, held_under, joined, key_header
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.wire.body import TopLevel, put
from cliproxy.wire.frames import Framing
from tests.unit.providers.calling import call_to, credential, headers_of, prepared

PROVIDER = Provider(
    name="p",
    base_url="https://p.example/v1",
    endpoints=(
        Endpoint("openai_chat", Operation.GENERATE, "/v1/chat/completions"),
        Endpoint("gemini", Operation.GENERATE, "/v1beta/models/{model}:generateContent", Streams.NEVER),
        Endpoint("gemini", Operation.GENERATE, "/v1beta/models/{model}:streamGenerateContent", Streams.ALWAYS),
    ),
    authorize=bearer,
    headers=lambda call: (("X-Exchange", call.exchange_id),),
    query=lambda call: "alt=sse" if call.framing is Framing.EVENT_STREAM else "",
    passes=("openai-", "user-agent"),
)


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://p.example", "/v1/messages", "https://p.example/v1/messages"),
        ("https://p.example/", "/v1/messages", "https://p.example/v1/messages"),
        ("https://p.example/v1", "/v1/messages", "https://p.example/v1/messages"),
        ("https://p.example/v1/", "/v1/messages", "https://p.example/v1/messages"),
        ("https://p.example/team/v1", "/v1/messages", "https://p.example/team/v1/messages"),
        ("https://p.example/api/v3", "/chat/completions", "https://p.example/api/v3/chat/completions"),
        ("https://p.example/v1", "/v1beta/models/m:x", "https://p.example/v1/v1beta/models/m:x"),
        ("https://p.example/v1beta", "/v1beta/models/m:x", "https://p.example/v1beta/models/m:x"),
        ("https://p.example/myv1", "/v1/messages", "https://p.example/myv1/v1/messages"),
        ("https://p.example/v1", "/responses", "https://p.example/v1/responses"),
        ("https://p.example/v1/responses", "/responses", "https://p.example/v1/responses"),
    ],
)
def test_an_address_and_a_path_share_their_version(base: str, path: str, url: str) -> None:
    """Operators write the base URL as the vendor's documentation does: some with a version, some without."""
    assert joined(base, path) == url


def test_a_credential_s_own_address_comes_first() -> None:
    """Compatible services have one for each entry."""
    assert prepared(PROVIDER).url == "https://p.example/v1/chat/completions"
    own = credential(base_url="https://other.example")
    assert prepared(PROVIDER, credential=own).url == "https://other.example/v1/chat/completions"


@pytest.mark.parametrize(
    ("model", "written"),
    [("m", "m"), ("org/m", "org/m"), ("a b?c#d%", "a%20b%3Fc%23d%25"), ("../up", "../up"), ("ü", "%C3%BC")],
)
def test_a_model_in_a_path_cannot_end_it(model: str, written: str) -> None:
    """A name may hold anything, and slashes are part of some."""
    assert prepared(PROVIDER, 1, model=model).url == f"https://p.example/v1/v1beta/models/{written}:generateContent"


def test_a_query_is_added_where_there_is_one() -> None:
    """And no bare question mark elsewhere."""
    assert prepared(PROVIDER, 2, framing=Framing.EVENT_STREAM).url.endswith(":streamGenerateContent?alt=sse")
    assert prepared(PROVIDER, 2, framing=Framing.JSON_ARRAY).url.endswith(":streamGenerateContent")


@pytest.mark.parametrize(
    ("framing", "accept"),
    [
        (Framing.WHOLE, "application/json"),
        (Framing.EVENT_STREAM, "text/event-stream"),
        (Framing.JSON_ARRAY, "application/json"),
    ],
)
def test_what_is_wanted_is_said(framing: Framing, accept: str) -> None:
    """Some upstreams answer by it. Nothing compressed: the bytes are passed on as they come."""
    headers = headers_of(prepared(PROVIDER, framing=framing))

    assert headers["accept"] == accept
    assert headers["accept-encoding"] == "identity"
    assert headers["content-type"] == "application/json"


def test_the_body_goes_out_as_it_is() -> None:
    """By POST, through the credential's proxy."""
    request = prepared(PROVIDER, body=b'{"a": 1.0}', credential=credential(proxy=Secret("socks5://proxy.example:1")))

    assert (request.method, request.body, request.proxy) == ("POST", b'{"a": 1.0}', "socks5://proxy.example:1")


def test_only_some_headers_of_the_client_go_on() -> None:
    """Never its key for the gateway, its cookies, or anything about its connection."""
    client = {
        "Authorization": "Bearer gateway-key",
        "x-api-key": "gateway-key",
        "Cookie": "gateway-key",
        "Host": "gateway",
        "Content-Length": "17",
        "Content-Encoding": "zstd",
        "Transfer-Encoding": "chunked",
        "X-Forwarded-For": "10.0.0.1",
        "OpenAI-Beta": "something",
        "User-Agent": "client/1",
    }
    headers = headers_of(prepared(PROVIDER, client_headers=client))

    assert headers == {
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "openai-beta": "something",
        "user-agent": "client/1",
        "x-exchange": "x",
        "authorization": "Bearer sk-1",
    }


def test_what_the_operator_wrote_replaces_everything() -> None:
    """In whatever case: the key, what the client sent, what we would say."""
    own = {"USER-AGENT": "ours", "authorization": "Basic eDp5", "Accept": "*/*", "X-New": "1"}
    request = prepared(PROVIDER, credential=credential(headers=own), client_headers={"User-Agent": "client/1"})

    headers = headers_of(request)
    assert headers["user-agent"] == "ours"
    assert headers["authorization"] == "Basic eDp5"
    assert headers["accept"] == "*/*"
    assert headers["x-new"] == "1"


def test_keys_are_shown_the_way_the_vendor_wants() -> None:
    """Without a key there is no header at all: an empty one is refused by some."""
    nobody = credential(base_url="")
    nameless = type(nobody)(id="x", provider="p", secret=Secret(""))

    assert bearer(nobody) == (("Authorization", "Bearer sk-1"),)
    assert key_header("x-key")(nobody) == (("x-key", "sk-1"),)
    assert bearer(nameless) == ()
    assert key_header("x-key")(nameless) == ()


@pytest.mark.parametrize(("stream", "place"), [(False, 1), (True, 2)])
def test_an_endpoint_that_does_not_stream_is_not_asked_to(place: int, *, stream: bool) -> None:
    """Gemini has an address for each."""
    assert PROVIDER.endpoint_for("gemini", Operation.GENERATE, stream=stream) == PROVIDER.endpoints[place]


def test_what_is_not_spoken_has_no_endpoint() -> None:
    """Neither another dialect nor another operation."""
    assert PROVIDER.endpoint_for("anthropic_messages", Operation.GENERATE, stream=False) is None
    assert PROVIDER.endpoint_for("openai_chat", Operation.COUNT_TOKENS, stream=False) is None


def with_mark(body: TopLevel, call: Call) -> None:
    put(body, "mark", call.model)
    call.losses.add("gone")


def test_a_body_is_given_the_shape_its_upstream_needs() -> None:
    """At its top level; below, the bytes are the client's. What was left out is told."""
    provider = replace(PROVIDER, shape=with_mark, is_shaped=lambda call: call.model != "plain")
    call = call_to(provider)

    assert provider.prepare(call, b'{"a": [1.0, 2e3]}').body == b'{"a":[1.0, 2e3],"mark":"m"}'
    assert [loss.field for loss in call.losses.found()] == ["gone"]
    assert prepared(provider, model="plain", body=b'{ "a": 1.0 }').body == b'{ "a": 1.0 }'
    with pytest.raises(RequestError):
        prepared(provider, body=b"[]")


@pytest.mark.parametrize(
    ("data", "inner"),
    [
        (b'{"response": {"a": 1.0}, "traceId":"t"}', b'{"a": 1.0}'),
        (b'{"error":{"code":429}}', b'{"error":{"code":429}}'),
        (b'{"response":null}', b'{"response":null}'),
        (b'[{"error":{}}]', b'[{"error":{}}]'),
        (b"[DONE]", b"[DONE]"),
        (b"", b""),
        (b'{"response":{"a"', b'{"response":{"a"'),
        (b"\xff", b"\xff"),
    ],
)
def test_a_reply_is_taken_out_of_its_envelope(data: bytes, inner: bytes) -> None:
    """The bytes as they lie in it; errors come without one."""
    assert held_under("response")(data) == inner


@pytest.mark.parametrize(
    ("base", "elsewhere"),
    [("", False), ("https://eu.p.example:8443/v1", False), ("https://p.example.org", True), ("http://[::1]:80", True)],
)
def test_another_host_of_the_vendor_s_is_the_vendor(base: str, *, elsewhere: bool) -> None:
    """What others say of its quotas is hearsay."""
    assert PROVIDER.is_elsewhere(replace_base(base)) is elsewhere
    assert not replace(PROVIDER, base_url="").is_elsewhere(replace_base(base))


def replace_base(base: str) -> Credential:
    return structs.replace(credential(), base_url=base)


def test_who_says_nothing_of_its_quotas_is_read_as_everybody_is() -> None:
    """A limit by the standard's headers is one at any server."""
    headers = {"RateLimit": '"x";r=0;t=30', "RateLimit-Policy": '"x";q=5;w=60'}
    answer = Observation(429, CIMultiDict(headers), b"", 1_800_000_000.0, "m")

    assert PROVIDER.diagnose(answer).rests_until == 1_800_000_030
    assert [window.name for window in PROVIDER.quota(answer)] == ["requests/min@x"]
    assert PROVIDER.group_of("m") == ()


@pytest.mark.parametrize(
    ("client", "native"), [("", True), ("openai_chat", True), ("anthropic_messages", False), ("gemini", False)]
)
def test_whose_words_a_body_is_in(client: str, *, native: bool) -> None:
    """A client of the upstream's own dialect is edited as little as can be."""
    assert call_to(PROVIDER, client_dialect=client).is_native is native


def test_what_stood_in_a_body_can_be_said_in_a_header() -> None:
    def tell(body: TopLevel, call: Call) -> None:
        call.told["said"] = bytes(body.pop("said")).decode()

    provider = replace(PROVIDER, shape=tell, headers=lambda call: (("X-Said", call.told["said"]),))
    request = prepared(provider, body=b'{"said":1,"x":2}')

    assert headers_of(request)["x-said"] == "1"
    assert request.body == b'{"x":2}'


def test_a_body_that_shows_no_sign_is_not_opened() -> None:
    """Most need nothing, and some are large."""
    provider = replace(PROVIDER, shape=lambda body, call: body.clear(), shape_signs=(b"a-sign", b"another"))

    assert prepared(provider, body=b'{ "x": 2 }').body == b'{ "x": 2 }'
    assert prepared(provider, body=b'{ "x": "another" }').body == b"{}"


def test_a_reply_is_read_as_its_request_wants_it() -> None:
    plain = replace(PROVIDER, unwrap=held_under("response"))
    special = replace(plain, unwrap_after=lambda call, body: lambda data: call.model.encode() + body + data)

    assert plain.unwrapping(call_to(plain), b"{}")(b'{"response":{}}') == b"{}"
    assert special.unwrapping(call_to(special), b"{}")(b"[]") == b"m{}[]"
