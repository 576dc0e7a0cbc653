"""Menus, step by step."""

from __future__ import annotations

from cliproxy.config.schema import ModelAlias, ModelEntry
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Effort, Level
from cliproxy.providers import claude
from cliproxy.routing import offers
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import Suffix
from cliproxy.routing.offers import Menu, Offer

KNOWN = KnownModels.shipped()
MODELS = [Offer(name, name, ModelInfo(name)) for name in ("a", "b", "c")]


def pairs(some: list[Offer]) -> list[tuple[str, str]]:
    return [(offer.name, offer.model) for offer in some]


def test_what_is_listed_is_called_by_its_alias_and_has_its_namesake_s_abilities() -> None:
    """But is not relied on: the operator's upstream may do less."""
    known = KNOWN.get("claude-opus-4-6")
    [one, other] = offers.of_entries([ModelEntry("claude-opus-4-6(high)", "deep"), ModelEntry("x")], KNOWN)

    assert known is not None
    assert (one.name, one.model, one.suffix) == ("deep", "claude-opus-4-6", Suffix(Effort(Level.HIGH)))
    assert (one.info.thinking, one.info.known, one.info.owned_by) == (known.thinking, False, known.owned_by)
    assert (other.name, other.model, other.info.owned_by) == ("x", "x", "")
    assert offers.of_entries([ModelEntry("x")], KNOWN, owned_by="me")[0].info.owned_by == "me"


def test_exclusions_are_of_upstream_names() -> None:
    assert pairs(offers.without([Offer("alias", "big", ModelInfo("big")), *MODELS], ("b*",))) == [
        ("a", "a"),
        ("c", "c"),
    ]


def test_one_model_may_have_many_names() -> None:
    """Its own is among them where one of them says so."""
    aliases = [ModelAlias("A", "x"), ModelAlias("a", "y"), ModelAlias("b", "z", fork=True)]

    assert pairs(offers.aliased(MODELS, aliases, KNOWN)) == [("x", "a"), ("y", "a"), ("b", "b"), ("z", "b"), ("c", "c")]


def test_a_known_model_that_is_not_on_the_menu_gets_no_alias() -> None:
    """These accounts do not have it. One that no list knows may be new."""
    aliases = [ModelAlias("claude-opus-4-6", "x"), ModelAlias("claude-next", "y")]

    assert pairs(offers.aliased(MODELS, aliases, KNOWN))[3:] == [("y", "claude-next")]


def test_a_prefix_goes_before_each_name() -> None:
    assert pairs(offers.prefixed(MODELS[:1], "team", only=False)) == [("a", "a"), ("team/a", "a")]
    assert pairs(offers.prefixed(MODELS[:1], "team", only=True)) == [("team/a", "a")]
    assert pairs(offers.prefixed(MODELS[:1], "a", only=True)) == [("a", "a"), ("a/a", "a")]
    assert offers.prefixed(MODELS, "", only=True) == MODELS


def test_a_menu_may_be_asked_for_what_is_not_on_it() -> None:
    menu = Menu(claude.PROVIDER, (), is_open=True, excluded=("x*",), prefix="team")

    assert menu.unlisted("m") == menu.unlisted("team/m") == "m"
    assert menu.unlisted("X1") is None
    assert menu.unlisted("team/x1") is None


def test_a_menu_that_needs_its_prefix_is_asked_for_nothing_without() -> None:
    menu = Menu(claude.PROVIDER, (), is_open=True, prefix="team", needs_prefix=True)

    assert (menu.unlisted("m"), menu.unlisted("team/m")) == (None, "m")
    assert Menu(claude.PROVIDER, (), is_open=True, needs_prefix=True).unlisted("m") == "m"


def test_a_closed_menu_is_asked_only_for_what_was_sent_there() -> None:
    menu = Menu(claude.PROVIDER, (), excluded=("x",))

    assert menu.unlisted("m") is None
    assert (menu.unlisted("m", is_routed=True), menu.unlisted("x", is_routed=True)) == ("m", None)
