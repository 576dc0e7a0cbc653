"""
An effort and a model's abilities -> what may be asked of it.

Levels and budgets translate by one table. A model that only knows levels is never given a budget, and the other way
round; a model that is not in the catalogue is asked as the client asked.

Source: `reference` sheets `translation` section 6.2, `registry-and-thinking` part B (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import Effort, Level
from cliproxy.errors import RequestError

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

_FAMILIES = (frozenset({"openai_chat", "openai_responses", "openai_completions"}),)
_ALWAYS_OFF = frozenset({"anthropic_messages"})  # dialects in which any model that reasons can be told not to


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


def same_family(origin: str, target: str) -> bool:
    """Tell whether two dialects share a vendor's scale, so that a value said in one is to hold in the other."""
    return origin == target or any(origin in family and target in family for family in _FAMILIES)


def chosen(wanted: Effort, model: ModelInfo, *, origin: str, target: str) -> Effort | None:
    """
    Return an effort that was chosen with the model's name, in words that the model takes; None: it takes none.

    A budget gets the nearest there is. A level that the model does not list is refused within its family, where the
    client knows the list, and gets the nearest from another. `possible` takes what this returns, strict or not.

    Raises:
        RequestError: The model does not take the level.
    """
    if level_of(wanted) is Level.NONE and target in _ALWAYS_OFF and model.thinking is not None:
        return Effort(Level.NONE, visible=False)
    return possible(wanted, model, strict=wanted.level is not None and same_family(origin, target))


def possible(wanted: Effort, model: ModelInfo, *, strict: bool) -> Effort | None:
    """
    Return the effort in words that the model takes; None: it cannot be told how hard to reason.

    Args:
        wanted: What the client asked for.
        model: One that is not `known` is asked as the client asked.
        strict: The client speaks the model's own dialect, so it is told of a wrong value rather than given another.

    Raises:
        RequestError: `strict`, and the model does not take the value.
    """
    if not model.known:
        return wanted
    thinking = model.thinking
    if thinking is None:
        return None
    level, budget = level_of(wanted), budget_of(wanted)
    if level is None:
        return wanted
    if level is Level.NONE:
        return _off(wanted, thinking)
    if level is Level.AUTO:
        return _automatic(wanted, thinking)
    if thinking.levels and (wanted.level is not None or not thinking.max):
        if strict and wanted.level is not None and level.value not in thinking.levels:
            raise RequestError(f'level "{level.value}" not supported, valid levels: {", ".join(thinking.levels)}')
        return Effort(nearest(level, thinking.levels), visible=wanted.visible)
    assert budget is not None
    if strict and wanted.budget is not None and not thinking.min <= budget <= thinking.max:
        raise RequestError(f"budget {budget} out of range [{thinking.min},{thinking.max}]")
    return Effort(budget=max(thinking.min, min(budget, thinking.max)), visible=wanted.visible)


def _off(wanted: Effort, thinking: Thinking) -> Effort:
    if thinking.zero_allowed or Level.NONE.value in thinking.levels:
        return Effort(Level.NONE, visible=False)
    if thinking.levels:
        return Effort(nearest(Level.MINIMAL, thinking.levels), visible=False)
    return Effort(budget=thinking.min, visible=False)


def _automatic(wanted: Effort, thinking: Thinking) -> Effort:
    if thinking.dynamic_allowed:
        return Effort(Level.AUTO, visible=wanted.visible)
    if not thinking.max:
        return Effort(nearest(Level.MEDIUM, thinking.levels), visible=wanted.visible)
    middle = (thinking.min + thinking.max) // 2
    return Effort(budget=middle or thinking.min, visible=wanted.visible)
