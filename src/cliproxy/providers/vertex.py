"""
Google's Vertex AI: the Gemini API in somebody's own cloud project, by service account or by key.

    service account  https://{location}-aiplatform.googleapis.com/v1/projects/{project}/locations/{location}/publishers/...
    key              {base_url}/v1/publishers/...

A service account's file says project and location. Imagen's models are asked in words of their own, and answer whole.

Source: `reference` sheet `providers/vertex`, sections a to c (read 2026-11-21).
"""

from __future__ import annotations

from urllib.parse import quote

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.dialects.gemini import imagen, native
from cliproxy.login.google import CLOUD
from cliproxy.login.key_file import LOCATION, KeyFile
from cliproxy.login.service_account import ServiceAccount
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer, key_header, usual_path
from cliproxy.providers.diagnosis.reading import VERTEX
from cliproxy.providers.shaping.gemini import fit_proofs, stream_query
from cliproxy.wire.body import TopLevel
from cliproxy.wire.http import HeaderList

EVERYWHERE = "global"
MODELS = "/v1/publishers/google/models/{model}"

_OUR_OWN = ("session_id", "sessionId")
_NOT_COUNTED = ("tools", "toolConfig", "generationConfig", "safetySettings")
_by_key = key_header("x-goog-api-key")


def authorize(credential: Credential) -> HeaderList:
    """Authorise by a service account's token, or by a key."""
    return bearer(credential) if _is_account(credential) else _by_key(credential)


def address_of(credential: Credential) -> str:
    """Return the address of an account's location."""
    if not _is_account(credential):
        return ""
    location = _location(credential)
    return f"https://{'' if location == EVERYWHERE else f'{location}-'}aiplatform.googleapis.com"


def path_of(call: Call) -> str:
    """Return the path of a call: in an account's project, and for Imagen with its own action."""
    path = usual_path(call)
    if _is_imagen(call):
        path = f"{path.rpartition(':')[0]}:predict"
    if not _is_account(call.credential):
        return path
    place = f"/projects/{quote(call.credential.project, safe='')}/locations/{_location(call.credential)}"
    return path.replace("/v1", f"/v1{place}", 1)


def query(call: Call) -> str:
    """Ask for a stream's framing; Imagen knows none."""
    return "" if _is_imagen(call) else stream_query(call)


def shaped(body: TopLevel, call: Call) -> None:
    """Leave out what is not taken here; to Imagen say it in its words."""
    for name in _OUR_OWN:
        body.pop(name, None)
    fit_proofs(body, call)
    if call.endpoint.operation is Operation.COUNT_TOKENS:
        _shape_count(body, call)
    elif _is_imagen(call):
        imagen.to_prediction(body, call.losses)


def _shape_count(body: TopLevel, call: Call) -> None:
    request = dict(native.to_count(body))
    for name in (*_NOT_COUNTED, "model"):
        if request.pop(name, None) is not None and name == "tools":
            call.losses.add(name)
    body.clear()
    body.update(request)


def _is_account(credential: Credential) -> bool:
    return "service_account" in credential.details


def _is_imagen(call: Call) -> bool:
    return "imagen" in call.model and call.endpoint.operation is Operation.GENERATE


def _location(credential: Credential) -> str:
    """Return an account's location, as it may stand in an address."""
    named = credential.details.get("location")
    return quote(named.strip().lower(), safe="") if isinstance(named, str) and named.strip() else LOCATION


PROVIDER = Provider(
    name="vertex",
    base_url="https://aiplatform.googleapis.com",
    endpoints=(
        Endpoint("gemini", Operation.GENERATE, f"{MODELS}:generateContent", Streams.NEVER),
        Endpoint("gemini", Operation.GENERATE, f"{MODELS}:streamGenerateContent", Streams.ALWAYS),
        Endpoint("gemini", Operation.COUNT_TOKENS, f"{MODELS}:countTokens", Streams.NEVER),
    ),
    authorize=authorize,
    query=query,
    shape=shaped,
    reply_of=imagen.of_prediction,
    diagnose=VERTEX.diagnose,
    quota=VERTEX.quota,
    models_section="vertex",
    logins=(KeyFile("vertex"),),
    notice=(
        "A service account is Google's own way for other programs to use Vertex AI; Google Cloud's terms hold, and its"
        " prices: https://cloud.google.com/terms/service-terms"
    ),
    refresh=ServiceAccount(scope=CLOUD),
    address_of=address_of,
    path_of=path_of,
)
