"""Tools of a namespace under one name, and back."""

from __future__ import annotations

import pytest

from cliproxy.dialects.openai_responses.namespaces import joined, split


@pytest.mark.parametrize(
    ("namespace", "name", "together"),
    [
        ("crm", "find", "crm__find"),
        ("mcp__git__", "log", "mcp__git__log"),
        ("mcp__git", "mcp__git__log", "mcp__git__log"),
        ("", "find", "find"),
        ("find", "find", "find"),
    ],
)
def test_a_namespace_stands_in_front_once(namespace: str, name: str, together: str) -> None:
    """Its own two underscores count, and a name that has it already is left alone."""
    assert joined(namespace, name) == together


@pytest.mark.parametrize(
    ("namespace", "together", "name"),
    [("crm", "crm__find", "find"), ("mcp__git__", "mcp__git__log", "log"), ("", "a__b", "a__b"), ("x", "x", "x")],
)
def test_a_joined_name_is_taken_apart(namespace: str, together: str, name: str) -> None:
    assert split(together, namespace) == name
