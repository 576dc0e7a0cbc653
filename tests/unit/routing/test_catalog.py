"""Models on offer, and who could serve a request for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cliproxy import dialects as dialect_package
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Effort, Level
from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.discovery import declared
from cliproxy.errors import NotTranslated, RequestError
from cliproxy.providers import claude, codex, gemini, openai_compatible
from cliproxy.providers.base import Endpoint, Provider
from cliproxy.routing.catalog import Catalog, Offer
from cliproxy.routing.model_name import Suffix

SHIPPED = declared(dialect_package, "DIALECT", Dialect)
STRANGE = replace(SHIPPED["openai_chat"], name="strange", codec=None)  # a dialect that is only relayed
DIALECTS = SHIPPED | {STRANGE.name: STRANGE}
CHAT = openai_compatible.provider("chat")


def offer(name: str, provider: Provider, credential: str = "a", model: str = "upstream-m") -> Offer:
    return Offer(name, model, ModelInfo(model, "Display"), provider, Credential(credential, provider.name, Secret("s")))


def catalog_of(*offers: Offer) -> Catalog:
    return Catalog(offers, DIALECTS)


def test_the_listing_shows_each_name_once_and_in_order() -> None:
    """However many could serve it."""
    catalog = catalog_of(offer("b", CHAT), offer("a", CHAT), offer("b", claude.PROVIDER, "c"))

    assert [model.id for model in catalog.models] == ["a", "b"]
    assert {model.display_name for model in catalog.models} == {"Display"}


def test_one_model_is_shown_under_the_name_it_was_asked_by() -> None:
    """Its prefix included."""
    assert catalog_of(offer("team/m", CHAT)).model("team/m").id == "team/m"


@pytest.mark.parametrize("name", ["n", "team/m", "M", "m ", ""])
def test_a_model_nobody_offers_is_a_404(name: str) -> None:
    """Names are exact."""
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
    catalog = catalog_of(replace(offer("deep", CHAT), suffix=high), offer("deep", CHAT, "b"), offer("m", CHAT))
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
    of_its_own = Provider(
        name="own",
        base_url="https://own.example",
        endpoints=(Endpoint(STRANGE.name, Operation.GENERATE, "/x"),),
        authorize=CHAT.authorize,
    )
    catalog = catalog_of(offer("m", CHAT, "a"), offer("m", of_its_own, "b"))
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
