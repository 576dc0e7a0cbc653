"""What was not changed is not touched."""

from __future__ import annotations

import json

import pytest
from msgspec import UNSET, Raw

from cliproxy.credentials.files.layout import changed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a":1,"b":2}', '{"a":1,"b":9,"c":[3]}'),
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 9, "c": [3]}'),
        ('{\n  "a": 1,\n  "b": 2\n}\n', '{\n  "a": 1,\n  "b": 9,\n  "c": [3]\n}\n'),
        ('{\r\n\t"a" : 1,\r\n\t"b" : 2\r\n}', '{\r\n\t"a": 1,\r\n\t"b": 9,\r\n\t"c": [3]\r\n}'),
        ('{\n"a":1,\n"b":2}', '{\n"a":1,\n"b":9,\n"c":[3]}'),
        ("{}", '{"b":9,"c":[3]}'),
        (" { } ", ' {"b":9,"c":[3]} '),
        ('{"x\\"y:" : {"b": 1.0}}', '{"x\\"y:": {"b": 1.0}, "b": 9, "c": [3]}'),
    ],
)
def test_fields_are_set_in_the_layout_of_the_others(before: str, after: str) -> None:
    """People keep these files in version control, and look at the differences."""
    assert changed(before.encode(), {"b": 9, "c": Raw(b"[3]")}).decode() == after.replace("[3]", "[3]")


def test_a_field_is_taken_out() -> None:
    """One that is not there need not be."""
    assert changed(b'{"a":1,"b":2}', {"a": UNSET, "z": UNSET}) == b'{"b":2}'
    assert json.loads(changed(b'{\n  "a": 1\n}', {"a": UNSET})) == {}


def test_it_takes_no_longer_than_the_file_is_long() -> None:
    """Spaces and escapes in front of everything that is looked for."""
    long = b'{"' + b"\\\\" * 200_000 + b'":1' + b" " * 400_000 + b"}" + b" " * 400_000

    assert changed(long, {"b": 2}).rstrip().endswith(b" }")
