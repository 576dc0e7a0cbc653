"""Two spellings, and fields that nobody knows."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from cliproxy.dialects.gemini.schema import Request
from cliproxy.dialects.gemini.spelling import Reader, in_camel_case, tidied

READ = Reader(Request).read


def as_json(value: bytes | msgspec.Raw) -> Any:
    return json.loads(bytes(value))


def test_names_become_camel_case() -> None:
    assert in_camel_case("function_calling_config") == "functionCallingConfig"
    assert in_camel_case("topK") == "topK"


def test_what_belongs_to_the_caller_is_not_touched() -> None:
    """Arguments, results and schemas may well have such names of their own."""
    args = {"file_data": {"mime_type": 1}, "text": 2}
    body = {"contents": [{"role": "model", "parts": [{"function_call": {"name": "f", "args": args}}]}]}
    request = READ(json.dumps(body).encode())

    assert isinstance(request.contents, list)
    part = request.contents[0].parts
    assert isinstance(part, list)
    assert part[0].function_call is not None
    assert as_json(part[0].function_call.args) == args


def test_unknown_fields_are_gathered_where_they_stand() -> None:
    body = {"contents": [{"role": "user", "mood": "good", "parts": [{"text": "a", "tint": None, "hue": 3}]}]}
    request = READ(json.dumps(body).encode())

    assert isinstance(request.contents, list)
    (content,) = request.contents
    assert isinstance(content.parts, list)
    assert {name: as_json(raw) for name, raw in content.extras.items()} == {"mood": "good"}
    assert {name: as_json(raw) for name, raw in content.parts[0].extras.items()} == {"hue": 3}


def test_what_is_tidy_already_stays_the_same_bytes() -> None:
    """A number keeps its spelling, and nothing is copied."""
    body = b'{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"temperature":1.50}}'

    assert tidied(body, Request) is body


@pytest.mark.parametrize("body", [b"5", b'"a"', b"[]", b"[[1]]", b"{", b"", b'{"contents":{"parts":[[[1]]]}}'])
def test_what_is_no_request_raises_what_decoding_raises(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        READ(body)


def test_depth_costs_no_more_than_it_must() -> None:
    """Results may hold parts that hold results; nobody nests them for good."""
    inner = b'{"text":"a","x_y":1}'
    for _ in range(40):
        inner = b'{"function_response":{"parts":[' + inner + b"]}}"

    with pytest.raises(msgspec.DecodeError):
        READ(b'{"contents":[{"parts":[' + inner + b"]}]}")
