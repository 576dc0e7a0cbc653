"""
How vendors tell what an account has left: in the headers of every answer, or only when they refuse.

A key's windows are told as rate limits, a plan's as the vendor's subscription does. What a vendor does not tell is not
told here either: Gemini says nothing before it refuses, and the day's end is no part of what it says then.

Source: the `quota` sheet, sections 1.1 to 1.7 and 1.9; its cases; revoked logins as quoted in public issues of their
clients (read 2026-11-21).
"""

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from cliproxy.simulator.accounts import DAY, HOUR, Account, Reading
from cliproxy.simulator.answer import JsonObject
from cliproxy.simulator.times import go_duration, protobuf_duration, rfc3339
from cliproxy.simulator.vendor import Refusal, Vendor

WARNING = 0.9  # used, from which on Anthropic warns
LONGEST_MINUTES = 300.0  # seconds; Gemini calls anything longer a day
TYPES = "type.googleapis.com/google.rpc."

Headers: TypeAlias = dict[str, str]


class State(msgspec.Struct, frozen=True):
    """An account at the time of one request."""

    account: Account
    model: str
    readings: tuple[Reading, ...]  # of the windows that hold
    now: float  # unix time
    is_refused: bool = False

    @property
    def spent(self) -> Reading | None:
        """The window that refuses: of several the one that ends last."""
        spent = [reading for reading in self.readings if not reading.left]
        return max(spent, key=lambda reading: reading.ends or math.inf, default=None)

    @property
    def tightest(self) -> Reading:
        return max(self.readings, key=lambda reading: reading.fraction)

    def until(self, reading: Reading) -> float:
        """Return the seconds until a window ends; one without any amount never does."""
        return max(0.0, reading.ends - self.now) if reading.ends is not None else reading.window.seconds


class Words(msgspec.Struct, frozen=True):
    """What a vendor says of an account: in the headers of all answers, and when a window is spent."""

    headers: Callable[[State], Headers]
    refusal: Callable[[State, Reading], tuple[Headers, Refusal | JsonObject]]


def told(vendor: Vendor, state: State) -> Headers:
    """Return the headers that tell what is left."""
    return _words(vendor, state).headers(state) if state.readings else {}


def refused(vendor: Vendor, state: State, spent: Reading, serial: int) -> tuple[Headers, bytes]:
    """Return the headers and the body of the 429 that a spent window brings."""
    words, state = _words(vendor, state), msgspec.structs.replace(state, is_refused=True)
    headers, said = words.refusal(state, spent)
    body = vendor.error_body(said, serial) if isinstance(said, Refusal) else msgspec.json.encode({"error": said})
    if state.account.hint is not None:
        headers["retry-after"] = str(math.ceil(state.account.hint))
    return {**words.headers(state), **headers}, body


def revoked(vendor: Vendor) -> Refusal | None:
    """Return what a vendor says to a login that was taken back; None: what it says to any key it does not know."""
    return REVOKED.get(vendor.dialect)


def _words(vendor: Vendor, state: State) -> Words:
    return (PLANS if state.account.is_plan else KEYS)[vendor.dialect]


def _nothing(_state: State) -> Headers:
    return {}


def _retry_after(state: State, spent: Reading) -> Headers:
    return {"retry-after": str(math.ceil(state.until(spent)))}


# Anthropic


def _anthropic_key(state: State) -> Headers:
    reading = state.tightest
    left = {"limit": reading.window.amount, "remaining": reading.left}
    headers = {f"anthropic-ratelimit-requests-{name}": str(value) for name, value in left.items()}
    return headers | {"anthropic-ratelimit-requests-reset": rfc3339(state.now + state.until(reading))}


def _anthropic_key_refusal(state: State, spent: Reading) -> tuple[Headers, Refusal]:
    refusal = Refusal(
        429,
        f"This request would exceed your organization's rate limit of {spent.window.amount} requests per minute. For"
        " details, refer to: https://docs.claude.com/en/api/rate-limits.",
    )
    return _retry_after(state, spent), refusal


def _unified(state: State) -> Headers:
    """The windows of a Claude plan: the short one, the week, and the week of one family."""
    headers: Headers = {}
    binding = state.spent or state.tightest
    for name, reading in _slots(state):
        status = "allowed_warning" if reading.fraction >= WARNING else "allowed"
        if state.is_refused and not reading.left:
            status = "rejected"
        reset = str(int(state.now + state.until(reading)))
        headers |= {f"{name}-status": status, f"{name}-utilization": f"{reading.fraction:.2f}", f"{name}-reset": reset}
        if reading is binding:
            headers |= {"status": status, "reset": reset, "representative-claim": CLAIMS[name]}
    return {f"anthropic-ratelimit-unified-{name}": value for name, value in headers.items()}


def _slots(state: State) -> list[tuple[str, Reading]]:
    """Return each window under the name it has in headers."""
    common = sorted((r for r in state.readings if not r.window.models), key=lambda reading: reading.window.seconds)
    names = ["5h", "7d"] if len(common) > 1 or (common and common[0].window.seconds <= DAY) else ["7d"]
    family = [("7d_oi", reading) for reading in state.readings if reading.window.models]
    return [*zip(names, common, strict=False), *family[:1]]


def _unified_refusal(state: State, spent: Reading) -> tuple[Headers, Refusal]:
    message = "This request would exceed your account's rate limit. Please try again later."
    return {**_retry_after(state, spent), "x-should-retry": "true"}, Refusal(429, message)


# OpenAI and Codex


def _openai_key(state: State) -> Headers:
    reading = state.tightest
    return {
        "x-ratelimit-limit-requests": str(reading.window.amount),
        "x-ratelimit-remaining-requests": str(reading.left),
        "x-ratelimit-reset-requests": go_duration(state.until(reading)),
    }


def _openai_key_refusal(state: State, spent: Reading) -> tuple[Headers, Refusal]:
    seconds, limit = state.until(spent), spent.window.amount
    period = "min (RPM)" if spent.window.seconds <= HOUR else "day (RPD)"
    refusal = Refusal(
        429,
        f"Rate limit reached for {state.model} in organization org-simulated on requests per {period}: Limit {limit},"
        f" Used {spent.used}, Requested 1. Please try again in {go_duration(seconds)}. Visit"
        " https://platform.openai.com/account/rate-limits to learn more.",
        kind="requests",
        code="rate_limit_exceeded",
    )
    return {**_retry_after(state, spent), "retry-after-ms": str(math.ceil(seconds * 1000))}, refusal


def _codex(state: State) -> Headers:
    """The windows of a ChatGPT plan: the shortest first, whatever its length; a family's has a meter of its own."""
    headers = {
        "x-codex-plan-type": "plus",
        "x-codex-credits-has-credits": "false",
        "x-codex-credits-unlimited": "false",
        "x-codex-credits-balance": "",
    }
    ordered = sorted(state.readings, key=lambda reading: (bool(reading.window.models), reading.window.seconds))
    for reading, slot in zip(ordered, ("primary", "secondary"), strict=False):
        meter = _meter(reading)
        prefix = f"x-{meter}-{'primary' if reading.window.models else slot}"
        headers[f"{prefix}-used-percent"] = f"{reading.fraction * 100:g}"
        headers[f"{prefix}-window-minutes"] = str(max(1, round(reading.window.seconds / 60)))
        headers[f"{prefix}-reset-at"] = str(int(state.now + state.until(reading)))
        if reading.window.models:
            headers[f"x-{meter}-limit-name"] = reading.window.models[0]
    return headers


def _meter(reading: Reading) -> str:
    return f"codex-{reading.window.name or 'bengalfox'}" if reading.window.models else "codex"


def _codex_refusal(state: State, spent: Reading) -> tuple[Headers, JsonObject]:
    error = {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": "plus",
        "resets_at": int(state.now + state.until(spent)),
        "resets_in_seconds": math.ceil(state.until(spent)),
    }
    if state.account.hint is not None:
        hint = state.account.hint
        error |= {"resets_at": int(state.now + hint), "resets_in_seconds": math.ceil(hint)}
    return {"x-codex-active-limit": _meter(spent).replace("-", "_")}, error


def _free_day_refusal(_state: State, _spent: Reading) -> tuple[Headers, Refusal]:
    """A free plan at a compatible server, as Qwen's: the day is spent, and nobody says until when."""
    message = "Free allocated quota exceeded."
    return {}, Refusal(429, message, kind="insufficient_quota", code="insufficient_quota")


# Gemini


def _gemini_key_refusal(state: State, spent: Reading) -> tuple[Headers, JsonObject]:
    """A minute states its end, in the body and cut to whole seconds; a day states something else, and not its end."""
    left, limit = state.until(spent), str(spent.window.amount)
    is_minute = spent.window.seconds <= LONGEST_MINUTES
    wait = left if is_minute else 10 + left % 50
    metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
    period = "Minute" if is_minute else "Day"
    violation = {
        "quotaMetric": metric,
        "quotaId": f"GenerateRequestsPer{period}PerProjectPerModel-FreeTier",
        "quotaDimensions": {"location": "global", "model": state.model},
        "quotaValue": limit,
    }
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this"
        " error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. \n* Quota exceeded for metric:"
        f" {metric}, limit: {limit}, model: {state.model}\nPlease retry in {protobuf_duration(wait)}."
    )
    failure = {"@type": f"{TYPES}QuotaFailure", "violations": [violation]}
    retry = {"@type": f"{TYPES}RetryInfo", "retryDelay": f"{int(_hinted(state, wait))}s"}
    return {}, _exhausted(message, [failure, retry])


def _cloud_code_refusal(state: State, spent: Reading) -> tuple[Headers, JsonObject]:
    """What Gemini CLI and Antigravity are told: when the model's quota is back."""
    left = _hinted(state, state.until(spent))
    metadata = {
        "uiMessage": "true",
        "model": state.model,
        "quotaResetDelay": go_duration(left),
        "quotaResetTimeStamp": rfc3339(state.now + left),
    }
    reason = "RATE_LIMIT_EXCEEDED" if spent.window.seconds <= LONGEST_MINUTES else "QUOTA_EXHAUSTED"
    domain = "cloudcode-pa.googleapis.com"
    info = {"@type": f"{TYPES}ErrorInfo", "reason": reason, "domain": domain, "metadata": metadata}
    retry = {"@type": f"{TYPES}RetryInfo", "retryDelay": protobuf_duration(left)}
    message = f"You have exhausted your capacity on this model. Your quota will reset after {go_duration(int(left))}."
    return {}, _exhausted(message, [info, retry])


def _hinted(state: State, seconds: float) -> float:
    return seconds if state.account.hint is None else state.account.hint


def _exhausted(message: str, details: list[JsonObject]) -> JsonObject:
    return {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}


CLAIMS = {"5h": "five_hour", "7d": "seven_day", "7d_oi": "seven_day_overage_included"}
KEYS: Mapping[str, Words] = {
    "anthropic_messages": Words(_anthropic_key, _anthropic_key_refusal),
    "openai_chat": Words(_openai_key, _openai_key_refusal),
    "openai_responses": Words(_openai_key, _openai_key_refusal),
    "gemini": Words(_nothing, _gemini_key_refusal),
}
PLANS: Mapping[str, Words] = {
    "anthropic_messages": Words(_unified, _unified_refusal),
    "openai_chat": Words(_nothing, _free_day_refusal),
    "openai_responses": Words(_codex, _codex_refusal),
    "gemini": Words(_nothing, _cloud_code_refusal),
}
REVOKED = {
    "anthropic_messages": Refusal(
        403, "OAuth token has been revoked. Please obtain a new token.", kind="permission_error"
    ),
    "openai_responses": Refusal(
        401, "Encountered invalidated oauth token for user, failing request", code="token_revoked"
    ),
}
