"""
iFlow's Chat Completions, by the key that an account's login fetches. Every call is signed with that key. Models think
where `chat_template_kwargs` or `reasoning_split` say so.

It says no in a shape of its own: a number of its own as text, beside the status.

Source: sheet `providers/iflow` c and d; refusals as quoted in public issues of its command line (read 2026-11-21).
"""

import hashlib
import hmac
import re

import msgspec

from cliproxy.simulator import chat
from cliproxy.simulator.answer import Answer, JsonObject, Request
from cliproxy.simulator.hosts.visit import Host, Visit
from cliproxy.simulator.loose import mapping
from cliproxy.simulator.vendor import Problem, Refusal, Refused

PATHS = re.compile(r"/v1/(chat/completions|models)")
BAD_KEY = Refusal(401, "Invalid apiKey", code="434")
BAD_SIGNATURE = Refusal(406, "Invalid signature: {}", code="406")
UNKNOWN_MODEL = Refusal(400, "Model not support: {}", code="435")
SESSION = re.compile(r"session-[0-9a-zA-Z-]+")
OWN_WORDS = ("chat_template_kwargs", "reasoning_split", "reasoning_effort")  # the last one is passed over
MILLISECONDS = re.compile(r"\d{13}")


def _answer(visit: Visit) -> Answer:
    account = visit.account()
    if not PATHS.fullmatch(visit.request.path):
        raise Refused.because(chat.VENDOR.problems[Problem.UNKNOWN_PATH].about(visit.request.path))
    if visit.request.method == "POST":
        _check_signature(visit.request, visit.token)
    if visit.asks_for_missing_model:
        raise Refused.because(UNKNOWN_MODEL.about(visit.model))
    return visit.ask(account, _spoken(visit.body)) if visit.request.method == "POST" else visit.ask(account)


def _spoken(body: JsonObject) -> JsonObject:
    """Return a request as the speakers have it: how its models are told to think is their vendor's own."""
    switches = mapping(body.get("chat_template_kwargs"))
    thinks = switches.get("enable_thinking") is True or body.get("reasoning_split") is True
    left = {name: value for name, value in body.items() if name not in OWN_WORDS}
    return {**left, "reasoning_effort": "high"} if thinks else left


def _check_signature(request: Request, key: str) -> None:
    given = {name: request.headers.get(name, "") for name in ("session-id", "x-iflow-timestamp", "x-iflow-signature")}
    session, moment, signature = given.values()
    if not SESSION.fullmatch(session):
        raise Refused.because(BAD_SIGNATURE.about("session-id"))
    if not MILLISECONDS.fullmatch(moment):
        raise Refused.because(BAD_SIGNATURE.about("x-iflow-timestamp"))
    signed = f"{request.headers.get('user-agent', '')}:{session}:{moment}".encode()
    if not hmac.compare_digest(hmac.new(key.encode(), signed, hashlib.sha256).hexdigest(), signature):
        raise Refused.because(BAD_SIGNATURE.about("x-iflow-signature"))


def _error_body(refusal: Refusal, _serial: int) -> bytes:
    return msgspec.json.encode({"status": refusal.code or str(refusal.status), "msg": refusal.message, "body": None})


HOST = Host(
    name="iflow",
    vendor="iflow",
    addresses=re.compile(r"apis\.iflow\.cn"),
    words=chat.VENDOR,
    answer=_answer,
    bad_token=BAD_KEY,
    error_body=_error_body,
)
