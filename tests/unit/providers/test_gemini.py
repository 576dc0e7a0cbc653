"""Google's API: the model in the path, a stream in one of two forms."""

from __future__ import annotations

import pytest

from cliproxy.providers.gemini import PROVIDER
from cliproxy.wire.frames import Framing
from tests.unit.providers.calling import credential, headers_of, prepared

ROOT = "https://generativelanguage.googleapis.com/v1beta/models/m"


@pytest.mark.parametrize(
    ("place", "framing", "url"),
    [
        (0, Framing.WHOLE, f"{ROOT}:generateContent"),
        (1, Framing.EVENT_STREAM, f"{ROOT}:streamGenerateContent?alt=sse"),
        (1, Framing.JSON_ARRAY, f"{ROOT}:streamGenerateContent"),
        (2, Framing.WHOLE, f"{ROOT}:countTokens"),
    ],
)
def test_addresses(place: int, framing: Framing, url: str) -> None:
    """Without `alt=sse` a stream comes as one JSON array."""
    assert prepared(PROVIDER, place, framing=framing).url == url


def test_the_key_stands_in_a_header() -> None:
    """Not in the query, which ends in logs."""
    request = prepared(PROVIDER)

    assert headers_of(request)["x-goog-api-key"] == "sk-1"
    assert "sk-1" not in request.url


@pytest.mark.parametrize("base", ["https://p.example", "https://p.example/v1beta", "https://p.example/v1beta/"])
def test_a_base_address_may_have_the_version_already(base: str) -> None:
    """Both are in use."""
    request = prepared(PROVIDER, credential=credential(base_url=base))

    assert request.url == "https://p.example/v1beta/models/m:generateContent"
