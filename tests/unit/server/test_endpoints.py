"""What a request is for: one table of paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from cliproxy import dialects as dialect_package
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.discovery import declared
from cliproxy.server.endpoints import FALLBACK_DIALECT, Page, Route, is_shut_to_pages, presumed_dialect, route_of

DIALECTS = declared(dialect_package, "DIALECT", Dialect)
PREFIXES = ["", "/v1", "/v1/v1", "/v1/v1/v1"]
GENERATE, COUNT, COMPACT = Operation.GENERATE, Operation.COUNT_TOKENS, Operation.COMPACT


def of(method: str, path: str, **headers: str) -> Route | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return route_of(method, path, CIMultiDict(named))


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/chat/completions", Route("openai_chat", GENERATE)),
        ("/completions", Route("openai_completions", GENERATE)),
        ("/responses", Route("openai_responses", GENERATE)),
        ("/responses/compact", Route("openai_responses", COMPACT)),
        ("/responses/input_tokens", Route("openai_responses", COUNT)),
        ("/messages", Route("anthropic_messages", GENERATE)),
        ("/messages/count_tokens", Route("anthropic_messages", COUNT)),
        ("/chat/completions/", Route("openai_chat", GENERATE)),
    ],
)
def test_a_version_may_be_missing_or_doubled(prefix: str, path: str, route: Route) -> None:
    """Base URLs are written with and without one, and SDKs add their own."""
    assert of("POST", prefix + path) == route


@pytest.mark.parametrize("prefix", ["", "/v1", "/v1beta", "/v1/v1beta", "/v1beta/v1", "/v1beta/v1beta"])
@pytest.mark.parametrize(
    ("method", "operation"),
    [("generateContent", GENERATE), ("streamGenerateContent", GENERATE), ("countTokens", COUNT)],
)
def test_gemini_names_model_and_method_in_the_path(prefix: str, method: str, operation: Operation) -> None:
    """Under /v1beta, and since its third version under /v1."""
    route = of("POST", f"{prefix}/models/gemini-3-pro:{method}")

    assert route == Route("gemini", operation, path={"model": "gemini-3-pro", "method": method})


@pytest.mark.parametrize("version", ["", "/v1", "/v1beta1"])
@pytest.mark.parametrize("account", ["", "/projects/p-1/locations/global"])
@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent", "countTokens"])
def test_models_may_be_named_as_vertex_names_them(version: str, account: str, method: str) -> None:
    """Gemini CLI does so with a key for Vertex AI, whatever the base URL."""
    route = of("POST", f"{version}{account}/publishers/google/models/team/m:{method}")

    assert route is not None
    assert (route.dialect, route.path) == ("gemini", {"model": "team/m", "method": method})


@pytest.mark.parametrize(
    ("written", "model"),
    [
        ("team/m", "team/m"),
        ("team%2Fm", "team/m"),
        ("a%20b", "a b"),
        ("m:free", "m:free"),
        ("models/m", "models/m"),
        ("%C3%BC", "ü"),
    ],
)
def test_a_model_may_have_any_name(written: str, model: str) -> None:
    """Prefixes have slashes, and some upstreams put colons into their names."""
    route = of("POST", f"/v1beta/models/{written}:generateContent")

    assert route is not None
    assert route.path["model"] == model


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("", Page.ROOT),
        ("/", Page.ROOT),
        ("/healthz", Page.HEALTH),
        ("/v1/models", Page.MODELS),
        ("/models", Page.MODELS),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_pages(method: str, path: str, page: Page) -> None:
    """What is answered without an upstream."""
    assert of(method, path) == Route(FALLBACK_DIALECT, page=page)


@pytest.mark.parametrize(
    ("path", "headers", "dialect"),
    [
        ("/v1/models", {}, "openai_chat"),
        ("/v1/models", {"authorization": "Bearer x", "user_agent": "OpenAI/Python"}, "openai_chat"),
        ("/v1/models", {"anthropic_version": "2026-10-21"}, "anthropic_messages"),
        ("/v1/models", {"user_agent": "claude-cli/2.1.329 (external, cli)"}, "anthropic_messages"),
        ("/v1/models", {"x_goog_api_key": "k"}, "gemini"),
        ("/v1/models", {"x_goog_api_client": "google-genai-sdk/3.4.0"}, "gemini"),
        ("/v1beta/models", {}, "gemini"),
        ("/v1/v1beta/models", {}, "gemini"),
        ("/v1beta/models", {"anthropic_version": "2026-10-21"}, "gemini"),
    ],
)
def test_one_path_lists_models_in_three_shapes(path: str, headers: dict[str, str], dialect: str) -> None:
    """The clients' headers tell which; served another's shape, some list nothing and say nothing."""
    listing = of("GET", path, **headers)
    one = of("GET", f"{path}/team%2Fm", **headers)

    assert listing == Route(dialect, page=Page.MODELS)
    assert one == Route(dialect, page=Page.MODEL, path={"model": "team/m"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/chat/completions"),
        ("PUT", "/v1/messages"),
        ("DELETE", "/v1/models"),
        ("POST", "/v1/models"),
        ("POST", "/"),
        ("POST", "/v1"),
        ("POST", "/v2/messages"),
        ("POST", "/v1beta/messages"),
        ("POST", "/v1beta/models/m"),
        ("POST", "/v1beta/models/m:embedContent"),
        ("POST", "/v1beta/models/:generateContent"),
        ("POST", "/v1beta1/messages"),
        ("POST", "/v1beta1/publishers/others/models/m:generateContent"),
        ("POST", "/v1/projects/p/publishers/google/models/m:generateContent"),
        ("POST", "/v1beta1/publishers/google/models/m:predict"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1/Messages"),
        ("POST", "/x/v1/messages"),
        ("GET", "/v1/healthz"),
        ("GET", "/favicon.ico"),
        ("GET", "/v1/files"),
        ("POST", "/v1/responses/resp_1"),
        ("PATCH", "/v1/responses/resp_1"),
        ("DELETE", "/v1/responses/resp_1/input_items"),
        ("GET", "/v1/responses/resp_1/cancel"),
        ("GET", "/v1/responses/resp_1/input_items/more"),
        ("GET", "/v1beta/responses/resp_1"),
    ],
)
def test_what_is_not_served(method: str, path: str) -> None:
    """A 404 in words is better than a guess."""
    assert of(method, path) is None


@pytest.mark.parametrize(
    ("path", "headers", "dialect"),
    [
        ("/v1/nothing", {}, "openai_chat"),
        ("/v1/nothing", {"x-goog-api-key": "k"}, "gemini"),
        ("/v1beta1/nothing", {}, "gemini"),
        ("/v1/messages/batches", {"anthropic-version": "2023-06-01"}, "anthropic_messages"),
    ],
)
def test_a_refusal_is_said_in_what_the_client_seems_to_speak(path: str, headers: dict[str, str], dialect: str) -> None:
    assert presumed_dialect(path, CIMultiDict(headers)) == dialect


@given(method=st.sampled_from(["GET", "POST", "HEAD", "BREW"]), path=st.text(max_size=40))
def test_no_path_is_too_odd(method: str, path: str) -> None:
    """And a route leads to a dialect that there is."""
    route = of(method, "/" + path)

    assert (route.dialect if route else presumed_dialect("/" + path, CIMultiDict())) in DIALECTS
    assert route is None or (route.operation is None) is not (route.page is None)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_responses_are_also_spoken_over_a_socket(prefix: str) -> None:
    assert of("GET", prefix + "/responses") == Route("openai_responses", page=Page.SOCKET)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/responses/resp_1"),
        ("DELETE", "/responses/resp_1"),
        ("POST", "/responses/resp_1/cancel"),
        ("GET", "/responses/resp_1/input_items"),
    ],
)
def test_kept_replies_are_known_by_their_paths(prefix: str, method: str, path: str) -> None:
    """There are none, which is worth another message than a path that nobody knows."""
    assert of(method, prefix + path) == Route("openai_responses", page=Page.KEPT_REPLY, path={"id": "resp_1"})


@pytest.mark.parametrize(
    ("method", "path", "operation", "called"),
    [
        ("POST", "/v1internal:generateContent", GENERATE, "generateContent"),
        ("POST", "/v1internal:streamGenerateContent", GENERATE, "streamGenerateContent"),
        ("POST", "/v1internal:countTokens", COUNT, "countTokens"),
        ("POST", "/v1internal:loadCodeAssist", None, "loadCodeAssist"),
        ("GET", "/v1internal:generateContent", None, "generateContent"),
        ("GET", "/v1internal/operations/a-1_b", None, ""),
    ],
)
def test_cloud_codes_own_methods(method: str, path: str, operation: Operation | None, called: str) -> None:
    assert of(method, path) == Route("gemini", operation, Page.INTERNAL, {"method": called})
    assert is_shut_to_pages(path)


@pytest.mark.parametrize(
    "path",
    ["/v1internal", "/v1internal:", "/v1internal:a.b", "/v1internal/../x", "/v1internal/a:b", "/v1/v1internal:a"],
)
def test_what_is_none_of_them(path: str) -> None:
    """What goes on to somebody else's host is only what looks like it."""
    assert of("POST", path) is None


def test_pages_dial_in_under_one_version() -> None:
    assert of("GET", "/v1/ws") == Route(FALLBACK_DIALECT, page=Page.RELAY)
    assert of("POST", "/v1/ws") is None
    assert not is_shut_to_pages("/v1/ws")
