"""Arguments in pieces."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from cliproxy.dialects.gemini.partial_call import PartialCall
from cliproxy.dialects.gemini.schema import FunctionCall


def arguments(*pieces: dict[str, Any], **call: Any) -> Any:
    partial = PartialCall(0)
    for piece in pieces:
        partial.feed(msgspec.convert({"partialArgs": [piece]}, FunctionCall))
    if call:
        partial.feed(msgspec.json.decode(json.dumps(call).encode(), type=FunctionCall))
    return json.loads(partial.arguments())


def numbered(path: str, value: float) -> FunctionCall:
    body = {"partialArgs": [{"jsonPath": path, "numberValue": value}]}
    return msgspec.json.decode(json.dumps(body).encode(), type=FunctionCall)


def test_words_at_one_path_are_joined() -> None:
    assert arguments(
        {"jsonPath": "$.city", "stringValue": "New ", "willContinue": True},
        {"jsonPath": "$.city", "stringValue": "York"},
        {"jsonPath": "$.deep['a.b'][1]", "stringValue": "second"},
        {"jsonPath": "$.deep['a.b'][0]", "stringValue": "first"},
        {"jsonPath": "$.sure", "boolValue": True},
    ) == {"city": "New York", "deep": {"a.b": ["first", "second"]}, "sure": True}


def test_numbers_keep_their_spelling() -> None:
    partial = PartialCall(0)
    partial.feed(numbered("$.n", 1.0))
    partial.feed(numbered("$.list[0]", 2))

    assert partial.arguments() == '{"n":1.0,"list":[2]}'


def test_nothing_is_no_arguments() -> None:
    assert arguments() == {}
    assert arguments(args={}) == {}


def test_whole_arguments_count_more() -> None:
    assert arguments({"jsonPath": "$.a", "stringValue": "x"}, args={"a": "whole"}) == {"a": "whole"}


def test_paths_that_lead_nowhere_or_too_far_are_passed_over() -> None:
    """A place in a list costs nothing, however high."""
    deep = "$" + ".a" * 500

    assert arguments(
        {"jsonPath": "", "stringValue": "x"},
        {"jsonPath": "$", "stringValue": "x"},
        {"jsonPath": deep, "stringValue": "x"},
        {"jsonPath": "$.list[999999999]", "stringValue": "far"},
        {"jsonPath": "$.list.odd", "stringValue": "name"},
    ) == {"list": ["far", "name"]}
