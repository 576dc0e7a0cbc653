"""What the checkers share."""

from __future__ import annotations

from cliproxy.testing.grammar.reading import is_count, lacking, objects, payload
from cliproxy.wire.frames import Frame


def test_only_objects_are_payloads() -> None:
    assert payload(Frame("", b'{"a":1}')) == {"a": 1}
    assert payload(Frame("", b"[1]")) is None
    assert payload(Frame("", b"\xff")) is None


def test_a_truth_is_no_count() -> None:
    """`true` would pass for 1."""
    assert is_count(0)
    assert not is_count(True)
    assert not is_count(-1)
    assert not is_count("1")


def test_null_is_there_and_what_is_no_object_is_passed_over() -> None:
    assert lacking({"a": None}, ("a", "b")) == ["b"]
    assert objects([{"a": 1}, "b"]) == [{"a": 1}]
    assert objects(None) == []
