"""Gemini requests edited where they lie."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from cliproxy.dialects.gemini import native
from cliproxy.wire.body import TopLevel, close_body, open_body


def raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))


def top(body: dict[str, Any]) -> TopLevel:
    return open_body(msgspec.json.encode(body))


def written(body: TopLevel) -> Any:
    return msgspec.json.decode(close_body(body))


def unchanged(role: str, parts: list[TopLevel]) -> list[TopLevel]:
    return parts


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"system_instruction": 1, "contents": 2}, {"systemInstruction": 1, "contents": 2}),
        ({"a_b": 1, "aB": 2}, {"aB": 2}),
        ({"aB": 2, "a_b": 1}, {"aB": 2}),
        ({"x-data": 1, "_a": 2}, {"x-data": 1, "_a": 2}),
    ],
)
def test_a_field_has_one_spelling(fields: dict[str, int], names: dict[str, int]) -> None:
    """The server refuses one that stands there twice."""
    assert written(native.camel(top(fields))) == names


@pytest.mark.parametrize("value", [None, Raw(b"null"), Raw(b"5"), Raw(b'"x"'), Raw(b"[5]"), Raw(b"{"), Raw(b"\xff")])
def test_what_is_something_else_is_nothing(value: Raw | None) -> None:
    """The upstream says what is wrong with it."""
    assert native.opened(value) == {}
    assert native.listed(value) == []


def test_one_object_is_a_list_of_one() -> None:
    """Clients leave the brackets out, and Google takes it."""
    (alone,) = native.listed(raw({"inline_data": 1}))

    assert written(alone) == {"inlineData": 1}


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({}, False),
        ({"text": ""}, False),
        ({"text": None}, False),
        ({"text": " "}, True),
        ({"text": "", "thoughtSignature": "s"}, True),
        ({"thoughtSignature": "s"}, True),
        ({"thought": True, "text": ""}, True),
        ({"thought": True}, False),
        ({"videoMetadata": {}}, False),
        ({"inlineData": {}}, True),
        ({"functionCall": {}}, True),
        ({"codeExecutionResult": {}}, True),
    ],
)
def test_which_parts_are_empty(part: dict[str, Any], *, says: bool) -> None:
    """Empty ones are refused."""
    assert native.says_something(top(part)) is says


def test_whose_turn_it_is() -> None:
    """Said, or in an old word, or left to be told from the turn before."""
    said = [None, None, "tool", None, "user", "function", "else", 5, "model"]
    contents = [{"parts": [{"text": "t"}]} | ({} if role is None else {"role": role}) for role in said]
    body = top({"contents": contents})
    native.edit_contents(body, unchanged)

    roles = [content["role"] for content in written(body)["contents"]]
    assert roles == ["user", "model", "user", "model", "user", "user", "model", "user", "model"]


def test_what_counts() -> None:
    """countTokens takes a whole request as well as its contents."""
    whole: dict[str, Any] = {"contents": [], "system_instruction": {}}

    assert written(native.to_count(top({"generate_content_request": whole}))) == {
        "contents": [],
        "systemInstruction": {},
    }
    assert written(native.to_count(top(whole))) == {"contents": [], "systemInstruction": {}}


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "user", "model", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["contents", "parts", "role", "text", "tools", "functionDeclarations", "inline_data"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(body=st.dictionaries(st.sampled_from(["contents", "tools", "other"]), values))
def test_no_request_is_too_odd(body: dict[str, Any]) -> None:
    """An edit that is made once changes nothing when made again, and everything else stays."""

    def edit(request: TopLevel) -> TopLevel:
        native.edit_contents(request, unchanged)
        native.edit_declarations(request, lambda declaration: None)
        return request

    once = edit(top(body))
    assert written(edit(open_body(close_body(once)))) == written(once)
    assert written(once).get("other") == body.get("other")


@pytest.mark.parametrize(
    ("proof", "model", "left", "lost"),
    [
        ("claude#c2ln", "claude-x", "c2ln", False),
        ("claude#c2ln", "gemini-x", None, True),
        ("gemini#c2ln", "gemini-x", "c2ln", False),
        ("c2ln", "claude-x", "c2ln", False),
    ],
)
def test_proofs_of_another_family_go(proof: str, model: str, left: str | None, *, lost: bool) -> None:
    """The tag of the model's own goes too. What is said of tags is no proof."""
    said = {"text": '"claude#c2ln"'}
    parts = [said, {"text": "hm", "thoughtSignature": proof}, {"thought_signature": 7}]
    top = msgspec.json.decode(msgspec.json.encode({"contents": [{"parts": parts}, {"parts": 7}]}), type=TopLevel)

    assert native.drop_foreign_proofs(top, model) is lost
    first = msgspec.json.decode(top["contents"])[0]["parts"]
    assert (first[0], first[1].get("thoughtSignature")) == (said, left)


@pytest.mark.parametrize(
    "contents",
    [
        Raw(b'[ {"parts": [{"thoughtSignature": "c2ln"}]} ]'),
        Raw(b'[5, {"parts": [{"thoughtSignature": "claude#c2ln"}]}]'),
    ],
)
def test_a_request_without_tags_or_sense_stays_as_it_is(contents: Raw) -> None:
    top = {"contents": contents}

    assert not native.drop_foreign_proofs(top, "gemini-x")
    assert top["contents"] is contents
