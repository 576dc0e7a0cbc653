"""
Imagen's pictures, asked for and answered as Gemini's are.

    {"instances": [{"prompt", "negativePrompt"?}], "parameters": {"sampleCount", "aspectRatio"?}}
    {"predictions": [{"bytesBase64Encoded", "mimeType"}]}

The prompt is what the last turn says. One thing is not known here: what a picture costs in tokens.

Source: `reference` sheet `providers/vertex`, section c (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from cliproxy.dialects.base import Losses
from cliproxy.dialects.gemini import native
from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE, TopLevel, put

PNG = "image/png"

_SIGN = b'"predictions"'
_SAID_OTHERWISE = ("contents", "generationConfig", "aspectRatio", "sampleCount", "negativePrompt", "model")
_SAID_IN_CONFIG = ("candidateCount", "imageConfig", "responseModalities")


class _Prediction(Struct, rename="camel"):
    bytes_base64_encoded: str = ""
    mime_type: str = ""
    rai_filtered_reason: str = ""


class _Predictions(Struct):
    predictions: list[_Prediction]


_decode = msgspec.json.Decoder().decode
_decode_predictions = msgspec.json.Decoder(_Predictions).decode
_encode = msgspec.json.Encoder().encode


def to_prediction(body: TopLevel, losses: Losses) -> None:
    """
    Write a Gemini request as one for pictures, in place.

    Raises:
        RequestError: It has no prompt.
    """
    request = dict(native.camel(body))
    instance: TopLevel = {}
    put(instance, "prompt", _prompt(request.get("contents"), losses))
    if "negativePrompt" in request:
        instance["negativePrompt"] = request["negativePrompt"]
    parameters = _parameters(request, losses)
    for name in request:
        if name not in _SAID_OTHERWISE:
            losses.add(name)
    body.clear()
    body["instances"] = native.closed([instance])
    body["parameters"] = native.closed(parameters)


def of_prediction(data: bytes) -> bytes:
    """Return pictures as a Gemini reply; any other reply stays as it came."""
    if _SIGN not in data:
        return data
    try:
        predictions = _decode_predictions(data).predictions
    except UNREADABLE:
        return data
    parts = [
        {"inlineData": {"mimeType": one.mime_type or PNG, "data": one.bytes_base64_encoded}}
        for one in predictions
        if one.bytes_base64_encoded
    ]
    refused = next((one.rai_filtered_reason for one in predictions if one.rai_filtered_reason), "")
    candidate: dict[str, object] = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    if not parts:
        candidate |= {"finishReason": "IMAGE_SAFETY", "finishMessage": refused or "no picture was made"}
    usage = {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}
    return _encode({"candidates": [candidate], "usageMetadata": usage})


def _parameters(request: TopLevel, losses: Losses) -> TopLevel:
    """Return how many pictures of which shape are wanted; what else Gemini can be told of a reply is lost."""
    config = native.opened(request.get("generationConfig"))
    picture = native.opened(config.get("imageConfig"))
    for name in config:
        if name not in _SAID_IN_CONFIG:
            losses.add(f"generationConfig.{name}")
    for name in picture:
        if name != "aspectRatio":
            losses.add(f"generationConfig.imageConfig.{name}")
    said = (
        ("sampleCount", config.get("candidateCount")),
        ("sampleCount", request.get("sampleCount")),
        ("aspectRatio", picture.get("aspectRatio")),
        ("aspectRatio", request.get("aspectRatio")),
    )
    return {"sampleCount": Raw(b"1")} | {name: value for name, value in said if value is not None}


def _prompt(contents: Raw | None, losses: Losses) -> str:
    """Return what the last turn says; turns before it, and pictures in it, are lost."""
    turns = native.listed(contents)
    parts = native.listed(turns[-1].get("parts")) if turns else []
    texts = [_text(part["text"]) for part in parts if "text" in part]
    prompt = "\n".join(filter(None, texts)).strip()
    if not prompt:
        raise RequestError("a model of Imagen needs a prompt: a text in the last turn")
    if len(turns) > 1:
        losses.add("contents before the last turn")
    if len(texts) < len(parts):
        losses.add("contents other than text")
    return prompt


def _text(value: Raw) -> str:
    try:
        text = _decode(value)
    except UNREADABLE:
        return ""
    return text if isinstance(text, str) else ""
