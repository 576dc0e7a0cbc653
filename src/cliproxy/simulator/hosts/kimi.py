"""
Kimi for coding, by login: Chat Completions, and Messages.

Chat Completions know their models without `kimi-`, and want the reasoning of every turn that called tools back. A spent
week is told under 403, and nobody says until when.

Source: sheets `providers/kimi` c and `quota` 1.9; refusals as quoted in public issues (read 2026-11-21).
"""

import re

from cliproxy.simulator import chat
from cliproxy.simulator.answer import Answer
from cliproxy.simulator.hosts.visit import Host, Visit
from cliproxy.simulator.loose import mapping, mappings
from cliproxy.simulator.vendor import Problem, Refusal, Refused

PREFIX = "kimi-"
CHAT = "/coding/v1/chat/completions"
PATHS = re.compile(r"/coding/v1/(chat/completions|messages|messages/count_tokens|models)")
ENDED = Refusal(
    401,
    "The API Key appears to be invalid or may have expired. Please verify your credentials and try again.",
    kind="invalid_authentication_error",
)
SPENT = Refusal(
    403,
    "You've reached your weekly (7-day) usage limit. Your quota will reset when the current 7-day window ends. To"
    " continue now, purchase extra usage or upgrade your plan.",
    kind="access_terminated_error",
)
UNKNOWN_MODEL = Refusal(404, "Not found the model {} or Permission denied", kind="resource_not_found_error")


def _answer(visit: Visit) -> Answer:
    account, path = visit.account(), visit.request.path
    if not PATHS.fullmatch(path):
        raise Refused.because(chat.VENDOR.problems[Problem.UNKNOWN_PATH].about(path))
    if path == CHAT:
        _check_chat(visit)
    if visit.asks_for_missing_model:
        raise Refused.because(UNKNOWN_MODEL.about(visit.model))
    if visit.is_spent(account):
        raise Refused.because(SPENT)
    return visit.ask(account)


def _check_chat(visit: Visit) -> None:
    if visit.model.startswith(PREFIX):
        raise Refused.because(UNKNOWN_MODEL.about(visit.model))
    if mapping(visit.body.get("thinking")).get("type") == "disabled":
        return
    for index, message in enumerate(mappings(visit.body.get("messages"))):
        if message.get("tool_calls") and not isinstance(message.get("reasoning_content"), str):
            raise Refused(
                f"thinking is enabled but reasoning_content is missing in assistant tool call message at index {index}"
            )


HOST = Host(
    name="kimi",
    vendor="kimi",
    addresses=re.compile(r"api\.kimi\.com"),
    words=chat.VENDOR,
    answer=_answer,
    bad_token=ENDED,
)
