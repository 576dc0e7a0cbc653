"""What tools gave, in the many words that clients have for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.request import Text
from cliproxy.dialects.gemini.results import response_of, result_content


def told(response: Any) -> tuple[list[str], bool]:
    content, is_error = result_content(Raw(json.dumps(response).encode()), "f")
    return [text.text for text in content], is_error


def written(*texts: str, origin: str = "openai_chat", is_error: bool = False, has_media: bool = False) -> Any:
    response = response_of([Text(text) for text in texts], is_error=is_error, origin=origin, has_media=has_media)
    return (
        json.loads(bytes(response)) if isinstance(response, Raw) else json.loads(json.dumps(response, default=_plain))
    )


def _plain(value: object) -> Any:
    assert isinstance(value, Raw)
    return json.loads(bytes(value))


@pytest.mark.parametrize(
    ("response", "texts", "is_error"),
    [
        ({"result": "22 C"}, ["22 C"], False),
        ({"output": "22 C"}, ["22 C"], False),
        ({"content": "22 C"}, ["22 C"], False),
        ({"error": "no such city"}, ["no such city"], True),
        ({"error": None, "output": "22 C"}, ["22 C"], False),
        ({"result": {"a": 1}}, ['{"a": 1}'], False),
        ({"result": 5}, ["5"], False),
        ({}, [""], False),
        (None, [""], False),
        ("bare", ["bare"], False),
        ({"name": "f", "content": [{"text": "22 C"}, {"text": "rain"}]}, ["22 C", "rain"], False),
        ({"temperature": 22, "city": "Rome"}, ['{"temperature": 22, "city": "Rome"}'], False),
        ({"result": "22 C", "took": 3}, ['{"result": "22 C", "took": 3}'], False),
    ],
)
def test_the_result_is_taken_out_of_its_wrapper(response: Any, texts: list[str], is_error: bool) -> None:
    """An object that holds more than one field is the result itself, so that nothing of it is lost."""
    assert told(response) == (texts, is_error)


@pytest.mark.parametrize(
    ("texts", "origin", "response"),
    [
        (["22 C"], "openai_chat", {"result": "22 C"}),
        ([], "openai_chat", {"result": ""}),
        (["a", "b"], "openai_chat", {"result": "a\nb"}),
        (['{"a":1}'], "openai_chat", {"result": '{"a":1}'}),
        (['{"a":1}'], "openai_responses", {"result": {"a": 1}}),
        (["[1,2]"], "openai_responses", {"result": [1, 2]}),
        (["{broken"], "openai_responses", {"result": "{broken"}),
        (["22 C"], "anthropic_messages", {"result": "22 C"}),
        (["a", "b"], "anthropic_messages", {"result": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}),
        (['{"a":1,"b":2}'], "gemini", {"a": 1, "b": 2}),
        (['{"error":1}'], "gemini", {"result": {"error": 1}}),
    ],
)
def test_a_result_is_an_object(texts: list[str], origin: str, response: Any) -> None:
    """The API takes nothing else. What kind of value was meant depends on who said it."""
    assert written(*texts, origin=origin) == response


def test_a_failure_is_told_as_one() -> None:
    assert written("no such city", is_error=True) == {"error": "no such city"}


def test_a_block_beside_a_picture_stays_a_block() -> None:
    """It stood in a list, of which the picture goes its own way."""
    assert written("seen", origin="anthropic_messages", has_media=True) == {"result": {"type": "text", "text": "seen"}}


@pytest.mark.parametrize(
    "response", [{"result": "a"}, {"x": 1, "y": 2}, {"error": {"code": 5}}, {"result": [{"text": "a"}]}]
)
def test_at_home_a_result_reads_back(response: Any) -> None:
    content, is_error = result_content(Raw(json.dumps(response).encode()), "f")
    again = response_of(content, is_error=is_error, origin="gemini", has_media=False)
    raw = again if isinstance(again, Raw) else Raw(json.dumps(again, default=_plain).encode())
    read, failed = result_content(raw, "f")

    assert [json.dumps(text.text.replace(" ", "")) for text in read] == [
        json.dumps(text.text.replace(" ", "")) for text in content
    ]
    assert failed is is_error
