"""Vertex AI, as the simulator plays it."""

import base64

import pytest

from tests.unit.simulator.asking import Json, events_of, json_of
from tests.unit.simulator.hosts.visiting import refusal_of, visit

HOST = "https://us-central1-aiplatform.googleapis.com"
MODELS = "/v1/projects/project-1/locations/us-central1/publishers/google/models"
URL = f"{HOST}{MODELS}/gemini-2.5-pro:generateContent"
IMAGEN = f"{HOST}{MODELS}/imagen-4.0-generate-001:predict"
BY_KEY = "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-pro:generateContent"
BODY: Json = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
PROMPT: Json = {"instances": [{"prompt": "a hat"}], "parameters": {"sampleCount": 2, "aspectRatio": "1:1"}}
KEY = {"authorization": "", "x-goog-api-key": "sk-1"}


def test_a_service_account_is_answered() -> None:
    """In its region, and at the host for all of them."""
    stream = f"{HOST}{MODELS}/gemini-2.5-pro:streamGenerateContent?alt=sse"
    everywhere = URL.replace("us-central1-", "").replace("us-central1", "global")

    assert json_of(visit(URL, BODY))["candidates"]
    assert events_of(visit(stream, BODY))[-1][1]["candidates"][0]["finishReason"] == "STOP"
    assert json_of(visit(everywhere, BODY))["candidates"]
    assert json_of(visit(URL.replace("generateContent", "countTokens"), BODY))["totalTokens"] == 1


def test_a_key_needs_no_project() -> None:
    """It stands in a header of its own."""
    assert json_of(visit(BY_KEY, BODY, KEY))["candidates"]


def test_imagen_predicts_pictures() -> None:
    """As many as were asked for."""
    predictions = json_of(visit(IMAGEN, PROMPT))["predictions"]

    assert len(predictions) == 2
    assert base64.b64decode(predictions[0]["bytesBase64Encoded"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("url", "body", "headers", "status", "words"),
    [
        (URL, BODY, {"authorization": "Bearer ended"}, 401, "invalid authentication"),
        (URL.replace("project-1", "project-2"), BODY, {}, 403, "aiplatform.endpoints.predict"),
        (URL.replace("locations/us-central1", "locations/global"), BODY, {}, 400, "Invalid location"),
        (URL.replace("gemini-2.5-pro", "missing"), BODY, {}, 404, "Publisher Model `projects/project-1"),
        (URL.replace("/v1/", "/v1beta1/"), BODY, {}, 404, "not found"),
        (BY_KEY, BODY, KEY | {"x-goog-api-key": "sk-2"}, 400, "API key not valid"),
        (BY_KEY, BODY, {}, 401, "authentication"),
        (IMAGEN.replace(":predict", ":generateContent"), BODY, {}, 400, "not supported"),
        (URL.replace("generateContent", "predict"), PROMPT, {}, 400, "not supported"),
        (IMAGEN, BODY, {}, 400, 'Unknown name "contents"'),
        (IMAGEN, {"instances": [{}]}, {}, 400, "requires a prompt"),
        (IMAGEN, {**PROMPT, "parameters": {"sampleCount": 9}}, {}, 400, "Sample count"),
    ],
)
def test_what_is_wrong_is_refused(url: str, body: Json, headers: dict[str, str], status: int, words: str) -> None:
    """Project, location, model and form are all looked at."""
    found, said = refusal_of(visit(url, body, headers))

    assert (found, words in said) == (status, True), said
