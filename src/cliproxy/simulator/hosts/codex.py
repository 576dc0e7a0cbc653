"""
Codex for an account at ChatGPT: Responses with restrictions, answered as an event stream only; and its WebSocket.

What an account has left stands in the headers of an answer and in its first event; on a WebSocket in the event alone.
The last event repeats nothing of what was said before it.

Source: sheets `providers/codex` c and c2, `dialects/codex`, `quota` 1.4; recordings/openai_responses/codex.stream.json;
refusals as quoted in public issues of its command line (read 2026-11-21).
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cliproxy.simulator import openai_family, responses
from cliproxy.simulator.accounts import HOUR, WEEK, Window
from cliproxy.simulator.answer import Answer, JsonObject, Piece
from cliproxy.simulator.hosts.codex_rules import check, check_compact
from cliproxy.simulator.hosts.visit import Host, Visit
from cliproxy.simulator.people import Person
from cliproxy.simulator.vendor import SSE, Refusal, Refused, event

GENERATE = "/backend-api/codex/responses"
COMPACT = f"{GENERATE}/compact"
SOCKETS = "responses_websockets="  # and a date, in `openai-beta`
COMPLETED = b"event: response.completed\n"
ENDED = Refusal(
    401,
    "Provided authentication token is expired. Please try signing in again.",
    kind="invalid_request_error",
    code="token_expired",
)
NO_TOKEN = Refusal(401, "Unauthorized")
WRONG_ACCOUNT = Refusal(403, "Forbidden")
WINDOW = ("used-percent", float), ("window-minutes", int), ("reset-at", int)


def _answer(visit: Visit) -> Answer:
    request = visit.request
    person = _person(visit)
    if request.path == GENERATE and request.headers.get("upgrade", "").lower() == "websocket":
        if SOCKETS not in request.headers.get("openai-beta", ""):
            raise Refused("WebSocket transport is not enabled for this request")
        return Answer(101, {}, ())
    if request.method != "POST" or request.path not in (GENERATE, COMPACT):
        raise Refused("Not Found", status=404)
    if visit.asks_for_missing_model:
        raise Refused(f"The '{visit.model}' model is not supported when using Codex with a ChatGPT account.")
    if request.path == COMPACT:
        check_compact(visit.body)
        return visit.ask(visit.account_of(person))
    check(visit.body)
    return _told(visit.ask(visit.account_of(person)), person)


def _person(visit: Visit) -> Person:
    if not visit.token:
        raise Refused.because(NO_TOKEN)
    person = visit.owner()
    if visit.request.headers.get("chatgpt-account-id") != person.account_id:
        raise Refused.because(WRONG_ACCOUNT)
    return person


def _told(answer: Answer, person: Person) -> Answer:
    """Return the answer with the person's plan in its headers and what is left as its first event."""
    if not any(name.startswith("x-codex-") for name in answer.headers):
        return answer
    headers = {**answer.headers, "x-codex-plan-type": person.plan}
    answer = msgspec.structs.replace(answer, headers=headers)
    if answer.status != 200 or answer.headers.get("content-type") != SSE:
        return answer
    return msgspec.structs.replace(answer, pieces=_frames(answer.pieces, _limits(headers)))


def _frames(pieces: Iterable[Piece], limits: JsonObject) -> Iterator[Piece]:
    yield event("codex.rate_limits", limits)
    for piece in pieces:
        yield _without_output(piece) if isinstance(piece, bytes) and piece.startswith(COMPLETED) else piece


def _without_output(frame: bytes) -> bytes:
    completed = msgspec.json.decode(frame.removeprefix(COMPLETED).strip().removeprefix(b"data: "))
    return event("response.completed", {**completed, "response": {**completed["response"], "output": []}})


def _limits(headers: Mapping[str, str]) -> JsonObject:
    windows = {slot: _window(headers, slot) for slot in ("primary", "secondary")}
    money = {
        "has_credits": headers["x-codex-credits-has-credits"] == "true",
        "unlimited": headers["x-codex-credits-unlimited"] == "true",
        "balance": headers["x-codex-credits-balance"],
    }
    return {
        "type": "codex.rate_limits",
        "plan_type": headers["x-codex-plan-type"],
        "rate_limits": {"allowed": True, "limit_reached": False, **windows},
        "credits": money,
    }


def _window(headers: Mapping[str, str], slot: str) -> JsonObject | None:
    told = {name.replace("-", "_"): (headers.get(f"x-codex-{slot}-{name}"), kind) for name, kind in WINDOW}
    window = {name: kind(value) for name, (value, kind) in told.items() if value is not None}
    return window or None


def _error_body(refusal: Refusal, serial: int) -> bytes:
    """Its own refusals are a sentence; only the end of a token has a body like OpenAI's."""
    if refusal.code:
        return openai_family.error_body(refusal, serial)
    return msgspec.json.encode({"detail": refusal.message})


HOST = Host(
    name="codex",
    vendor="openai",
    addresses=re.compile(r"chatgpt\.com"),
    words=responses.VENDOR,
    answer=_answer,
    bad_token=ENDED,
    error_body=_error_body,
    plan=(Window(1_000, 5 * HOUR), Window(10_000, WEEK)),
)
