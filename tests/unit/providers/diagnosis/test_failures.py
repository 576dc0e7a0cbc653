"""What refusals mean, by real ones and by what vendors document."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cliproxy.errors import Failure, FailureKind
from cliproxy.providers.diagnosis.failures import LONGEST_MESSAGE, SHORTEST_CHALLENGE
from cliproxy.providers.diagnosis.told import LONGEST_BODY
from cliproxy.simulator import cases, recorded
from cliproxy.simulator.recordings import DIALECTS
from tests.unit.providers.diagnosis.observing import NOW, refused

RECORDED = {
    ("openai_chat", "error-400"): FailureKind.BAD_REQUEST,
    ("openai_chat", "error-401"): FailureKind.UNAUTHORIZED,
    ("openai_chat", "error-403"): FailureKind.FORBIDDEN,
    ("openai_chat", "error-404"): FailureKind.NO_SUCH_MODEL,
    ("openai_chat", "error-429"): FailureKind.OVERLOADED,
    ("openai_chat", "error-500"): FailureKind.SERVER_ERROR,
    ("openai_chat", "error-502"): FailureKind.SERVER_ERROR,
    ("openai_chat", "error-in-200"): FailureKind.BAD_REQUEST,
    ("openai_responses", "error-400"): FailureKind.BAD_REQUEST,
    ("openai_responses", "error-400-model"): FailureKind.NO_SUCH_MODEL,
    ("openai_responses", "error-401"): FailureKind.UNAUTHORIZED,
    ("anthropic_messages", "error-400"): FailureKind.BAD_REQUEST,
    ("anthropic_messages", "error-401"): FailureKind.UNAUTHORIZED,
    ("anthropic_messages", "error-403"): FailureKind.FORBIDDEN,
    ("anthropic_messages", "error-404"): FailureKind.NO_SUCH_MODEL,
    ("gemini", "error-400"): FailureKind.BAD_REQUEST,
    ("gemini", "error-400-key"): FailureKind.UNAUTHORIZED,
    ("gemini", "error-403"): FailureKind.FORBIDDEN,
    ("gemini", "error-404"): FailureKind.NO_SUCH_MODEL,
    ("gemini", "error-429"): FailureKind.RATE_LIMITED,
}


def of_recording(dialect: str, case: str) -> Failure:
    response = recorded(dialect, case).response
    status = response.status if response.status != 200 else 400  # an error inside a 200 says its status itself
    return refused(status, b"".join(response.pieces), dict(response.headers))


def test_every_recorded_refusal_is_in_the_table() -> None:
    """A new recording must be thought about here."""
    there = {(dialect, case) for dialect in DIALECTS for case in cases(dialect) if case.startswith("error")}

    assert there == set(RECORDED)


@pytest.mark.parametrize(("dialect", "case"), RECORDED)
def test_recorded_refusals_mean_what_they_meant(dialect: str, case: str) -> None:
    """The words reach the client; what is no JSON, or may hold a key, stays here."""
    failure = of_recording(dialect, case)

    assert failure.kind is RECORDED[dialect, case]
    assert failure.message
    assert "<" not in failure.message
    assert len(failure.message) <= LONGEST_MESSAGE


def test_a_real_limit_tells_when_it_ends() -> None:
    """Google says so in the body, cut to whole seconds."""
    assert of_recording("gemini", "error-429").retry_after == 48
    assert of_recording("openai_chat", "error-500").retry_after == 1


def test_a_page_is_told_by_its_title() -> None:
    """Proxies in between answer in HTML."""
    page = b"<html><head>\n<title>502 Bad\n  Gateway</title></head><body>...</body></html>"

    assert refused(502, page).message == "502 Bad Gateway"
    assert refused(502, page).body == b""
    assert refused(502, b"<p>no title</p>").message == "the upstream answered 502 without a reason"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (0, FailureKind.SERVER_ERROR),
        (302, FailureKind.WRONG_ANSWER),
        (400, FailureKind.BAD_REQUEST),
        (401, FailureKind.UNAUTHORIZED),
        (402, FailureKind.BILLING),
        (403, FailureKind.FORBIDDEN),
        (404, FailureKind.NO_SUCH_MODEL),
        (405, FailureKind.NO_SUCH_MODEL),
        (407, FailureKind.UNREACHABLE),
        (408, FailureKind.UNREACHABLE),
        (409, FailureKind.BAD_REQUEST),
        (413, FailureKind.TOO_LARGE),
        (422, FailureKind.BAD_REQUEST),
        (429, FailureKind.RATE_LIMITED),
        (500, FailureKind.SERVER_ERROR),
        (502, FailureKind.SERVER_ERROR),
        (503, FailureKind.OVERLOADED),
        (504, FailureKind.UNREACHABLE),
        (520, FailureKind.SERVER_ERROR),
        (529, FailureKind.OVERLOADED),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[]", b"[1]", b"\xff\xfe", b"{", b'""', b'{"error":null}'])
def test_without_words_the_status_decides(status: int, kind: FailureKind, body: bytes) -> None:
    """Empty bodies are common, and so are bodies of no use."""
    failure = refused(status, body)

    assert (failure.kind, failure.status) == (kind, status)
    assert failure.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, {"error": {"code": "insufficient_quota", "type": "insufficient_quota"}}, FailureKind.BILLING),
        (429, {"error": {"code": "rate_limit_exceeded", "type": "requests"}}, FailureKind.RATE_LIMITED),
        (429, {"error": {"code": "rate_limit_exceeded", "type": "tokens"}}, FailureKind.RATE_LIMITED),
        (403, {"error": {"code": "insufficient_quota"}}, FailureKind.BILLING),
        (400, {"error": {"code": "billing_hard_limit_reached"}}, FailureKind.BILLING),
        (400, {"type": "error", "error": {"type": "billing_error"}}, FailureKind.BILLING),
        (
            400,
            {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low"}},
            FailureKind.BILLING,
        ),
        (200, {"type": "error", "error": {"type": "overloaded_error"}}, FailureKind.OVERLOADED),
        (200, {"type": "error", "error": {"type": "rate_limit_error"}}, FailureKind.RATE_LIMITED),
        (500, {"error": {"code": "server_is_overloaded"}}, FailureKind.OVERLOADED),
        (400, {"error": {"status": "RESOURCE_EXHAUSTED"}}, FailureKind.RATE_LIMITED),
        (400, {"error": {"message": "API key not valid. Please pass a valid API key."}}, FailureKind.UNAUTHORIZED),
        (403, {"error": {"status": "UNAUTHENTICATED"}}, FailureKind.UNAUTHORIZED),
        (400, {"error": {"code": "model_not_found"}}, FailureKind.NO_SUCH_MODEL),
        (400, {"error": {"code": "content_policy_violation"}}, FailureKind.CONTENT_REFUSED),
        (0, {"response": {"error": {"code": "rate_limit_exceeded", "message": "m"}}}, FailureKind.RATE_LIMITED),
        (503, [{"error": {"status": "RESOURCE_EXHAUSTED"}}], FailureKind.RATE_LIMITED),
    ],
)
def test_a_vendor_s_code_counts_more_than_its_status(status: int, body: Any, kind: FailureKind) -> None:
    """Vendors use one status for several things: a 429 of spent money never ends by waiting."""
    assert refused(status, body).kind is kind


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "nested"}}, "nested"),
        ({"error": "a bare string"}, "a bare string"),
        ({"message": "flat"}, "flat"),
        ({"detail": "of a framework"}, "of a framework"),
        ({"detail": [{"loc": ["body"], "msg": "missing"}]}, '[{"loc":["body"],"msg":"missing"}]'),
        ({"error": {}, "message": "beside"}, "beside"),
        ([{"error": {"message": "in a list"}}], "in a list"),
        ("just a string", "just a string"),
        (b"no JSON at all\n", "no JSON at all"),
        ({"response": {"error": {"message": "of a response"}}}, "of a response"),
        ({"error": {"detail": "below"}}, "below"),
    ],
)
def test_the_upstream_s_words_are_found(body: Any, message: str) -> None:
    """Whatever shape a server gives to its errors."""
    assert refused(400, body).message == message


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        ({"code": "invalid_api_key"}, "account"),
        ({"code": "insufficient_quota"}, "account"),
        ({"code": "rate_limit_exceeded"}, "model"),
        ({"code": "model_not_found"}, "model"),
        ({"code": "overloaded_error"}, "upstream"),
        ({"code": "content_policy_violation"}, "request"),
        ({"code": "VALIDATION_REQUIRED"}, "account"),
        ({"code": "UNSUPPORTED_CLIENT"}, "account"),
    ],
)
def test_what_hits_the_whole_account(kind: dict[str, str], scope: str) -> None:
    """A key is revoked for all models, a rate is limited for one; an overload meets whoever asks."""
    assert refused(400, {"error": kind}).scope == scope


def test_the_upstream_s_code_is_kept() -> None:
    """For logs, and for who looks into one."""
    assert refused(400, {"error": {"code": "unsupported_value", "type": "invalid_request_error"}}).code == (
        "unsupported_value"
    )
    assert refused(400, {"type": "error", "error": {"type": "invalid_request_error"}}).code == "invalid_request_error"


def test_the_body_is_kept_for_a_client_of_the_same_dialect() -> None:
    """As it came, but bounded."""
    body = b'{"error": {"message": "m", "hint": 1.0}}'
    long = b'{"error":{"message":"' + b"x" * 2 * LONGEST_BODY + b'"}}'

    assert refused(400, body).body == body
    assert refused(400, long).body in (b"", long[:LONGEST_BODY])
    assert len(refused(400, long).message) == LONGEST_MESSAGE


def test_a_masked_key_is_no_business_of_the_client_s() -> None:
    """Vendors repeat the beginning and the end of a key they refuse. It is the operator's."""
    failure = refused(401, {"error": {"message": "Incorrect API key provided: sk-proj-ab******yz9. See example."}})

    assert failure.message == "Incorrect API key provided: ***. See example."
    assert failure.body == b""


def with_delay(delay: str) -> dict[str, Any]:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    return {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "x"}, info]}}


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, b"", None),
        ({"Retry-After": "7"}, b"", 7),
        ({"retry-after": " 58 "}, b"", 58),
        ({"retry-after": "0.5"}, b"", 0.5),
        ({"retry-after-ms": "17810"}, b"", 17.81),
        ({"retry-after": "18", "retry-after-ms": "17810"}, b"", 17.81),
        (
            {"retry-after": "Sat, 21 Nov 2026 12:01:30 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"},
            b"",
            90,
        ),
        ({"retry-after": "Sat, 21 Nov 2026 12:01:30 GMT"}, b"", None),
        ({"retry-after": "soon"}, b"", None),
        ({"retry-after": "-5"}, b"", None),
        ({"retry-after": "nan"}, b"", None),
        ({"retry-after": "inf"}, b"", None),
        ({}, with_delay("48s"), 48),
        ({}, with_delay("0.479417207s"), 0.479417207),
        ({}, with_delay("1h0m57.015s"), 3657.015),
        ({"retry-after": "5"}, with_delay("48s"), 48),
        ({"retry-after": "5"}, with_delay("a while"), 5),
        ({}, {"error": {"details": [{"reason": "x", "metadata": {"quotaResetDelay": "172ms"}}]}}, 0.172),
    ],
)
def test_when_to_come_back(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    """In every form met; what cannot be read is not there."""
    found = refused(429, body, headers).retry_after

    assert found == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("stated", ["0", "0.0", "00"])
def test_no_time_at_all_is_no_statement(stated: str) -> None:
    """A limit that says zero, and is asked again at once, is sticky: the pool's own ladder is better."""
    assert refused(429, b"", {"retry-after": stated}).retry_after is None
    assert refused(429, b"", {"retry-after-ms": stated}).retry_after is None


any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "detail", "details", "code", "type", "status", "response", "metadata"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(status=st.integers(0, 599), value=any_json, retry_after=st.text(max_size=12))
@example(status=429, value={"error": {"details": 5}}, retry_after="²")
@example(status=429, value={"error": {"details": [{"metadata": "x"}]}}, retry_after="1_0")
@example(status=429, value={"error": {"details": [{"metadata": 5, "retryDelay": 5}]}}, retry_after="9" * 400)
def test_no_body_is_too_odd(status: int, value: Any, retry_after: str) -> None:
    """A refusal that cannot be read is a refusal all the same; it must not become a fault of ours."""
    failure = refused(status, msgspec.json.encode(value), {"retry-after": retry_after})

    assert isinstance(failure.message, str)
    assert failure.message
    assert failure.retry_after is None or 0 < failure.retry_after < math.inf


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "x" * 1_000_000}},
        {"error": {"message": "x" * 500_000 + "**" + "y" * 500_000}},
        {"error": {"details": [{"retryDelay": "1" * 1_000_000}]}},
        b"<title>" * 100_000,
        {"error": {"message": "*" * 1_000_000}},
        {"error": {"message": "-***" * 250_000}},
    ],
    ids=lambda body: repr(body)[:40],
)
def test_a_long_refusal_is_read_in_no_time(body: Any) -> None:
    """Upstreams repeat whole pictures in their complaints. All requests wait while one refusal is read."""
    assert refused(400, body).kind is FailureKind.BAD_REQUEST


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Rate limit reached. Please try again in 17.81s. Visit the page.", 17.81),
        ("Please try again in 1m30s.", 90.0),
        ("Please try again in 250ms", 0.25),
        ("Please try again in a while", None),
        ("try again in hhh", None),
    ],
)
def test_a_wait_that_only_the_words_tell(message: str, seconds: float | None) -> None:
    """OpenAI writes the exact wait into its message, also where a proxy has dropped the header."""
    body = msgspec.json.encode({"error": {"message": message, "code": "rate_limit_exceeded"}})

    assert refused(429, body).retry_after == (None if seconds is None else pytest.approx(seconds))


def test_a_codex_account_that_is_used_up() -> None:
    """It says when it comes back, and until then no model of it answers."""
    body = (
        b'{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_in_seconds":90}}'
    )
    failure = refused(429, body)

    assert (failure.kind, failure.retry_after, failure.scope) == (FailureKind.QUOTA_SPENT, 90.0, "account")


def test_a_model_without_capacity_is_no_rate_limit() -> None:
    """Google says it under 429; resting the account for long would help nobody."""
    detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "MODEL_CAPACITY_EXHAUSTED"}
    body = msgspec.json.encode({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [detail]}})

    assert refused(429, body).kind is FailureKind.OVERLOADED


@pytest.mark.parametrize(
    "message",
    [
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "messages.1.content.0: Expected `thinking` or `redacted_thinking`, but found `tool_use`.",
        "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.",
        "The encrypted content gAAA... could not be verified. Reason: it could not be decrypted or parsed.",
        "Function call is missing a thought_signature in functionCall parts.",
        "Thought signature is not valid.",
    ],
)
def test_a_refused_proof_is_known_by_its_words(message: str) -> None:
    """The vendors have no code for it, and one status for everything that is wrong with a request."""
    body = msgspec.json.encode({"error": {"type": "invalid_request_error", "message": message}})

    assert refused(400, body).kind is FailureKind.PROOF_REFUSED


def said(message: str) -> dict[str, Any]:
    return {"error": {"message": message}}


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        (said("The model `x` does not exist"), "model"),
        ({"detail": "Not Found"}, "account"),
        (said("Invalid URL (POST /v1/messages)"), "account"),
        (b"<html><title>404 Not Found</title></html>", "account"),
        (b"404 page not found", "account"),
        (said("No endpoints found that support tool use."), "request"),
    ],
)
def test_what_is_missing_is_told_apart(body: Any, scope: str) -> None:
    """A model that one account lacks is no reason to leave the account; an address that leads nowhere is."""
    failure = refused(404, body)

    assert (failure.kind, failure.scope) == (FailureKind.NO_SUCH_MODEL, scope)


@pytest.mark.parametrize(
    ("status", "body", "kind", "scope"),
    [
        (400, {"error": {"code": "previous_response_not_found"}}, FailureKind.BAD_REQUEST, "request"),
        (403, said("You are not allowed to sample from this model"), FailureKind.FORBIDDEN, "model"),
        (429, said("Extra usage is required for fast mode."), FailureKind.NOT_ENTITLED, "request"),
        (400, said("You're out of extra usage. Add more."), FailureKind.NOT_ENTITLED, "request"),
        (413, said("Request too large for model `m` on tokens per minute"), FailureKind.NOT_ENTITLED, "request"),
        (429, {"error": {"code": "usage_not_included"}}, FailureKind.NOT_ENTITLED, "model"),
        (400, said("How often per day? The engine is currently overloaded"), FailureKind.BAD_REQUEST, "request"),
        (407, b"", FailureKind.UNREACHABLE, "account"),
    ],
)
def test_whose_fault_it_is(status: int, body: Any, kind: FailureKind, scope: str) -> None:
    """What a plan does not cover costs nobody a rest; a bad request that repeats a client's words is still one."""
    failure = refused(status, body)

    assert (failure.kind, failure.scope) == (kind, scope)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_page_that_wants_a_browser_does_not_go_away_at_once(status: int) -> None:
    """It is no verdict on a key, and asking again in a second only prolongs it."""
    page = b"<html><head><title>Just a moment...</title></head></html>"
    by_page, by_header = refused(status, page), refused(status, b"", {"cf-mitigated": "challenge", "retry-after": "30"})

    assert (by_page.kind, by_page.scope, by_page.retry_after) == (
        FailureKind.UNREACHABLE,
        "account",
        SHORTEST_CHALLENGE,
    )
    assert (by_header.kind, by_header.retry_after) == (FailureKind.UNREACHABLE, 30)


def test_an_unbelievable_wait_is_not_passed_on() -> None:
    """A wait of 18 days alone is an accident of some vendor's clock; the ladder knows better, and so do clients."""
    failure = refused(429, b"", {"retry-after": "1587827"})

    assert (failure.kind, failure.retry_after, failure.rests_until) == (FailureKind.RATE_LIMITED, None, None)


def test_a_client_is_told_when_a_spent_quota_comes_back() -> None:
    """Google's delay is a minute's, also where the day is over."""
    quota = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "20"}
    details = [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [quota]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38s"},
    ]
    failure = refused(429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": details}})

    assert (failure.kind, failure.scope) == (FailureKind.QUOTA_SPENT, "project")
    assert failure.rests_until is not None
    assert failure.rests_until > NOW + 60
    assert failure.retry_after == failure.rests_until - NOW
