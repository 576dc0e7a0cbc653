"""
Antigravity: Gemini, and Claude in Gemini's words, at two hosts that stand in for one another.

Gemini's calls have no ids; those of Claude are in `claude_inside`.

Source: sheets `providers/antigravity` c, `dialects/antigravity`, `quota` 1.7.
"""

import re

from cliproxy.simulator import gemini
from cliproxy.simulator.answer import Answer, JsonObject
from cliproxy.simulator.faults import Refuse
from cliproxy.simulator.hosts.claude_inside import read, spoken
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
from cliproxy.simulator.people import Person
from cliproxy.simulator.vendor import Refused

FIELDS = ("model", "project", "userAgent", "requestType", "requestId", "request")
NO_CAPACITY = Refuse(
    503,
    b'{"error": {"code": 503, "message": "No capacity available for model gemini-3-pro-high on the server",'
    b' "status": "UNAVAILABLE", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo",'
    b' "reason": "MODEL_CAPACITY_EXHAUSTED", "domain": "cloudcode-pa.googleapis.com"}]}}',
)


def _answer(visit: Visit) -> Answer:
    person, action = visit.owner(), action_of(visit)
    if action == "countTokens":
        return counted(visit, visit.account_of(person))
    return answered(visit, person, action)


def answered(visit: Visit, person: Person, action: str) -> Answer:
    """Return the answer to a request in Antigravity's wrapper, which the production host takes too."""
    for field in FIELDS:
        if not visit.body.get(field):
            raise Refused(f"Request contains an invalid argument: {field} is missing.")
    inner = opened(visit, FIELDS)
    check_project(visit, person)
    is_image, is_claude = "image" in visit.model, "claude" in visit.model
    if visit.body["requestType"] != ("image_gen" if is_image else "agent"):
        raise Refused(f"Invalid value at 'request_type': {visit.body['requestType']}")
    _check(inner, is_claude=is_claude)
    is_strict = is_claude or re.search(r"gemini-3[^/]*-pro", visit.model) is not None
    check_tools(inner, fields=("parameters",), is_strict=is_strict)
    body = {name: value for name, value in inner.items() if name != "sessionId"}
    path = f"/v1beta/models/{visit.model}:{action}"
    if not is_claude:
        return sealed(visit.ask(visit.account_of(person), body, path), without_ids)
    answer = visit.ask(visit.account_of(person), read(body), path)
    answer, words = spoken(answer)
    return sealed(answer, words)


def _check(inner: JsonObject, *, is_claude: bool) -> None:
    if "safetySettings" in inner:
        raise unknown_field("safetySettings", "request")
    settings = mapping(inner.get("generationConfig"))
    if "responseJsonSchema" in settings:
        raise unknown_field("responseJsonSchema", "request.generation_config")
    if "maxOutputTokens" in settings and not is_claude:
        raise unknown_field("maxOutputTokens", "request.generation_config")
    if mapping(inner.get("systemInstruction")).get("role", "user") != "user":
        raise Refused("Please use a valid role: user.")
    check_parts(inner)


HOST = Host(
    name="antigravity",
    vendor="google",
    addresses=re.compile(r"daily-cloudcode-pa(\.sandbox)?\.googleapis\.com"),
    words=gemini.VENDOR,
    answer=_answer,
    bad_token=gemini.BAD_TOKEN,
)
