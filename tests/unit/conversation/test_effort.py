"""Levels and budgets, fitted to a model."""

from __future__ import annotations

import pytest

from cliproxy.conversation.effort import budget_of, level_of, nearest, possible
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
