"""Gemini by key, as the simulator plays it."""

import pytest

from cliproxy.simulator.hosts import Hosts
from cliproxy.simulator.people import ANN
from tests.unit.simulator.asking import json_of
from tests.unit.simulator.hosts.visiting import NOW, refusal_of, request, visit

URL = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"
BODY = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
KEY = {"authorization": "", "x-goog-api-key": "sk-1"}


def test_a_key_is_answered() -> None:
    """In its header or in the query; models are listed too."""
    listed = visit("https://generativelanguage.googleapis.com/v1beta/models", None, KEY, method="GET")

    assert json_of(visit(URL, BODY, KEY))["candidates"]
    assert json_of(visit(f"{URL}?key=sk-1", BODY, {"authorization": ""}))["candidates"]
    assert json_of(listed)["models"]


@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        (URL, {"authorization": ""}, 403),
        (URL, KEY | {"x-goog-api-key": "sk-2"}, 400),
        (URL, {}, 401),
        (URL.replace("v1beta", "v2"), KEY, 404),
        (URL.replace("gemini-2.5-pro", "missing"), KEY, 404),
    ],
)
def test_what_is_wrong_is_refused(url: str, headers: dict[str, str], status: int) -> None:
    """A login's token does not do here."""
    assert refusal_of(visit(url, BODY, headers))[0] == status


def test_a_login_is_no_key() -> None:
    """A token that is good elsewhere is none here, in a key's place either."""
    playing = Hosts(lambda _vendor, _token: ANN, lambda: NOW)

    for value, status in (("ya29.ann", 400), ("AIza-ann", 200)):
        assert playing.answer(request(URL, BODY, KEY | {"x-goog-api-key": value})).status == status
