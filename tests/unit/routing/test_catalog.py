"""Models on offer, and who could serve a request for one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from cliproxy import dialects as dialect_package
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Effort, Level
from cliproxy.credentials.credential import Candidate
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.discovery import declared
from cliproxy.errors import NotTranslated, RequestError
from cliproxy.providers import claude, codex, gemini, openai_compatible
from cliproxy.providers.base import Endpoint, Provider
from cliproxy.routing.catalog import MOST_INVENTED, Catalog
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import Suffix
from cliproxy.routing.names import Lane, Sellers
from cliproxy.routing.offers import Menu, Offer

SHIPPED = declared(dialect_package, "DIALECT", Dialect)
STRANGE = replace(SHIPPED["openai_chat"], name="strange", codec=None)  # a dialect that is only relayed
DIALECTS = SHIPPED | {STRANGE.name: STRANGE}
CHAT = openai_compatible.provider("chat")
KNOWN = KnownModels.shipped()
STRANGE_PROVIDER = Provider(
    name="own",
    base_url="https://own.example",
    endpoints=(Endpoint(STRANGE.name, Operation.GENERATE, "/x"),),
    authorize=CHAT.authorize,
)


class Offered(NamedTuple):
    """One model of one credential."""

    name: str
    provider: Provider
    credential: str
    model: str
    created: int
    suffix: Suffix | None = None

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(self.model, "Display", created=self.created)


def offer(
    name: str, provider: Provider, credential: str = "a", model: str = "upstream-m", *, created: int = 0
) -> Offered:
    return Offered(name, provider, credential, model, created)


def catalog_of(*offered: Offered, is_open: bool = False, **settings: Any) -> Catalog:
    """Return the catalogue of these offers; each credential has a menu of its own."""
    by_credential: dict[str, list[Offered]] = {}
    for one in offered:
        by_credential.setdefault(one.credential, []).append(one)
    sellers = [
        Sellers(
            Menu(
                some[0].provider,
                tuple(Offer(one.name, one.model, one.info, one.suffix) for one in some),
                is_open=is_open,
            ),
            [(place, credential)],
        )
        for place, (credential, some) in enumerate(by_credential.items())
    ]
    return Catalog(sellers, DIALECTS, known=KNOWN, **settings)


def test_the_listing_shows_each_name_once_and_in_order() -> None:
    """However many could serve it."""
    catalog = catalog_of(offer("b", CHAT), offer("a", CHAT), offer("b", claude.PROVIDER, "c"))

    assert [model.id for model in catalog.models] == ["a", "b"]
    assert {model.display_name for model in catalog.models} == {"Display"}


def test_one_model_is_shown_under_the_name_it_was_asked_by() -> None:
    """Its prefix included."""
    assert catalog_of(offer("team/m", CHAT)).model("team/m").id == "team/m"


@pytest.mark.parametrize("name", ["n", "team/m", "m ", ""])
def test_a_model_nobody_offers_is_a_404(name: str) -> None:
    """Names are exact, but for their case."""
    catalog = catalog_of(offer("m", CHAT))
    with pytest.raises(RequestError) as shown:
        catalog.model(name)
    with pytest.raises(RequestError) as planned:
        catalog.plan(name, DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

    expected = (404, "model_not_found") if name else (400, "invalid_request")
    assert (shown.value.status, shown.value.code) == expected
    assert (planned.value.status, planned.value.code) == expected
    assert (repr(name) if name else "`model` is required") in planned.value.message


def test_a_plan_names_all_who_could_serve_in_order() -> None:
    """Of the configuration: that is what `fill-first` fills."""
    catalog = catalog_of(offer("m", CHAT, "b"), offer("m", claude.PROVIDER, "c", "other"), offer("m", CHAT, "a"))
    plan = catalog.plan("m", DIALECTS["openai_chat"], Operation.GENERATE, stream=True)

    assert plan.requested == "m"
    assert plan.candidates == (Candidate("b", "upstream-m"), Candidate("c", "other"), Candidate("a", "upstream-m"))
    assert [plan.targets[one].provider.name for one in plan.candidates] == ["chat", "claude", "chat"]
    assert plan.targets[Candidate("c", "other")].model == "other"


def test_one_credential_may_offer_two_models_under_one_name() -> None:
    """They are two candidates: each has its own health."""
    catalog = catalog_of(offer("m", CHAT, "a", "large"), offer("m", CHAT, "a", "small"), offer("m", CHAT, "a", "large"))
    plan = catalog.plan("m", DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

    assert plan.candidates == (Candidate("a", "large"), Candidate("a", "small"))


def test_plans_are_made_once() -> None:
    """A request costs a look-up. Streamed or not makes a difference: some upstreams have an address for each."""
    catalog = catalog_of(offer("m", gemini.PROVIDER))
    dialect = DIALECTS["gemini"]
    whole = catalog.plan("m", dialect, Operation.GENERATE, stream=False)
    streamed = catalog.plan("m", dialect, Operation.GENERATE, stream=True)

    assert catalog.plan("m", dialect, Operation.GENERATE, stream=False) is whole
    [candidate] = whole.candidates
    assert whole.targets[candidate].endpoint.path.endswith(":generateContent")
    assert streamed.targets[candidate].endpoint.path.endswith(":streamGenerateContent")


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("m", None), ("m(high)", Suffix(Effort(Level.HIGH))), ("m(8192)", Suffix(Effort(budget=8192))),
     ("m(foo)", Suffix(None)), ("m()", Suffix(None))],
)  # fmt: skip
def test_a_suffix_is_no_part_of_what_is_looked_up(name: str, suffix: Suffix | None) -> None:
    """It says how hard to reason, and nothing about who serves."""
    catalog = catalog_of(offer("m", CHAT), offer("n", CHAT))
    plain = catalog.plan("m", DIALECTS["openai_chat"], Operation.GENERATE, stream=False)
    plan = catalog.plan(name, DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

    assert plan == replace(plain, requested=name, suffix=suffix)
    assert plan.name == "m"


def test_plans_with_a_suffix_are_not_kept() -> None:
    """Clients could invent them without end."""
    catalog = catalog_of(offer("m", CHAT))
    for budget in range(1, 50):
        catalog.plan(f"m({budget})", DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

    assert len(catalog._plans) == 1


def test_a_model_that_is_offered_with_brackets_goes_before_a_suffix() -> None:
    """They are a part of its name, behind which there may be another suffix."""
    catalog = catalog_of(offer("m", CHAT, model="plain"), offer("m(high)", CHAT, model="other"))
    for name, model, suffix in (
        ("m(high)", "other", None),
        ("m(low)", "plain", Suffix(Effort(Level.LOW))),
        ("m(high)(low)", "other", Suffix(Effort(Level.LOW))),
    ):
        plan = catalog.plan(name, DIALECTS["openai_chat"], Operation.GENERATE, stream=False)
        assert [target.model for target in plan.targets.values()] == [model]
        assert plan.suffix == suffix


@pytest.mark.parametrize("name", ["n(high)", "(high)", "m(high)(low)", "m (high)", "m(high) "])
def test_a_suffix_does_not_make_a_model(name: str) -> None:
    """Where nobody offers what is left, the 404 names what was asked for."""
    with pytest.raises(RequestError) as refused:
        catalog_of(offer("m", CHAT)).plan(name, DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

    assert refused.value.code == "model_not_found"
    assert repr(name) in refused.value.message


def test_an_operator_s_suffix_stays_with_its_target() -> None:
    """Each target of one name may have its own; the health of the model is shared."""
    high = Suffix(Effort(Level.HIGH))
    catalog = catalog_of(offer("deep", CHAT)._replace(suffix=high), offer("deep", CHAT, "b"), offer("m", CHAT))
    plan = catalog.plan("deep(low)", DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

    assert [target.suffix for target in plan.targets.values()] == [high, None]
    assert plan.candidates[0] == Candidate("a", "upstream-m")
    assert plan.suffix == Suffix(Effort(Level.LOW))


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_s_own_dialect_is_spoken_where_it_can_be(*, stream: bool) -> None:
    """Nothing is as exact as no translation."""
    two = Provider(
        name="two",
        base_url="https://two.example",
        endpoints=(*CHAT.endpoints, *claude.PROVIDER.endpoints),
        authorize=CHAT.authorize,
    )
    catalog = catalog_of(offer("m", two))
    for name in ("openai_chat", "anthropic_messages"):
        plan = catalog.plan("m", DIALECTS[name], Operation.GENERATE, stream=stream)
        assert [target.endpoint.dialect for target in plan.targets.values()] == [name]


@pytest.mark.parametrize(
    ("client", "provider"),
    [("openai_chat", claude.PROVIDER), ("anthropic_messages", CHAT)],
)
def test_other_dialects_are_reached_by_translation(client: str, provider: Provider) -> None:
    """Where both sides can be."""
    plan = catalog_of(offer("m", provider)).plan("m", DIALECTS[client], Operation.GENERATE, stream=True)

    assert [target.endpoint.dialect for target in plan.targets.values()] == [provider.endpoints[0].dialect]


def test_what_cannot_be_translated_is_a_501() -> None:
    """It names both sides, so that it is clear what is missing."""
    catalog = catalog_of(offer("m", codex.PROVIDER, "a"), offer("m", CHAT, "b"))

    with pytest.raises(NotTranslated) as refused:
        catalog.plan("m", STRANGE, Operation.GENERATE, stream=False)

    assert refused.value.status == 501
    assert "speaks openai_chat, openai_responses;" in refused.value.message
    assert "does not translate strange to it" in refused.value.message


def test_those_who_cannot_serve_are_left_out_of_a_plan() -> None:
    """The others can."""
    catalog = catalog_of(offer("m", CHAT, "a"), offer("m", STRANGE_PROVIDER, "b"))
    plan = catalog.plan("m", STRANGE, Operation.GENERATE, stream=False)

    assert plan.candidates == (Candidate("b", "upstream-m"),)


def test_where_nobody_can_count_there_is_a_plan_for_an_estimate() -> None:
    """Nobody is asked, and the model is known all the same."""
    plan = catalog_of(offer("m", CHAT)).plan("m", DIALECTS["anthropic_messages"], Operation.COUNT_TOKENS, stream=False)

    assert plan.candidates == ()
    assert plan.info == offer("m", CHAT).info


def test_a_dialect_without_counts_has_none() -> None:
    with pytest.raises(NotTranslated, match="for count tokens"):
        catalog_of(offer("m", CHAT)).plan("m", DIALECTS["openai_chat"], Operation.COUNT_TOKENS, stream=False)


def test_tokens_are_counted_where_the_dialect_is_spoken() -> None:
    """At the address for it."""
    plan = catalog_of(offer("m", claude.PROVIDER)).plan(
        "m", DIALECTS["anthropic_messages"], Operation.COUNT_TOKENS, stream=False
    )

    assert [target.endpoint.path for target in plan.targets.values()] == ["/v1/messages/count_tokens"]


def asked(catalog: Catalog, name: str, client: str = "openai_chat", **more: Any) -> tuple[Candidate, ...]:
    return catalog.plan(name, DIALECTS[client], Operation.GENERATE, stream=False, **more).candidates


def test_case_counts_only_where_it_tells_names_apart() -> None:
    """Clients write names as they like; operators may have two that differ in nothing else."""
    catalog = catalog_of(offer("Org/Model", CHAT, "a"), offer("m", CHAT, "b", "low"), offer("M", CHAT, "c", "high"))

    assert asked(catalog, "org/model") == asked(catalog, "ORG/MODEL(high)") == (Candidate("a", "upstream-m"),)
    assert asked(catalog, "m") == (Candidate("b", "low"),)
    assert asked(catalog, "M") == (Candidate("c", "high"),)
    plan = catalog.plan("ORG/MODEL(high)", DIALECTS["openai_chat"], Operation.GENERATE, stream=False)
    assert (plan.requested, plan.name) == ("ORG/MODEL(high)", "Org/Model")
    assert catalog.model("org/MODEL").id == "Org/Model"


def test_equal_candidates_are_one_and_the_same_tuple() -> None:
    """The pool keeps its order of turns with the tuple: ten dialects are not ten rotations."""
    catalog = catalog_of(offer("m", CHAT, "a"), offer("m", CHAT, "b"), offer("alias", CHAT, "a"))
    rows = {id(asked(catalog, "m", client)) for client in ("openai_chat", "anthropic_messages", "gemini")}

    assert len(rows) == 1
    assert asked(catalog, "m") != asked(catalog, "alias")


class TestVendors:
    """A model that is on no menu goes to the vendor that its name tells of: it may be new there."""

    def test_the_beginning_of_a_name_tells_the_vendor(self) -> None:
        catalog = catalog_of(
            offer("x", codex.PROVIDER, "codex"),
            offer("y", claude.PROVIDER, "claude"),
            offer("z", gemini.PROVIDER, "gemini"),
            is_open=True,
        )

        assert asked(catalog, "gpt-99") == (Candidate("codex", "gpt-99"),)
        assert asked(catalog, "Claude-Next(high)") == (Candidate("claude", "Claude-Next"),)
        assert asked(catalog, "gemini-9-pro") == (Candidate("gemini", "gemini-9-pro"),)
        for name in ("qwen-9", "vertex-9", "llama-9", "gpt", "xgpt-9", "o2", "o3x", "xo3", "chatgpt"):
            with pytest.raises(RequestError):
                asked(catalog, name)

    @pytest.mark.parametrize("name", ["o1", "o3", "o3-pro", "O4-mini(high)", "chatgpt-4o-latest", "codex-mini-latest"])
    def test_not_all_of_a_vendor_s_models_begin_alike(self, name: str) -> None:
        """An API key serves them, though no catalogue lists them."""
        catalog = catalog_of(offer("x", codex.PROVIDER, "codex"), is_open=True)

        assert [candidate.model for candidate in asked(catalog, name)] == [name.removesuffix("(high)")]

    def test_only_where_more_than_the_menu_may_be_asked_for(self) -> None:
        """Who lists an entry's models means those."""
        with pytest.raises(RequestError):
            asked(catalog_of(offer("x", claude.PROVIDER)), "claude-next")

    def test_a_known_model_is_not_asked_of_who_is_known_not_to_have_it(self) -> None:
        """A free account that is asked for what others pay for only refuses."""
        with pytest.raises(RequestError):
            asked(catalog_of(offer("gpt-5", codex.PROVIDER), is_open=True), "gpt-5.4")

    def test_what_was_asked_so_is_in_no_listing_and_kept_within_bounds(self) -> None:
        """Names are the client's to invent."""
        catalog = catalog_of(offer("x", claude.PROVIDER), is_open=True)
        first = asked(catalog, "claude-0")
        for number in range(MOST_INVENTED + 10):
            asked(catalog, f"claude-{number}")

        assert [model.id for model in catalog.listing()] == ["x"]
        assert len(catalog._invented) == MOST_INVENTED
        assert all(candidate.model == "upstream-m" for row in catalog._rows.values() for candidate in row)
        assert asked(catalog, "claude-0") == first
        assert asked(catalog, "claude-0") is asked(catalog, "claude-0")


class TestLanes:
    """The operator sends names where he likes."""

    def test_the_first_that_matches_counts(self) -> None:
        lanes = [Lane("gpt-4*", frozenset({1})), Lane("gpt-*", frozenset({0}))]
        catalog = catalog_of(offer("x", CHAT, "a"), offer("y", CHAT, "b"), lanes=lanes)

        assert asked(catalog, "GPT-4o(high)") == (Candidate("b", "GPT-4o"),)
        assert asked(catalog, "gpt-5") == (Candidate("a", "gpt-5"),)

    def test_an_alias_there_is_still_an_alias(self) -> None:
        """Both offer the model; the lane chooses between them."""
        catalog = catalog_of(
            offer("m", CHAT, "a", "one"), offer("m", CHAT, "b", "two"), lanes=[Lane("m", frozenset({1}))]
        )

        assert asked(catalog, "m") == (Candidate("b", "two"),)

    def test_a_lane_to_nobody_is_a_404_and_hides_the_model(self) -> None:
        """What is sent to one place must not turn up at another."""
        catalog = catalog_of(offer("m", CHAT), offer("n", CHAT), lanes=[Lane("m", frozenset())])

        with pytest.raises(RequestError) as refused:
            asked(catalog, "m")
        assert refused.value.code == "model_not_found"
        assert [model.id for model in catalog.listing()] == ["n"]


class TestAuto:
    """The newest model that can be served."""

    OFFERED = (
        offer("old", CHAT, "a", "old", created=1),
        offer("new", CHAT, "b", "new", created=3),
        offer("newer", CHAT, "c", "newer", created=4),
    )

    def test_it_is_the_newest_and_keeps_the_suffix(self) -> None:
        catalog = catalog_of(*self.OFFERED)
        plan = catalog.plan("auto(high)", DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

        assert plan.candidates == (Candidate("c", "newer"),)
        assert (plan.requested, plan.name, plan.suffix) == ("auto(high)", "newer", Suffix(Effort(Level.HIGH)))

    def test_it_is_none_that_cannot_be_served(self) -> None:
        """By its accounts, to this client, or in its dialect."""
        catalog = catalog_of(*self.OFFERED)

        def servable(candidates: Sequence[Candidate]) -> bool:
            return candidates[0].credential_id != "c"

        assert asked(catalog, "auto", servable=servable) == (Candidate("b", "new"),)
        assert asked(catalog, "auto", allowed=("o*",)) == (Candidate("a", "old"),)
        strange = catalog_of(offer("newest", STRANGE_PROVIDER, "s", created=9), *self.OFFERED)
        assert asked(strange, "auto", "strange") == (Candidate("s", "upstream-m"),)
        assert asked(strange, "auto") == (Candidate("c", "newer"),)

    def test_a_model_of_that_name_goes_first(self) -> None:
        catalog = catalog_of(*self.OFFERED, offer("auto", CHAT, "d", "router"))

        assert asked(catalog, "auto") == (Candidate("d", "router"),)

    @pytest.mark.parametrize("name", ["auto", "auto(high)", "Auto"])
    def test_where_there_is_no_model_it_is_a_404(self, name: str) -> None:
        with pytest.raises(RequestError, match=re.escape(repr(name))):
            asked(catalog_of(), name)


class TestListing:
    """What can be served now, to whom."""

    def test_a_model_that_nobody_can_serve_is_hidden(self) -> None:
        """It is asked of all candidates of a name at once, whichever dialect they speak."""
        seen: list[Sequence[Candidate]] = []

        def servable(candidates: Sequence[Candidate]) -> bool:
            seen.append(candidates)
            return any(candidate.credential_id == "a" for candidate in candidates)

        catalog = catalog_of(offer("m", CHAT, "a"), offer("m", claude.PROVIDER, "b"), offer("n", CHAT, "b"))

        assert [model.id for model in catalog.listing(servable=servable)] == ["m"]
        assert seen == [(Candidate("a", "upstream-m"), Candidate("b", "upstream-m")), (Candidate("b", "upstream-m"),)]
        assert [model.id for model in catalog.models] == ["m", "n"]

    def test_a_limited_client_sees_and_reaches_only_its_models(self) -> None:
        """Another is to it as one that does not exist."""
        catalog = catalog_of(offer("team/m", CHAT), offer("m", CHAT), offer("n", CHAT))
        allowed = ("m", "TEAM/*".lower())

        assert [model.id for model in catalog.listing(allowed)] == ["m", "team/m"]
        assert catalog.model("M", allowed).id == "m"
        assert asked(catalog, "m(high)", allowed=allowed) == asked(catalog, "m")
        for name in ("n", "n(high)", "N"):
            with pytest.raises(RequestError) as refused:
                asked(catalog, name, allowed=allowed)
            assert (refused.value.status, refused.value.code) == (404, "model_not_found")
            with pytest.raises(RequestError):
                catalog.model(name, allowed)
        assert catalog.listing(()) == ()


class TestPreviews:
    """They stand by, for when everybody is out of quota for the model."""

    CATALOG = catalog_of(
        offer("m", CHAT, "a", "m"),
        offer("m-preview", CHAT, "b", "m-preview"),
        offer("m-preview-05-06", claude.PROVIDER, "c", "m-preview-05-06"),
        offer("m-pro", CHAT, "d", "m-pro"),
    )

    def test_they_are_in_the_plan_and_lead_somewhere(self) -> None:
        plan = self.CATALOG.plan("m(high)", DIALECTS["openai_chat"], Operation.GENERATE, stream=True)

        assert plan.candidates == (Candidate("a", "m"),)
        assert plan.fallback == (Candidate("b", "m-preview"), Candidate("c", "m-preview-05-06"))
        assert [plan.targets[one].provider.name for one in plan.fallback] == ["chat", "claude"]
        assert set(plan.targets) == {*plan.candidates, *plan.fallback}
        assert len(plan.targets) == 3

    @pytest.mark.parametrize("name", ["m-preview", "m-pro"])
    def test_others_have_none(self, name: str) -> None:
        """A preview has no stable one to fall back on: that would be another model than was asked for."""
        plan = self.CATALOG.plan(name, DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

        assert plan.fallback == ()

    def test_a_client_that_may_not_use_them_gets_none(self) -> None:
        plan = self.CATALOG.plan(
            "m", DIALECTS["openai_chat"], Operation.GENERATE, stream=False, allowed=("m", "m-preview")
        )

        assert plan.candidates
        assert plan.fallback == ()
