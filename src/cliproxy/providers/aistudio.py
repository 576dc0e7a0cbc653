"""
Google AI Studio, by a web page that somebody opened there: it dials in, and makes the calls with its own login.

The page adds what its login needs, so there is nothing to authorise with here. A credential is a page that is dialled
in; its id is the channel over which calls go.

Source: `reference` sheet `providers/aistudio` sections b to d (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.dialects.gemini import native
from cliproxy.providers.base import Call, Endpoint, Provider, Streams
from cliproxy.providers.diagnosis.reading import GEMINI
from cliproxy.providers.shaping.gemini import fit_proofs, stream_query
from cliproxy.wire.body import TopLevel
from cliproxy.wire.http import Carrier, HeaderList

_NOT_TAKEN = ("maxOutputTokens", "responseMimeType", "responseJsonSchema")  # of `generationConfig`
_NOT_COUNTED = ("generationConfig", "tools", "safetySettings")
_OUR_OWN = ("session_id", "sessionId")  # of other upstreams that speak Gemini


def reduced(body: TopLevel, call: Call) -> None:
    """Leave out what is not taken there."""
    counts = call.endpoint.operation is Operation.COUNT_TOKENS
    request = dict(native.to_count(body) if counts else native.camel(body))
    body.clear()
    body.update((name, value) for name, value in request.items() if name not in _OUR_OWN)
    fit_proofs(body, call)
    if counts:
        _leave_uncounted(body, call)
    elif "generationConfig" in body:
        _leave_untaken(body, call)


def no_authorization(credential: Credential) -> HeaderList:
    """Say nothing: the page's browser does."""
    return ()


def _leave_uncounted(body: TopLevel, call: Call) -> None:
    for name in _NOT_COUNTED:
        if body.pop(name, None) is not None and name == "tools":  # the others would not add to the count
            call.losses.add(name)


def _leave_untaken(body: TopLevel, call: Call) -> None:
    config = native.opened(body["generationConfig"])
    untaken = [name for name in config if name in _NOT_TAKEN]
    for name in untaken:
        del config[name]
        call.losses.add(f"generationConfig.{name}")
    if untaken:
        body["generationConfig"] = native.closed(config)


def _endpoint(operation: Operation, method: str, streams: Streams) -> Endpoint:
    return Endpoint("gemini", operation, f"/v1beta/models/{{model}}:{method}", streams, Carrier.RELAY)


PROVIDER = Provider(
    name="aistudio",
    base_url="https://generativelanguage.googleapis.com",
    endpoints=(
        _endpoint(Operation.GENERATE, "generateContent", Streams.NEVER),
        _endpoint(Operation.GENERATE, "streamGenerateContent", Streams.ALWAYS),
        _endpoint(Operation.COUNT_TOKENS, "countTokens", Streams.NEVER),
    ),
    authorize=no_authorization,
    query=stream_query,
    shape=reduced,
    diagnose=GEMINI.diagnose,
    quota=GEMINI.quota,
    models_section="aistudio",
)
