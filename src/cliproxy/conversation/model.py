"""What a model is called and can do."""

from __future__ import annotations

from msgspec import Struct


class Thinking(Struct, frozen=True, gc=False):
    """How a model can be told to reason: a range of budgets, a list of levels, or both."""

    min: int = 0  # tokens
    max: int = 0  # tokens; 0 with `min` 0: no budgets
    zero_allowed: bool = False
    dynamic_allowed: bool = False
    levels: tuple[str, ...] = ()


class ModelInfo(Struct, frozen=True, gc=False):
    """One model on offer. Limits are in tokens; 0: not known."""

    id: str
    display_name: str = ""
    description: str = ""
    created: int = 0  # unix time
    owned_by: str = ""
    version: str = ""
    input_limit: int = 0
    output_limit: int = 0
    thinking: Thinking | None = None
    known: bool = False  # from the catalogue, so that `thinking` and the limits can be relied on
