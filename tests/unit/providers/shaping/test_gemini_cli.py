"""Cloud Code Assist's envelope, and what may stand in it."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.providers.gemini_cli import PROVIDER
from tests.unit.providers.calling import shaped

WHOLE, STREAM, COUNT = range(3)
HELLO = {"role": "user", "parts": [{"text": "hello"}]}


def wrapped(request: dict[str, Any], place: int = WHOLE, **settings: Any) -> Any:
    return shaped(PROVIDER, {"contents": [HELLO]} | request, place, model="gemini-2.5-pro", **settings)[0]


def test_a_request_goes_into_the_envelope() -> None:
    """The model outside, the account's project, and nothing of another envelope within."""
    body = {"model": "alias", "system_instruction": {"parts": []}, "session_id": "s", "safetySettings": []}

    assert wrapped(body, project="p-1") == {
        "model": "gemini-2.5-pro",
        "project": "p-1",
        "request": {"contents": [HELLO], "systemInstruction": {"parts": []}, "safetySettings": []},
    }


@pytest.mark.parametrize(
    "body",
    [
        {"contents": [HELLO], "safety_settings": []},
        {"generateContentRequest": {"model": "models/other", "contents": [HELLO], "safetySettings": []}},
    ],
)
def test_a_count_has_another_envelope(body: dict[str, Any]) -> None:
    """No project, and the model inside."""
    out, _ = shaped(PROVIDER, body, COUNT, model="gemini-2.5-pro")

    assert out == {"request": {"model": "models/gemini-2.5-pro", "contents": [HELLO]}}


def test_roles_are_filled_in_and_empty_parts_go() -> None:
    """Both are refused here, while the public API is lenient."""
    call = {"functionCall": {"name": "f", "args": {}}}
    contents = [
        {"parts": [{"text": "a"}, {"text": ""}, {}]},
        {"parts": [{"text": "", "thought_signature": "s"}, call]},
        {"role": "function", "parts": [{"function_response": {"name": "f", "response": {}}}]},
        {"role": "model", "parts": [{"text": ""}]},
    ]

    assert wrapped({"contents": contents})["request"]["contents"] == [
        {"role": "user", "parts": [{"text": "a"}]},
        {"role": "model", "parts": [{"text": "", "thoughtSignature": "s"}, call]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]},
    ]


@pytest.mark.parametrize("name", ["parameters", "parametersJsonSchema", "parameters_json_schema"])
def test_schemas_are_cleaned_under_one_name(name: str) -> None:
    """They are checked more strictly than in the public API."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "title": "A"}}, "$schema": "s"}
    body = {"tools": [{"function_declarations": [{"name": "f", name: schema}]}, {"googleSearch": {}}]}

    clean = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert wrapped(body)["request"]["tools"] == [
        {"functionDeclarations": [{"name": "f", "parametersJsonSchema": clean}]},
        {"googleSearch": {}},
    ]


def test_a_picture_s_form_cannot_be_asked_for() -> None:
    """One model refuses the field; that is told."""
    body = {"generation_config": {"image_config": {"aspectRatio": "16:9"}, "topK": 1}}
    out, lost = shaped(PROVIDER, body, model="gemini-2.5-flash-image-preview")

    assert out["request"]["generationConfig"] == {"topK": 1}
    assert lost == ["generationConfig.imageConfig"]
    assert wrapped(body)["request"]["generationConfig"] == body["generation_config"]
