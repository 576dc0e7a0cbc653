"""
An effort and a model's abilities -> what may be asked of it.

Levels and budgets translate by one table. A model that only knows levels is never given a budget, and the other way
round; a model that is not in the catalogue is asked as the client asked.
"""

from __future__ import annotations

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Effort, Level

BUDGETS = {  # tokens
    Level.NONE: 0,
    Level.MINIMAL: 512,
    Level.LOW: 1024,
    Level.MEDIUM: 8192,
    Level.HIGH: 24576,
    Level.XHIGH: 32768,
    Level.MAX: 128000,
    Level.AUTO: -1,
}
SCALE = (Level.MINIMAL, Level.LOW, Level.MEDIUM, Level.HIGH, Level.XHIGH, Level.MAX)


def level_of(effort: Effort) -> Level | None:
    """Return the effort as a level, or None where it says nothing about depth."""
    if effort.level is not None or effort.budget is None:
        return effort.level
    if effort.budget < 0:
        return Level.AUTO
    for level in (Level.NONE, Level.MINIMAL, Level.LOW, Level.MEDIUM, Level.HIGH):
        if effort.budget <= BUDGETS[level]:
            return level
    return Level.XHIGH


def budget_of(effort: Effort) -> int | None:
    """Return the effort in tokens, -1 for `auto`, or None where it says nothing about depth."""
    if effort.budget is not None or effort.level is None:
        return effort.budget
    return BUDGETS[effort.level]


def nearest(level: Level, offered: tuple[str, ...]) -> Level:
    """Return the offered level next to the one wanted; of two as near, the lower."""
    known = [candidate for candidate in SCALE if candidate.value in offered]
    if level not in SCALE or not known:
        return level
    place = SCALE.index(level)
    return min(known, key=lambda candidate: (abs(SCALE.index(candidate) - place), SCALE.index(candidate)))


def clamped(budget: int, model: ModelInfo) -> int:
    """Return the budget within what the model takes; -1 and an allowed 0 stay."""
    thinking = model.thinking
    if thinking is None or thinking.max == 0 or budget < 0 or (budget == 0 and thinking.zero_allowed):
        return budget
    return max(thinking.min, min(budget, thinking.max))
