"""
Gemini by key.

Source: sheet `providers/gemini-api-key` c.
"""

import re

from cliproxy.simulator import gemini
from cliproxy.simulator.answer import Answer
from cliproxy.simulator.hosts.visit import Host, Visit
from cliproxy.simulator.vendor import Problem, Refused

PATHS = re.compile(r"/v1(beta)?/models(/[^/:]+:\w+)?")


def _answer(visit: Visit) -> Answer:
    problems = gemini.VENDOR.problems
    if not PATHS.fullmatch(visit.request.path):
        raise Refused.because(problems[Problem.UNKNOWN_PATH])
    if not visit.key:
        raise Refused.because(problems[Problem.NO_KEY])
    if visit.token:
        raise Refused.because(gemini.BAD_TOKEN)
    if not visit.knows_key(visit.key):
        raise Refused.because(problems[Problem.BAD_KEY])
    return visit.ask(visit.account_with(visit.key))


HOST = Host(
    name="gemini",
    vendor="google",
    addresses=re.compile(r"generativelanguage\.googleapis\.com"),
    words=gemini.VENDOR,
    answer=_answer,
    bad_token=gemini.BAD_TOKEN,
    logins_begin="ya29.",
)
