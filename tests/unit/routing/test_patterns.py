"""Patterns of model names."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cliproxy.routing.patterns import matches_any


@given(
    pattern=st.text(st.sampled_from("ab*-."), min_size=1, max_size=8),
    name=st.text(st.sampled_from("abAB-."), min_size=1, max_size=8),
)
@example(pattern="a*a", name="a")
@example(pattern="*ab*ab", name="ab")
@example(pattern="**", name="x")
def test_a_star_is_any_text_as_in_a_shell(pattern: str, name: str) -> None:
    """The oracle is the standard library's, which knows the same star."""
    assert matches_any((pattern,), name) == fnmatch.fnmatchcase(name.lower(), pattern)


@pytest.mark.parametrize("sign", ["?", "[a-z]", ".", "\\"])
def test_no_other_sign_means_anything(sign: str) -> None:
    assert matches_any((f"m{sign}",), f"M{sign}")
    assert not matches_any((f"m{sign}",), "mx")


def test_one_of_several_is_enough() -> None:
    assert matches_any(("x", "m*"), "m1")
    assert not matches_any(("x", "y"), "m1")
    assert not matches_any((), "m1")


def test_many_stars_take_no_time() -> None:
    """A pattern is looked for piece by piece: there is nothing to try again."""
    assert not matches_any(("a*" * 5_000 + "b",), "a" * 100_000)
