"""
Anthropic's Messages, by key and by login.

A login's token goes in the Authorization header and needs the header `anthropic-beta: oauth-2025-04-20`; a key goes in
`x-api-key`. An account hears of its windows with every answer.

Source: sheets `providers/claude` c and `quota` 1.2; refusals as quoted in public issues of its clients
(read 2026-11-21).
"""

import re

from cliproxy.simulator import messages
from cliproxy.simulator.accounts import HOUR, WEEK, Window
from cliproxy.simulator.answer import Answer
from cliproxy.simulator.hosts.visit import Host, Visit
from cliproxy.simulator.vendor import Problem, Refusal, Refused

PATHS = re.compile(r"/v1/(messages|messages/count_tokens|models)")
BETA = "oauth-2025-04-20"
ENDED = Refusal(401, "OAuth token has expired. Please obtain a new token or refresh your existing token.")
NO_BETA = Refusal(401, "OAuth authentication is currently not supported.")
NO_VERSION = Refusal(400, "anthropic-version: header is required")


def _answer(visit: Visit) -> Answer:
    request, problems = visit.request, messages.VENDOR.problems
    if not PATHS.fullmatch(request.path):
        raise Refused.because(problems[Problem.UNKNOWN_PATH])
    if "anthropic-version" not in request.headers:
        raise Refused.because(NO_VERSION)
    if key := request.headers.get("x-api-key"):
        if not visit.knows_key(key):
            raise Refused.because(problems[Problem.BAD_KEY])
        return visit.ask(visit.account_with(key))
    person = visit.owner()
    if BETA not in _betas(visit):
        raise Refused.because(NO_BETA)
    return visit.ask(visit.account_of(person))


def _betas(visit: Visit) -> list[str]:
    return [beta.strip() for beta in visit.request.headers.get("anthropic-beta", "").split(",")]


HOST = Host(
    name="claude",
    vendor="claude",
    addresses=re.compile(r"api\.anthropic\.com"),
    words=messages.VENDOR,
    answer=_answer,
    bad_token=ENDED,
    logins_begin="sk-ant-oat",
    plan=(Window(1_000, 5 * HOUR), Window(10_000, WEEK)),
)
