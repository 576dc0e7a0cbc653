"""From a name to the offers behind it. How the catalogue uses them: `test_catalog`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.conversation.model import ModelInfo
from cliproxy.providers import claude, gemini
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import ModelName
from cliproxy.routing.names import VENDORS, Lane, Names, Sellers
from cliproxy.routing.offers import Menu, Offer

KNOWN = KnownModels.shipped()
LISTED = ("M", "m", "team/m", "m(x)", "claude-x", "m-preview", "m-preview-1", "m-previous")


def sellers(*names: str, is_open: bool = False) -> Sellers:
    offers = tuple(Offer(name, name, ModelInfo(name)) for name in names)
    return Sellers(Menu(claude.PROVIDER, offers, is_open=is_open), [(0, "a")])


NAMES = Names([sellers(*LISTED)], known=KNOWN)


def test_the_listed_are_in_order_and_known_by_their_name() -> None:
    assert NAMES.listed == tuple(sorted(LISTED))
    assert all(name in NAMES for name in LISTED)
    assert "x" not in NAMES
    assert NAMES.shown("team/m").id == "team/m"


@pytest.mark.parametrize(
    ("asked", "found"),
    [("m", "m"), ("M", "M"), ("TEAM/M", "team/m"), ("m(x)", "m(x)"), ("M(X)", "M"), ("m(y)", "m"), ("M(Y)", "M")],
)
def test_a_name_is_found_as_it_is_written_before_it_is_found_otherwise(asked: str, found: str) -> None:
    """Whole before without its suffix; and as it is written before in another case."""
    name = NAMES.find(asked)

    assert name is not None
    assert name.base == found


def test_a_name_that_nothing_stands_behind_is_none() -> None:
    for name in ("", "()", "x", "gpt-9", "m ", "/m"):
        assert NAMES.find(name) is None


def test_previews_are_those_that_begin_so() -> None:
    assert NAMES.previews("m") == ["m-preview", "m-preview-1"]
    assert NAMES.previews("M") == []


def test_a_name_is_spelled_as_on_its_menu() -> None:
    assert NAMES.spelled(ModelName("none"), ModelName("Claude-X")) == ModelName("claude-x")


@pytest.mark.parametrize("start", VENDORS)
def test_a_vendor_is_asked_only_for_names_of_its_own(start: str) -> None:
    """A slash before it is somebody's prefix, and a vendor knows none."""
    open_names = Names([sellers(is_open=True)], known=KNOWN)
    expected = ["claude-9"] if start == "claude-" else []

    assert [source.offer.model for source in open_names.sources(f"{start}9")] == expected
    assert open_names.sources(f"other/{start}9") == []


def test_vertex_is_named_by_a_beginning_that_no_model_has() -> None:
    vertex = Sellers(Menu(replace(gemini.PROVIDER, name="vertex"), (), is_open=True), [(0, "v")])
    gemini_key = Sellers(Menu(gemini.PROVIDER, (), is_open=True), [(1, "g")])
    names = Names([vertex, gemini_key], known=KNOWN)

    assert [(one.seller, one.offer.model) for one in names.sources("vertex-gemini-9")] == [(0, "gemini-9")]
    assert [one.seller for one in names.sources("gemini-9")] == [0, 1]


@given(name=st.text(st.sampled_from("mMx()/-*gpt9"), max_size=12))
def test_whatever_is_found_has_a_source(name: str) -> None:
    names = Names([sellers(*LISTED, is_open=True)], known=KNOWN, lanes=[Lane("gpt*", frozenset({0}))])
    found = names.find(name)

    assert found is None or names.sources(found.base)
