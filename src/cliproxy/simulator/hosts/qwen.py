"""
Qwen's Chat Completions, by login. A spent day is told as `insufficient_quota`, and nobody says until when.

Source: sheets `providers/qwen` c and `quota` 1.9; refusals as quoted in public issues of its command line
(read 2026-11-21).
"""

import re

from cliproxy.simulator import chat
from cliproxy.simulator.answer import Answer
from cliproxy.simulator.hosts.visit import Host, Visit
from cliproxy.simulator.vendor import Problem, Refusal, Refused

PATHS = re.compile(r"/v1/(chat/completions|models)")
ENDED = Refusal(401, "invalid access token or token expired", code="invalid_api_key")
UNKNOWN_MODEL = Refusal(400, "model `{}` is not supported.", code="invalid_parameter_error")


def _answer(visit: Visit) -> Answer:
    account = visit.account()
    if not PATHS.fullmatch(visit.request.path):
        raise Refused.because(chat.VENDOR.problems[Problem.UNKNOWN_PATH].about(visit.request.path))
    if visit.asks_for_missing_model:
        raise Refused.because(UNKNOWN_MODEL.about(visit.model))
    return visit.ask(account)


HOST = Host(
    name="qwen",
    vendor="qwen",
    addresses=re.compile(r"portal\.qwen\.ai"),
    words=chat.VENDOR,
    answer=_answer,
    bad_token=ENDED,
)
