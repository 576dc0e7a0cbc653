"""Vertex AI: the Gemini API in a project, by service account or by key."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.errors import FailureKind
from cliproxy.login.flow import LoginKind
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.vertex import PROVIDER
from cliproxy.wire.frames import Framing
from tests.unit.login.keys import EMAIL, key_file
from tests.unit.providers.calling import call_to, credential, headers_of, prepared, shaped

WHOLE, STREAM, COUNT = range(3)
HELLO = {"role": "user", "parts": [{"text": "hello"}]}
MODELS = "publishers/google/models/m"
IMAGEN = "imagen-4.0-generate-001"


def account(**fields: Any) -> Credential:
    """Return what a file is read as, with a token that was made for it."""
    values = {"type": "vertex", "service_account": key_file(), "project_id": "acme-1", "email": EMAIL, **fields}
    [read] = read_credentials("auths/vertex-acme-1.json", msgspec.json.encode(values))
    return msgspec.structs.replace(read, secret=Secret("ya29.token"))


@pytest.mark.parametrize(
    ("place", "framing", "action"),
    [
        (WHOLE, Framing.WHOLE, "generateContent"),
        (STREAM, Framing.EVENT_STREAM, "streamGenerateContent?alt=sse"),
        (STREAM, Framing.JSON_ARRAY, "streamGenerateContent"),
        (COUNT, Framing.WHOLE, "countTokens"),
    ],
)
def test_an_account_s_project_and_location_stand_in_the_address(place: int, framing: Framing, action: str) -> None:
    request = prepared(PROVIDER, place, framing=framing, credential=account(location="europe-west4"))
    host = "https://europe-west4-aiplatform.googleapis.com"

    assert request.url == f"{host}/v1/projects/acme-1/locations/europe-west4/{MODELS}:{action}"
    assert headers_of(request)["authorization"] == "Bearer ya29.token"
    assert "x-goog-api-key" not in headers_of(request)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"location": "global"}, "https://aiplatform.googleapis.com/v1/projects/acme-1/locations/global/"),
        ({}, "https://us-central1-aiplatform.googleapis.com/v1/projects/acme-1/locations/us-central1/"),
        ({"location": 7}, "https://us-central1-aiplatform.googleapis.com/v1/projects/acme-1/locations/us-central1/"),
        (
            {"location": "evil.example/#", "project_id": "a/b"},
            "https://evil.example%2F%23-aiplatform.googleapis.com/v1/projects/a%2Fb/locations/evil.example%2F%23/",
        ),
        (
            {"base_url": "https://inner.example/vertex"},
            "https://inner.example/vertex/v1/projects/acme-1/locations/us-central1/",
        ),
    ],
)
def test_wherever_a_file_leads_the_token_goes_to_google_or_where_its_owner_wants(
    fields: dict[str, Any], url: str
) -> None:
    assert prepared(PROVIDER, credential=account(**fields)).url == f"{url}{MODELS}:generateContent"


def test_google_s_own_key_file_serves_as_it_was_downloaded() -> None:
    [read] = read_credentials("auths/acme.json", msgspec.json.encode(key_file()))

    assert (read.provider, read.project) == ("vertex", "acme-1")
    assert PROVIDER.refresh is not None
    assert PROVIDER.refresh.renews(read)
    assert "/projects/acme-1/locations/us-central1/" in prepared(PROVIDER, credential=read).url


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("", f"https://aiplatform.googleapis.com/v1/{MODELS}:generateContent"),
        ("https://zenmux.example/api", f"https://zenmux.example/api/v1/{MODELS}:generateContent"),
        ("https://zenmux.example/api/v1/", f"https://zenmux.example/api/v1/{MODELS}:generateContent"),
    ],
)
def test_a_key_goes_without_a_project(base_url: str, url: str) -> None:
    request = prepared(PROVIDER, credential=credential(base_url=base_url))

    assert request.url == url
    assert headers_of(request)["x-goog-api-key"] == "sk-1"
    assert "authorization" not in headers_of(request)


def test_a_key_is_not_renewed() -> None:
    assert PROVIDER.refresh is not None
    assert not PROVIDER.refresh.renews(credential())


def test_a_body_goes_out_as_it_came_but_for_our_own_fields() -> None:
    body = {"contents": [HELLO], "session_id": "s", "safety_settings": []}

    assert shaped(PROVIDER, body)[0] == {"contents": [HELLO], "safety_settings": []}


@pytest.mark.parametrize("nested", [True, False])
def test_a_count_is_of_contents_and_instructions_alone(nested: bool) -> None:
    """The long form of the question is unknown here, and tools are not taken: their tokens are lost."""
    request = {"model": "models/x", "contents": [HELLO], "systemInstruction": HELLO, "tools": [{}], "toolConfig": {}}
    out, lost = shaped(PROVIDER, {"generateContentRequest": request} if nested else request, COUNT)

    assert out == {"contents": [HELLO], "systemInstruction": HELLO}
    assert lost == ["tools"]


@pytest.mark.parametrize(("place", "framing"), [(WHOLE, Framing.WHOLE), (STREAM, Framing.EVENT_STREAM)])
def test_imagen_is_asked_whole_in_its_own_words(place: int, framing: Framing) -> None:
    """Also where a stream is wanted: a whole reply becomes one."""
    body = msgspec.json.encode({"contents": [HELLO]})
    request = prepared(PROVIDER, place, framing=framing, model=IMAGEN, credential=account(), body=body)

    assert request.url.endswith(f"/locations/us-central1/publishers/google/models/{IMAGEN}:predict")
    assert msgspec.json.decode(request.body) == {
        "instances": [{"prompt": "hello"}],
        "parameters": {"sampleCount": 1},
    }
    assert PROVIDER.reply_of(b'{"predictions":[]}').startswith(b'{"candidates"')


def test_imagen_s_tokens_are_counted_as_any_other_s() -> None:
    assert prepared(PROVIDER, COUNT, model=IMAGEN).url.endswith(f"{IMAGEN}:countTokens")


def test_a_minute_s_quota_is_the_project_s() -> None:
    """Vertex names it in words."""
    message = "Quota exceeded for aiplatform.googleapis.com/generate_content_requests_per_minute_per_project"
    body = msgspec.json.encode({"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED"}})
    failure = PROVIDER.diagnose(Observation(status=429, headers={}, body=body, now=0.0, model="m"))

    assert (failure.kind, failure.scope) == (FailureKind.RATE_LIMITED, "project")


def test_it_is_logged_in_to_by_a_file() -> None:
    login = PROVIDER.login()

    assert login is not None
    assert login.kind is LoginKind.KEY_FILE
    assert "\n" not in PROVIDER.notice
    assert "https://cloud.google.com/terms" in PROVIDER.notice


def test_a_call_shows_no_key() -> None:
    assert "PRIVATE" not in repr(call_to(PROVIDER, credential=account()))
