"""Arguments that should be an object."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.arguments import is_whole, object_of


@pytest.mark.parametrize(
    ("arguments", "value", "unchanged"),
    [
        ('{"a": 1.0}', {"a": 1.0}, True),
        ("", {}, True),
        ("  ", {}, True),
        ("{'a': 'b'}", {"a": "b"}, False),
        ('{"a":1,"b":"cut of', {"a": 1}, False),
        ('{"a":{"b":1}', {"a": {"b": 1}}, False),
        ('{"a', {}, False),
        ("[1]", {}, False),
        ('"x"', {}, False),
        ('{"a":"\\ud83d"}', {}, False),
    ],
)
def test_a_call_survives_with_what_was_complete(arguments: str, value: object, unchanged: bool) -> None:
    """The call is the point; what a model broke off is dropped, and the caller may say so."""
    found, same = object_of(arguments)

    assert json.loads(bytes(found)) == value
    assert same is unchanged


def test_numbers_keep_their_spelling() -> None:
    assert bytes(object_of('{"a":1e3,"b":1.0}')[0]) == b'{"a":1e3,"b":1.0}'


def test_only_a_complete_object_is_whole() -> None:
    assert is_whole('{"a":"}"} ')
    assert not is_whole('{"a":{}')
    assert not is_whole("")
    assert not is_whole("[]")
