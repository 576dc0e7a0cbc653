"""
Google's Cloud Code Assist: Gemini requests and replies in an envelope.

    {"model", "project", "request": {a Gemini request}}        {"response": {a Gemini reply}, "traceId"}

Source: `reference` sheets `dialects/gemini-cli`, `providers/gemini-cli` section c (read 2026-11-21).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from cliproxy.dialects.base import Operation
from cliproxy.dialects.gemini import native
from cliproxy.dialects.gemini.schemas import cleaned
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer, held_under
from cliproxy.wire.body import UNREADABLE, TopLevel, close_body, open_body, put
from cliproxy.wire.frames import Framing

unwrapped = held_under("response")

_OUR_OWN = ("model", "session_id", "sessionId")  # of the envelope, not of the request in it
_WITHOUT_IMAGE_CONFIG = "gemini-2.5-flash-image-preview"


class Opened(NamedTuple):
    """What a client's envelope holds."""

    model: str
    request: bytes  # in the dialect `gemini`


def wrapped(body: TopLevel, call: Call) -> None:
    """Put a Gemini request into the envelope."""
    counts = call.endpoint.operation is Operation.COUNT_TOKENS
    request = dict(native.to_count(body) if counts else native.camel(body))
    for name in _OUR_OWN:
        request.pop(name, None)
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


def opened(body: bytes) -> Opened:
    """
    Take a client's request out of the envelope.

    Raises:
        RequestError: It is no JSON object.
    """
    envelope = native.camel(open_body(body))
    request = native.opened(envelope.get("request"))
    for name in _OUR_OWN:
        request.pop(name, None)
    if "toolConfig" in envelope:
        request.setdefault("toolConfig", envelope["toolConfig"])
    try:
        model = msgspec.json.decode(envelope.get("model", b'""'), type=str)
    except UNREADABLE:
        model = ""
    return Opened(model.removeprefix("models/"), close_body(request))


def enclosed(reply: bytes) -> bytes:
    """
    Put a Gemini reply, or the data of one frame of a stream, into the envelope that a client expects.

    Errors go without it.
    """
    return b'{"response":%b}' % reply


def query(call: Call) -> str:
    """Without `alt=sse` a stream comes as one JSON array."""
    return "alt=sse" if call.framing is Framing.EVENT_STREAM else ""


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


PROVIDER = Provider(
    name="gemini-cli",
    base_url="https://cloudcode-pa.googleapis.com",
    endpoints=(
        Endpoint("gemini", Operation.GENERATE, "/v1internal:generateContent", Streams.NEVER),
        Endpoint("gemini", Operation.GENERATE, "/v1internal:streamGenerateContent", Streams.ALWAYS),
        Endpoint("gemini", Operation.COUNT_TOKENS, "/v1internal:countTokens", Streams.NEVER),
    ),
    authorize=bearer,
    query=query,
    shape=wrapped,
    unwrap=unwrapped,
    models_section="gemini-cli",
)
