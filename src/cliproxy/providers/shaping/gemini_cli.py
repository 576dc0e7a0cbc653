"""
Gemini requests as Cloud Code Assist takes them, in their envelope.

    {"model", "project", "request": {a Gemini request}}

Source: `reference` sheets `dialects/gemini-cli`, `providers/gemini-cli` section c (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.dialects.base import Operation
from cliproxy.dialects.gemini import native
from cliproxy.dialects.gemini.schemas import cleaned
from cliproxy.providers.base import Call
from cliproxy.providers.shaping.gemini import fit_proofs
from cliproxy.wire.body import TopLevel, put

OUR_OWN = ("model", "session_id", "sessionId")  # of the envelope, not of the request in it

_WITHOUT_IMAGE_CONFIG = "gemini-2.5-flash-image-preview"


def wrapped(body: TopLevel, call: Call) -> None:
    """Put a Gemini request into the envelope."""
    counts = call.endpoint.operation is Operation.COUNT_TOKENS
    request = dict(native.to_count(body) if counts else native.camel(body))
    for name in OUR_OWN:
        request.pop(name, None)
    fit_proofs(request, call)
    body.clear()
    if counts:
        request.pop("safetySettings", None)
        put(request, "model", f"models/{call.model}")
    else:
        native.edit_contents(request, _whole)
        native.edit_declarations(request, _clean)
        if call.model == _WITHOUT_IMAGE_CONFIG:
            _drop_image_config(request, call)
        put(body, "model", call.model)
        put(body, "project", call.project)
    body["request"] = native.closed(request)


def _whole(role: str, parts: list[TopLevel]) -> list[TopLevel]:
    return parts


def _clean(declaration: TopLevel) -> None:
    """Write the arguments' schema where it is checked least."""
    given = declaration.pop("parameters", None)
    declaration["parametersJsonSchema"] = cleaned(declaration.get("parametersJsonSchema", given))


def _drop_image_config(request: TopLevel, call: Call) -> None:
    config = native.opened(request.get("generationConfig"))
    if config.pop("imageConfig", None) is not None:
        call.losses.add("generationConfig.imageConfig")
        request["generationConfig"] = native.closed(config)
