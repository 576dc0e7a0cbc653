"""AI Studio, by a page that makes the calls: what it is told, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.providers.aistudio import PROVIDER
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import Carrier
from tests.unit.providers.calling import headers_of, prepared, shaped

ROOT = "https://generativelanguage.googleapis.com/v1beta/models/m"
PAGE = Credential(id="aistudio-0123456789abcdef", provider="aistudio", secret=Secret(""))
CONTENTS = [{"parts": [{"text": "hello"}]}]
WHOLE, COUNT = 0, 2


@pytest.mark.parametrize(
    ("place", "framing", "url"),
    [
        (0, Framing.WHOLE, f"{ROOT}:generateContent"),
        (1, Framing.EVENT_STREAM, f"{ROOT}:streamGenerateContent?alt=sse"),
        (1, Framing.JSON_ARRAY, f"{ROOT}:streamGenerateContent"),
        (2, Framing.WHOLE, f"{ROOT}:countTokens"),
    ],
)
def test_the_page_is_the_channel_of_each_call(place: int, framing: Framing, url: str) -> None:
    """And nothing authorises it: the page's browser does."""
    request = prepared(PROVIDER, place, framing=framing, credential=PAGE, channel="the client's")

    assert request.url == url
    assert (request.carrier, request.channel) == (Carrier.RELAY, PAGE.id)
    assert headers_of(request).keys() == {"content-type", "accept", "accept-encoding"}


@pytest.mark.parametrize(
    ("body", "sent", "losses"),
    [
        ({"contents": CONTENTS}, {"contents": CONTENTS}, []),
        ({"contents": CONTENTS, "session_id": "s"}, {"contents": CONTENTS}, []),
        (
            {"generationConfig": {"maxOutputTokens": 5, "topP": 1, "responseMimeType": "a/b"}},
            {"generationConfig": {"topP": 1}},
            ["generationConfig.maxOutputTokens", "generationConfig.responseMimeType"],
        ),
        (
            {"generation_config": {"response_json_schema": {}, "responseSchema": {"type": "STRING"}}},
            {"generationConfig": {"responseSchema": {"type": "STRING"}}},
            ["generationConfig.responseJsonSchema"],
        ),
        ({"generationConfig": 7}, {"generationConfig": 7}, []),
    ],
)
def test_what_is_not_taken_is_left_out_and_told(body: dict[str, Any], sent: dict[str, Any], losses: list[str]) -> None:
    assert shaped(PROVIDER, body, WHOLE) == (sent, losses)


def test_a_count_says_the_contents_alone() -> None:
    """Of what is left out only the tools would have counted."""
    more = {"tools": [{}], "safetySettings": [{}], "generationConfig": {"topP": 1}, "session_id": "s"}
    inner = {"generateContentRequest": {"contents": CONTENTS, **more}}

    for body in ({"contents": CONTENTS, **more}, inner):
        assert shaped(PROVIDER, body, COUNT) == ({"contents": CONTENTS}, ["tools"])
