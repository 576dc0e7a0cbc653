"""Names that fit, and stay apart."""

from __future__ import annotations

import re

from cliproxy.conversation.names import fitted, renamed

REFUSED = re.compile(r"[^a-zA-Z0-9_-]")


def test_a_name_that_fits_is_left_alone() -> None:
    assert fitted("get_weather", REFUSED, 64) == "get_weather"
    assert renamed(["get_weather", "other"], REFUSED, 64) == {}


def test_refused_characters_are_replaced() -> None:
    assert renamed(["call.with space:1"], REFUSED, 64) == {"call.with space:1": "call_with_space_1"}


def test_names_that_would_fall_together_stay_apart() -> None:
    """The second tool would be lost, or its result given to the first."""
    changed = renamed(["a.b", "a:b", "a_b"], REFUSED, 64)

    assert len({"a_b", *changed.values()}) == 3
    assert changed == renamed(["a_b", "a:b", "a.b"], REFUSED, 64)


def test_long_names_with_one_beginning_stay_apart_and_fit() -> None:
    changed = renamed(["x" * 70, "x" * 71], REFUSED, 64)

    assert len(set(changed.values())) == 2
    assert all(len(name) <= 64 for name in changed.values())


def test_of_a_long_mcp_name_the_tool_is_kept() -> None:
    """The tool is what the model goes by; the server's name is what made it long."""
    assert fitted("mcp__" + "server" * 12 + "__search", REFUSED, 64) == "mcp__search"
