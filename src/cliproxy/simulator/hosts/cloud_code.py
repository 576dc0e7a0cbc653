"""
Gemini Code Assist: what Gemini CLI asks, in the name of one of the person's projects.

Calls come without ids. The account calls of the same host (`:loadCodeAssist`, `:onboardUser`) are not answered here.

Source: sheets `providers/gemini-cli` c, `dialects/gemini-cli`, `quota` 1.6.
"""

import re

from cliproxy.simulator import gemini
from cliproxy.simulator.answer import Answer
from cliproxy.simulator.hosts.antigravity import answered
from cliproxy.simulator.hosts.envelope import (
    action_of,
    check_parts,
    check_project,
    counted,
    opened,
    sealed,
    unknown_field,
    without_ids,
)
from cliproxy.simulator.hosts.schemas import check_tools
from cliproxy.simulator.hosts.visit import Host, Visit
from cliproxy.simulator.loose import mapping

FIELDS = ("model", "project", "user_prompt_id", "request")
NOT_GEMINIS = ("session_id",)  # in the request within; for the vendor itself
WITHOUT_IMAGE_CONFIG = "gemini-2.5-flash-image-preview"


def _answer(visit: Visit) -> Answer:
    person, action = visit.owner(), action_of(visit)
    account = visit.account_of(person)
    if action == "countTokens":
        return counted(visit, account)
    if "requestType" in visit.body:
        return answered(visit, person, action)
    inner = opened(visit, FIELDS)
    check_project(visit, person)
    check_parts(inner)
    check_tools(inner, fields=("parameters", "parametersJsonSchema"))
    if visit.model == WITHOUT_IMAGE_CONFIG and "imageConfig" in mapping(inner.get("generationConfig")):
        raise unknown_field("imageConfig", "request.generation_config")
    body = {name: value for name, value in inner.items() if name not in NOT_GEMINIS}
    return sealed(visit.ask(account, body, f"/v1beta/models/{visit.model}:{action}"), without_ids)


HOST = Host(
    name="gemini-cli",
    vendor="google",
    addresses=re.compile(r"cloudcode-pa\.googleapis\.com"),
    words=gemini.VENDOR,
    answer=_answer,
    bad_token=gemini.BAD_TOKEN,
)
