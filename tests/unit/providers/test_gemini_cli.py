"""Cloud Code Assist: Gemini in an envelope."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.errors import RequestError
from cliproxy.providers.gemini_cli import PROVIDER, REFRESH, enclosed, opened, unwrapped
from cliproxy.wire.frames import Framing
from tests.unit.login.steps import answer, played
from tests.unit.providers.calling import headers_of, prepared

WHOLE, STREAM, COUNT = range(3)
HELLO = {"role": "user", "parts": [{"text": "hello"}]}


@pytest.mark.parametrize(
    ("place", "framing", "path"),
    [
        (WHOLE, Framing.WHOLE, ":generateContent"),
        (STREAM, Framing.EVENT_STREAM, ":streamGenerateContent?alt=sse"),
        (STREAM, Framing.JSON_ARRAY, ":streamGenerateContent"),
        (COUNT, Framing.WHOLE, ":countTokens"),
    ],
)
def test_addresses(place: int, framing: Framing, path: str) -> None:
    """The model does not stand in them."""
    request = prepared(PROVIDER, place, framing=framing)

    assert request.url == f"https://cloudcode-pa.googleapis.com/v1internal{path}"
    assert headers_of(request)["authorization"] == "Bearer sk-1"


def test_a_client_s_envelope_is_opened() -> None:
    """A Gemini request is left, for whatever upstream."""
    body = {
        "model": "gemini-2.5-pro",
        "project": "theirs",
        "user_prompt_id": "u",
        "tool_config": {"a": 1},
        "request": {"contents": [HELLO], "session_id": "s", "model": "m"},
    }
    model, request = opened(msgspec.json.encode(body))

    assert model == "gemini-2.5-pro"
    assert msgspec.json.decode(request) == {"contents": [HELLO], "toolConfig": {"a": 1}}


@pytest.mark.parametrize("body", [b"{}", b'{"request":null,"model":5}', b'{"request":[]}'])
def test_an_envelope_with_nothing_in_it(body: bytes) -> None:
    """The dialect's own decoder says what is missing."""
    assert opened(body) == ("", b"{}")


def test_what_is_no_envelope_is_refused() -> None:
    """As every body that is no object is."""
    with pytest.raises(RequestError):
        opened(b"[]")


def test_replies_in_and_out_of_the_envelope() -> None:
    """The bytes stay as they are."""
    reply = b'{"candidates": [{"index": 0.0}]}'

    assert enclosed(reply) == b'{"response":{"candidates": [{"index": 0.0}]}}'
    assert unwrapped(enclosed(reply)) == reply
    assert PROVIDER.unwrap(b'{"error":{}}') == b'{"error":{}}'


LOGIN = Credential(
    id="g.json", provider="gemini-cli", secret=Secret("at-1"), refresh_token=Secret("rt-1"), project="p-1"
)


@pytest.mark.parametrize(
    ("details", "client"),
    [
        ({}, "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com"),
        ({"token": {"client_id": "own", "client_secret": "s"}}, "own"),
        ({"client_id": "own", "client_secret": "s"}, "own"),
        ({"token": {"client_id": 7}}, "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com"),
    ],
)
def test_a_token_is_exchanged_by_the_client_it_was_given_to(details: dict[str, Any], client: str) -> None:
    """Files of several programs look alike; each names its own."""
    login = structs.replace(LOGIN, details=details)
    tokens, [request] = played(REFRESH.steps(login, now=0), answer({"access_token": "at-2", "expires_in": 3599}))
    fields = parse_qs(request.body.decode())

    assert request.url == "https://oauth2.googleapis.com/token"
    assert fields["client_id"] == [client]
    assert (fields["client_secret"] == ["s"]) is (client == "own")
    assert not tokens.refresh_token, "Google gives no other, and the old one stays"


def test_a_file_without_a_project_learns_it_with_its_next_token() -> None:
    """As some programs write it; without one nothing is answered."""
    without = structs.replace(LOGIN, project="")
    tokens, _ = played(
        REFRESH.steps(without, now=0), answer({"access_token": "at-2"}), answer({"cloudaicompanionProject": "p-2"})
    )
    assert tokens.more == {"project_id": "p-2"}


def test_who_logs_in_is_told_what_google_says_of_it() -> None:
    """In one line, with an address."""
    assert "\n" not in PROVIDER.notice
    assert "https://" in PROVIDER.notice
    assert PROVIDER.login() is not None


def test_a_login_s_token_is_a_bearer() -> None:
    assert headers_of(prepared(PROVIDER, credential=LOGIN, body=b"{}"))["authorization"] == "Bearer at-1"
