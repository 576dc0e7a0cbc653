"""
Vertex AI: Gemini in a project of Google's cloud by a service account's token, or by key; and Imagen.

A token's project and the location stand in the path, and the location in the host's name too; `global` has a host
without one. Imagen's models are asked to `predict`.

Source: sheets `providers/vertex` c and `quota` 1.8; https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference
(read 2026-11-21).
"""

import base64
import re

import msgspec

from cliproxy.simulator import gemini
from cliproxy.simulator.answer import Answer, whole
from cliproxy.simulator.gemini_request import model_in
from cliproxy.simulator.hosts.visit import Host, Visit
from cliproxy.simulator.loose import mapping, mappings, number, string
from cliproxy.simulator.vendor import Problem, Refusal, Refused

ADDRESSES = re.compile(r"(?:([a-z0-9-]+)-)?aiplatform\.googleapis\.com")
IN_PROJECT = re.compile(r"/v1/projects/([^/]+)/locations/([^/]+)/publishers/google/models/[^/:]+:(\w+)")
BY_KEY = re.compile(r"/v1/publishers/google/models/[^/:]+:(\w+)")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MOST_PICTURES = 4
DENIED = (
    "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com{}' (or it may not"
    " exist)."
)
UNKNOWN_MODEL = Refusal(
    404,
    "Publisher Model `{}` was not found or your project does not have access to it. Please ensure you are using a valid"
    " model version.",
)


def _answer(visit: Visit) -> Answer:
    path = visit.request.path
    if in_project := IN_PROJECT.fullmatch(path):
        person = visit.owner()
        project, location, action = in_project.groups()
        if location != _location_of(visit.request.host):
            raise Refused(f"Invalid location {location} for this endpoint: {visit.request.host}.")
        if project not in person.projects:
            raise Refused.because(
                Refusal(403, DENIED.format(path.removeprefix("/v1").partition(":")[0]), code="IAM_PERMISSION_DENIED")
            )
        return _predicted(visit) if _predicts(visit, action) else visit.ask(visit.account_of(person))
    if by_key := BY_KEY.fullmatch(path):
        key = visit.request.headers.get("x-goog-api-key") or visit.request.query.get("key", "")
        if not visit.knows_key(key):
            raise Refused.because(gemini.VENDOR.problems[Problem.BAD_KEY] if key else gemini.BAD_TOKEN)
        return _predicted(visit) if _predicts(visit, by_key[1]) else visit.ask(visit.account_with(key))
    raise Refused.because(gemini.VENDOR.problems[Problem.UNKNOWN_PATH])


def _location_of(host: str) -> str:
    found = ADDRESSES.fullmatch(host)
    return (found[1] or "global") if found else ""


def _predicts(visit: Visit, action: str) -> bool:
    """Tell whether Imagen is asked, in its own way; raises Refused for another model or another way."""
    model = model_in(visit.request.path)
    if visit.asks_for_missing_model:
        raise Refused.because(UNKNOWN_MODEL.about(visit.request.path.removeprefix("/v1/").partition(":")[0]))
    if model.startswith("imagen") != (action == "predict"):
        raise Refused(f"{model} is not supported in the {action} API.")
    return action == "predict"


def _predicted(visit: Visit) -> Answer:
    for field in visit.body:
        if field not in ("instances", "parameters"):
            raise Refused(f'Invalid JSON payload received. Unknown name "{field}": Cannot find field.')
    prompts = [string(instance.get("prompt")) for instance in mappings(visit.body.get("instances"))]
    if not prompts or not all(prompts):
        raise Refused("Text-to-image generation requires a prompt.")
    amount = number(mapping(visit.body.get("parameters")).get("sampleCount")) or 1
    if not 1 <= amount <= MOST_PICTURES:
        raise Refused(
            f"Image generation failed with the following error: Sample count must be between 1 and {MOST_PICTURES}."
        )
    picture = {"mimeType": "image/png", "bytesBase64Encoded": base64.b64encode(PNG).decode()}
    return whole(
        200, {"content-type": gemini.VENDOR.json_type}, msgspec.json.encode({"predictions": [picture] * amount})
    )


HOST = Host(
    name="vertex",
    vendor="google",
    addresses=ADDRESSES,
    words=gemini.VENDOR,
    answer=_answer,
    bad_token=gemini.BAD_TOKEN,
    logins_begin="ya29.",
)
