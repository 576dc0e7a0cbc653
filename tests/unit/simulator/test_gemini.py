"""generateContent, as the simulator speaks it."""

from typing import Any

import msgspec
import pytest

from cliproxy.simulator import Upstream
from tests.unit.simulator.asking import CITY, PIXEL, Json, ask, body_of, events_of, json_of

WHOLE = "/v1beta/models/gemini-2.5-pro:generateContent"
STREAM = "/v1beta/models/gemini-2.5-pro:streamGenerateContent"
TOOLS = [{"functionDeclarations": [{"name": name, "parameters": CITY} for name in ("weather", "time")]}]
THINKING = {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": -1}}


def user(text: str) -> Json:
    return {"role": "user", "parts": [{"text": text}]}


BASE: Json = {"contents": [user("Say hello, please.")]}
CALLING: Json = {"contents": [user('call weather {"city": "Paris"} and time')], "tools": TOOLS}


def folded(responses: list[Any]) -> list[Json]:
    """Add the parts of a stream up, joining neighbours of one kind that carry no proof."""
    parts: list[Json] = []
    for part in (part for response in responses for part in response["candidates"][0]["content"]["parts"]):
        if parts and set(part) == set(parts[-1]) and "text" in part and "thoughtSignature" not in part:
            parts[-1]["text"] += part["text"]
        else:
            parts.append(part)
    return parts


@pytest.mark.parametrize(
    "body",
    [
        BASE,
        {**BASE, "generationConfig": THINKING},
        {**CALLING, "generationConfig": THINKING},
        CALLING,
        {**BASE, "generationConfig": {"maxOutputTokens": 2}},
        {**BASE, "generationConfig": {"responseMimeType": "application/json", "responseSchema": CITY}},
    ],
)
def test_a_stream_folds_back_to_the_whole_reply(body: Json) -> None:
    """As events and as an array, it is the same reply."""
    whole = json_of(ask(Upstream(), WHOLE, body))
    events = [data for _, data in events_of(ask(Upstream(), f"{STREAM}?alt=sse", body))]
    array = json_of(ask(Upstream(), STREAM, body))

    assert events == array
    assert folded(events) == whole["candidates"][0]["content"]["parts"]
    assert events[-1]["candidates"][0]["finishReason"] == whole["candidates"][0]["finishReason"]
    assert events[-1]["usageMetadata"] == whole["usageMetadata"]
    assert not any("finishReason" in response["candidates"][0] for response in events[:-1])


def test_event_streams_have_cr_lf_and_arrays_arrive_by_element() -> None:
    """Both framings look as the vendor's do."""
    assert body_of(ask(Upstream(), f"{STREAM}?alt=sse", BASE)).count(b"\r\n\r\n") == 5
    array = list(ask(Upstream(), STREAM, BASE).pieces)
    assert len(array) == 6
    assert body_of(ask(Upstream(), STREAM, BASE)).startswith(b'[{"candidates"')


def test_the_first_of_several_calls_carries_the_proof() -> None:
    """Parallel calls share one."""
    parts = json_of(ask(Upstream(), WHOLE, {**CALLING, "generationConfig": THINKING}))["candidates"][0]["content"][
        "parts"
    ]

    assert [sorted(part) for part in parts] == [
        ["text", "thought"],
        ["functionCall", "thoughtSignature"],
        ["functionCall"],
    ]


def test_both_spellings_are_read() -> None:
    """A schema's own property names are left alone."""
    schema = {"type": "OBJECT", "properties": {"home_city": {"type": "STRING"}}, "required": ["home_city"]}
    body = {**BASE, "generation_config": {"response_mime_type": "application/json", "response_schema": schema}}
    [part] = json_of(ask(Upstream(), WHOLE, body))["candidates"][0]["content"]["parts"]

    assert msgspec.json.decode(part["text"]) == {"home_city": "text"}


def test_function_responses_are_read_out() -> None:
    """Pictures may be inside of them."""
    call = {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}]}
    image = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
    result = {"functionResponse": {"name": "weather", "response": {"result": "18"}, "parts": [image]}}
    body = {"contents": [user("Weather?"), call, {"role": "user", "parts": [result]}]}
    [part] = json_of(ask(Upstream(), WHOLE, body))["candidates"][0]["content"]["parts"]

    assert part["text"] == "The tool said: 18. It showed 1 image (image/png, 70 bytes)."


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "contents is not specified"),
        ({**BASE, "messages": []}, 'Unknown name "messages": Cannot find field.'),
        ({**BASE, "systemInstruction": {}, "system_instruction": {}}, "oneof field is already set"),
        ({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "valid role"),
        ({"contents": [{"role": "user", "parts": []}]}, "must not be empty"),
        ({"contents": [{"role": "user", "parts": [{}]}]}, "must have one initialized field"),
        (
            {"contents": [user("x"), {"role": "model", "parts": [{"functionCall": {"name": "a"}}]}, user("y")]},
            "number of function response parts",
        ),
    ],
)
def test_what_the_vendor_refuses_is_refused(body: Json, words: str) -> None:
    """A gateway that sends what the vendor would not take learns it here."""
    answer = ask(Upstream(), WHOLE, body)
    error = json_of(answer)["error"]

    assert (answer.status, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert words in error["message"]


def test_gemini_3_wants_its_signatures_back() -> None:
    """Calls of another vendor's history pass with the documented stand-in."""

    def answered(**more: str) -> int:
        call = {"role": "model", "parts": [{"functionCall": {"name": "a"}, **more}]}
        result = {"role": "user", "parts": [{"functionResponse": {"name": "a", "response": {}}}]}
        body = {"contents": [user("x"), call, result]}
        return ask(Upstream(), "/v1beta/models/gemini-3-pro:generateContent", body).status

    assert answered() == 400
    assert answered(thoughtSignature="skip_thought_signature_validator") == 200


@pytest.mark.parametrize("body", [BASE, {"generateContentRequest": {"model": "models/m", **BASE}}])
def test_tokens_can_be_counted(body: Json) -> None:
    """Contents may be bare or inside a request."""
    counted = json_of(ask(Upstream(), "/v1beta/models/m:countTokens", body))

    assert counted["totalTokens"] == 3
