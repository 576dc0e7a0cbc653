"""Levels and budgets, fitted to a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.conversation.effort import SCALE, budget_of, chosen, level_of, nearest, possible, same_family
from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import Effort, Level
from cliproxy.errors import RequestError

LEVELS = ModelInfo("m", thinking=Thinking(levels=("low", "medium", "high")), known=True)
RANGE = ModelInfo("m", thinking=Thinking(min=1024, max=32000), known=True)
BOTH = ModelInfo("m", thinking=Thinking(min=128, max=32000, levels=("low", "high")), known=True)


@pytest.mark.parametrize(
    ("budget", "level"),
    [(-1, Level.AUTO), (0, Level.NONE), (1, Level.MINIMAL), (512, Level.MINIMAL), (513, Level.LOW),
     (1025, Level.MEDIUM),
     (8193, Level.HIGH), (24577, Level.XHIGH)],
)  # fmt: skip
def test_a_budget_reads_as_the_level_that_covers_it(budget: int, level: Level) -> None:
    assert level_of(Effort(budget=budget)) is level


def test_a_level_has_a_budget_and_silence_has_none() -> None:
    assert budget_of(Effort(Level.MEDIUM)) == 8192
    assert budget_of(Effort()) is None


def test_the_nearest_level_is_the_lower_of_two_as_near() -> None:
    assert nearest(Level.MEDIUM, ("low", "high")) is Level.LOW


@pytest.mark.parametrize(
    ("wanted", "model", "given"),
    [
        (Effort(Level.XHIGH), LEVELS, Effort(Level.HIGH)),
        (Effort(budget=9000), LEVELS, Effort(Level.HIGH)),
        (Effort(Level.AUTO), LEVELS, Effort(Level.MEDIUM)),
        (Effort(Level.NONE), LEVELS, Effort(Level.LOW, visible=False)),
        (Effort(Level.MAX), RANGE, Effort(budget=32000)),
        (Effort(budget=5), RANGE, Effort(budget=1024)),
        (Effort(Level.AUTO), RANGE, Effort(budget=16512)),
        (Effort(Level.NONE), RANGE, Effort(budget=1024, visible=False)),
        (Effort(budget=500), BOTH, Effort(budget=500)),
        (Effort(Level.LOW), BOTH, Effort(Level.LOW)),
        (Effort(), LEVELS, Effort()),
        (Effort(Level.XHIGH), ModelInfo("unknown"), Effort(Level.XHIGH)),
        (Effort(Level.LOW), ModelInfo("cannot", known=True), None),
    ],
)
def test_an_effort_is_told_in_the_model_s_own_words(wanted: Effort, model: ModelInfo, given: Effort | None) -> None:
    """A model that only knows levels is never given a budget, and the other way round."""
    assert possible(wanted, model, strict=False) == given


@pytest.mark.parametrize(("wanted", "model"), [(Effort(Level.XHIGH), LEVELS), (Effort(budget=64000), RANGE)])
def test_a_client_of_the_model_s_own_dialect_is_told_of_a_wrong_value(wanted: Effort, model: ModelInfo) -> None:
    """It speaks the vendor's language and gets the vendor's answer, as it would without us."""
    with pytest.raises(RequestError, match=r"not supported|out of range"):
        possible(wanted, model, strict=True)


@pytest.mark.parametrize(
    ("origin", "target", "same"),
    [
        ("openai_chat", "openai_responses", True),
        ("openai_responses", "openai_completions", True),
        ("openai_chat", "gemini", False),
        ("gemini", "gemini", True),
        ("gemini", "anthropic_messages", False),
        ("anthropic_messages", "anthropic_messages", True),
        ("strange", "strange", True),
        ("strange", "other", False),
    ],
)
def test_one_vendor_s_dialects_share_a_scale(origin: str, target: str, *, same: bool) -> None:
    """A value said in one of them is meant as it stands in the others."""
    assert same_family(origin, target) is same
    assert same_family(target, origin) is same


@pytest.mark.parametrize(
    ("wanted", "model", "dialect", "given"),
    [
        (Effort(Level.XHIGH), LEVELS, "openai_chat", Effort(Level.HIGH)),
        (Effort(budget=64000), RANGE, "gemini", Effort(budget=32000)),
        (Effort(Level.NONE), RANGE, "gemini", Effort(budget=1024, visible=False)),
        (Effort(Level.NONE), RANGE, "anthropic_messages", Effort(Level.NONE, visible=False)),
        (Effort(budget=0), RANGE, "anthropic_messages", Effort(Level.NONE, visible=False)),
        (Effort(Level.NONE), ModelInfo("cannot", known=True), "anthropic_messages", None),
        (Effort(Level.HIGH), ModelInfo("cannot", known=True), "openai_chat", None),
        (Effort(budget=64000), ModelInfo("unknown"), "openai_chat", Effort(budget=64000)),
        (Effort(Level.AUTO, visible=True), BOTH, "gemini", Effort(budget=16064, visible=True)),
    ],
)
def test_an_effort_chosen_by_name_gets_the_nearest(
    wanted: Effort, model: ModelInfo, dialect: str, given: Effort | None
) -> None:
    """Whoever names a model in another family's words gets what the model has."""
    assert chosen(wanted, model, origin="another", target=dialect) == given


@pytest.mark.parametrize("origin", ["openai_chat", "openai_responses"])
def test_a_level_chosen_by_name_is_refused_within_its_family(origin: str) -> None:
    """There the client knows the list. A budget has no list, and gets the nearest."""
    with pytest.raises(RequestError, match='level "xhigh" not supported'):
        chosen(Effort(Level.XHIGH), LEVELS, origin=origin, target="openai_chat")
    assert chosen(Effort(budget=64000), LEVELS, origin=origin, target="openai_chat") == Effort(Level.HIGH)


@given(
    wanted=st.builds(Effort, st.sampled_from(Level)) | st.builds(Effort, budget=st.integers(0, 10**18 - 1)),
    thinking=st.none()
    | st.builds(
        Thinking,
        min=st.integers(0, 2048),
        max=st.integers(2048, 200_000),
        zero_allowed=st.booleans(),
        dynamic_allowed=st.booleans(),
        levels=st.lists(st.sampled_from([level.value for level in SCALE]), unique=True).map(tuple),
    )
    | st.builds(
        Thinking,
        zero_allowed=st.booleans(),
        levels=st.lists(st.sampled_from([level.value for level in SCALE]), min_size=1, unique=True).map(tuple),
    ),
    dialect=st.sampled_from(["openai_chat", "gemini", "anthropic_messages"]),
)
def test_what_was_chosen_by_name_is_not_refused_afterwards(
    wanted: Effort, thinking: Thinking | None, dialect: str
) -> None:
    """Not even by a codec that is strict; it writes just what was chosen."""
    model = ModelInfo("m", thinking=thinking, known=True)
    fitted = chosen(wanted, model, origin="another", target=dialect)

    if fitted is not None and level_of(fitted) not in (Level.NONE, Level.AUTO):
        assert possible(fitted, model, strict=True) == fitted
    elif fitted is not None:
        possible(fitted, model, strict=True)
