"""Pictures of Imagen, asked for and answered as Gemini's."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.dialects.base import Losses
from cliproxy.dialects.gemini import DIALECT
from cliproxy.dialects.gemini.imagen import of_prediction, to_prediction
from cliproxy.errors import RequestError
from cliproxy.wire.body import close_body, open_body
from cliproxy.wire.frames import Frame

CAT = {"role": "user", "parts": [{"text": "a cat"}]}


def asked(**request: Any) -> tuple[Any, list[str]]:
    """Return what Imagen is asked, and what was lost."""
    body, losses = open_body(msgspec.json.encode(request)), Losses()
    to_prediction(body, losses)
    return msgspec.json.decode(close_body(body)), [loss.field for loss in losses.found()]


def answered(*predictions: dict[str, Any]) -> Any:
    return msgspec.json.decode(of_prediction(msgspec.json.encode({"predictions": predictions})))


def test_a_prompt_is_what_the_last_turn_says() -> None:
    turns = [
        {"parts": [{"text": "a dog"}]},
        {"role": "model", "parts": []},
        {"parts": [{"text": "a"}, {"text": "cat"}]},
    ]
    body, lost = asked(contents=turns)

    assert body == {"instances": [{"prompt": "a\ncat"}], "parameters": {"sampleCount": 1}}
    assert lost == ["contents before the last turn"]


@pytest.mark.parametrize(
    "wishes",
    [
        {"generationConfig": {"candidateCount": 3, "imageConfig": {"aspectRatio": "16:9"}}},
        {"generation_config": {"candidate_count": 3, "image_config": {"aspect_ratio": "16:9"}}},
        {"sampleCount": 3, "aspectRatio": "16:9"},
    ],
)
def test_wishes_may_stand_where_gemini_or_imagen_has_them(wishes: dict[str, Any]) -> None:
    body, lost = asked(contents=[CAT], negativePrompt="dogs", **wishes)

    assert body["instances"] == [{"prompt": "a cat", "negativePrompt": "dogs"}]
    assert body["parameters"] == {"sampleCount": 3, "aspectRatio": "16:9"}
    assert lost == []


def test_what_imagen_cannot_be_told_is_lost_and_named() -> None:
    config = {"temperature": 1, "responseModalities": ["IMAGE"], "imageConfig": {"imageSize": "2K"}}
    parts = [{"text": "a cat"}, {"inlineData": {"data": "AA=="}}]
    _, lost = asked(contents=[{"parts": parts}], generationConfig=config, systemInstruction=CAT, tools=[{}])

    assert sorted(lost) == [
        "contents other than text",
        "generationConfig.imageConfig.imageSize",
        "generationConfig.temperature",
        "systemInstruction",
        "tools",
    ]


@pytest.mark.parametrize(
    "request_",
    [{}, {"contents": []}, {"contents": [{"parts": [{"text": " "}]}]}, {"contents": [{"parts": [{"text": 7}, 7]}]}],
)
def test_without_a_prompt_nothing_is_asked(request_: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match="needs a prompt"):
        asked(**request_)


def test_pictures_come_as_gemini_s_do() -> None:
    """In the dialect, so that every client's codec can write them."""
    reply = answered(
        {"bytesBase64Encoded": "AA==", "mimeType": "image/jpeg"}, {"bytesBase64Encoded": "BB=="}, {"odd": True}
    )
    [candidate] = reply["candidates"]

    assert candidate["content"]["parts"] == [
        {"inlineData": {"mimeType": "image/jpeg", "data": "AA=="}},
        {"inlineData": {"mimeType": "image/png", "data": "BB=="}},
    ]
    assert candidate["finishReason"] == "STOP"
    sighting = DIALECT.sight(Frame("", msgspec.json.encode(reply)))
    assert sighting is not None
    assert sighting.content
    assert sighting.end


@pytest.mark.parametrize("predictions", [(), ({"raiFilteredReason": "it shows a cat"},)])
def test_pictures_that_are_held_back_are_a_filtered_reply(predictions: tuple[dict[str, Any], ...]) -> None:
    [candidate] = answered(*predictions)["candidates"]

    assert candidate["finishReason"] == "IMAGE_SAFETY"
    assert candidate["finishMessage"] in ("it shows a cat", "no picture was made")


@pytest.mark.parametrize(
    "reply",
    [
        b'{"candidates": [{"content": {"parts": [{"text": "\\"predictions\\""}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"functionCall": {"args": {"predictions": []}}}]}}]}',
        b'{"predictions": 7}',
        b'"predictions"',
        b"",
    ],
)
def test_any_other_reply_stays_as_it_came(reply: bytes) -> None:
    assert of_prediction(reply) is reply


@given(
    st.dictionaries(
        st.sampled_from(["contents", "generationConfig", "aspectRatio", "negativePrompt", "x_y"]),
        st.recursive(
            st.none() | st.text() | st.integers(0, 9),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(st.sampled_from(["parts", "text", "imageConfig", "candidateCount"]), inner)
            ),
        ),
    )
)
def test_no_request_breaks_it(request_: dict[str, Any]) -> None:
    try:
        body, _ = asked(**request_)
    except RequestError:
        return
    assert body["instances"][0]["prompt"]


@given(st.binary().map(lambda tail: b'{"predictions":' + tail))
def test_no_reply_breaks_it(reply: bytes) -> None:
    assert of_prediction(reply)
