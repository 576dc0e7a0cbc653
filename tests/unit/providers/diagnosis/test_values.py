"""Values of which nothing is certain."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.providers.diagnosis.values import (
    LONGEST_ID,
    MOST_ITEMS,
    as_id,
    count,
    first,
    number,
    objects,
    opened,
    percent,
    share,
    text,
    words,
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (5, 5),
        (0.5, 0.5),
        ("14.5", 14.5),
        (" 7 ", 7),
        ("$5.00", 5),
        ("-1", -1),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        (10**400, None),
        ("9" * 400, None),
        (1e16, None),
        (1e-300, 0),
        (True, None),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_numbers(value: Any, found: float | None) -> None:
    """Balances alone come as `""`, null, `"0"`, `"14.5"`, `"$5.00"` and `[]`."""
    assert number(value) == found


def test_below_zero_is_not_set() -> None:
    """Azure writes -1 where nobody has set a limit."""
    assert count("-1") is None
    assert count("0") == 0


def test_shares_and_percentages() -> None:
    """The same account says 0.94 in one place and 94 in another."""
    assert share(0.94) == 0.94
    assert share("82%") == pytest.approx(0.82)
    assert share("x%") is None
    assert percent(94) == pytest.approx(0.94)
    assert percent(None) is None


def test_objects_are_taken_out_of_whatever_holds_them() -> None:
    """Lists here, objects by name there; and never more than a page can show."""
    assert list(objects([1, {"a": 1}, None])) == [{"a": 1}]
    assert list(objects({"x": {"a": 1}, "y": 2})) == [{"a": 1}]
    assert list(objects("x")) == []
    assert len(list(objects([{}] * 1000))) == MOST_ITEMS
    assert opened([]) == {}
    assert first({"a": None, "b": 0}, "a", "b") == 0
    assert first({}, "a") is None


def test_names_become_ids_of_bounded_length() -> None:
    assert as_id("Claude and GPT models") == "claude-and-gpt-models"
    assert as_id("codex-bengalfox!", "_") == "codex_bengalfox"
    assert len(as_id("x" * 1000)) == LONGEST_ID
    assert text(5) == ""
    assert len(text("x" * 1000)) == LONGEST_ID
    assert words({"a": 1}) == '{"a":1}'
