"""
How hard to reason: `thinking` and `output_config.effort` <-> efforts.

A model that knows levels thinks adaptively and is told one; another is given a budget. Beside either, the API refuses
a forced tool, an answer already begun, and most wishes about sampling.

Source: `reference` sheets `claude-messages` section 4, `translation` sections 6.3 and 6.4, `registry-and-thinking`
B5 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, Effort, Extras, Level, ToolCall
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.base import Losses, fields_of, given, unknown_fields
from cliproxy.errors import RequestError

DEFAULT_MAX_TOKENS = 32_000  # the field is required; used where the model's own limit is not known
LEAST_BUDGET = 1024  # tokens; less is refused
LEAST_TOP_P = 0.95  # beside thinking
THOUGHTS = ("thinking", "redacted_thinking")

_DISPLAYS = {"summarized": True, "omitted": False}
_ADAPTIVE = ("adaptive", "auto")
_DISABLED = {"type": "disabled"}
_THINKING_FIELDS = fields_of(schema.Thinking)

_decode_thinking = msgspec.json.Decoder(schema.Thinking).decode
_encode = msgspec.json.Encoder().encode

Fields = dict[str, object]


def decode_effort(raw: Raw, word: str | None) -> tuple[Effort | None, Extras]:
    """
    Return how hard to reason: a budget, a level, or neither where `adaptive` leaves it open; and the rest.

    Args:
        raw: `thinking`.
        word: `output_config.effort`.
    """
    level = _level(word) if word else None
    if not given(raw):
        return (Effort(level) if level else None), {}
    thinking = _decode_thinking(raw)
    extras = {f"thinking.{name}": value for name, value in unknown_fields(raw, _THINKING_FIELDS).items()}
    visible = _DISPLAYS.get(thinking.display or "")
    if thinking.display and visible is None:
        extras["thinking.display"] = Raw(_encode(thinking.display))
    match thinking.type:
        case "disabled":
            effort = Effort(Level.NONE, visible=False)
        case "enabled" if thinking.budget_tokens is not None:
            effort = Effort(budget=thinking.budget_tokens, visible=visible)
        case "enabled":
            return Effort(level or Level.AUTO, visible=visible), extras
        case kind:
            if kind not in _ADAPTIVE:
                extras["thinking.type"] = Raw(_encode(kind))
            return Effort(level, visible=visible), extras
    if word:  # how much to write, beside a budget or without thoughts
        extras["output_config.effort"] = Raw(_encode(word))
    return effort, extras


def _level(word: str) -> Level:
    try:
        return Level(word)
    except ValueError:
        raise RequestError(f"output_config.effort is {word!r}; it can be low, medium, high, xhigh or max") from None


def fields_for(effort: Effort, display: object = None) -> Fields:
    """
    Return the fields that ask for an effort.

    Args:
        effort: In words that the model takes.
        display: What the client said of showing thoughts, where the effort says nothing.
    """
    shown = display if effort.visible is None else "summarized" if effort.visible else "omitted"
    beside = {"display": shown} if shown else {}
    if efforts.level_of(effort) is Level.NONE:
        return {"thinking": dict(_DISABLED)}
    if effort.budget is not None and effort.budget >= 0:
        return {"thinking": {"type": "enabled", "budget_tokens": effort.budget} | beside}
    fields: Fields = {"thinking": {"type": "adaptive"} | beside}
    if effort.level is not None and effort.level is not Level.AUTO:
        fields["output_config"] = {"effort": effort.level.value}
    return fields


def thinks(fields: Fields) -> bool:
    """Tell whether fields of a request turn thinking on."""
    thinking = fields.get("thinking")
    return isinstance(thinking, dict) and thinking != _DISABLED


class EffortEncoder:
    """Writes how hard to reason in one conversation."""

    def __init__(self, conversation: Conversation, model: ModelInfo, losses: Losses, *, forces: bool) -> None:
        self._said = conversation
        self._model = model
        self._losses = losses
        self._at_home = conversation.origin == NAME
        self._forces = forces

    def encoded(self, messages: list[Fields]) -> Fields:
        """Return the fields, fitted to the model, to the limit and to the turns as they are sent."""
        asked = self._said.effort
        if asked is None:
            return {}
        if efforts.level_of(asked) is Level.NONE:
            return {} if self._model.known and self._model.thinking is None else fields_for(asked)
        if self._forces and not self._at_home:
            self._losses.add("reasoning effort: not beside a forced tool")
            return {}
        strict = efforts.same_family(self._said.origin, NAME)
        wanted = efforts.possible(self._in_words(asked), self._model, strict=strict)
        if wanted is None:
            self._losses.add("reasoning effort")
            return {}
        if not self._at_home and messages[-1]["role"] == "assistant" and not _calls(messages[-1]):
            self._losses.add("reasoning effort: not beside an answer begun")
            return fields_for(Effort(Level.NONE))
        if wanted.budget is None and not (wanted.level is Level.AUTO and self._takes_budgets_only()):
            return fields_for(wanted)
        budget = self._budget(wanted.budget)
        if budget < LEAST_BUDGET:
            self._losses.add("reasoning effort: no room under max_tokens")
            return fields_for(Effort(Level.NONE))
        if wanted.budget is not None and budget < wanted.budget:
            self._losses.add("reasoning effort: lowered under max_tokens")
        if self._lacks_thoughts(messages):
            self._losses.add("reasoning effort: the tool loop began without thoughts")
            return fields_for(Effort(Level.NONE))
        return fields_for(Effort(budget=budget, visible=wanted.visible))

    def _takes_budgets_only(self) -> bool:
        thinking = self._model.thinking
        return thinking is not None and not thinking.levels

    def _in_words(self, wanted: Effort) -> Effort:
        """
        Return the effort in this API's levels: there is no `minimal`, and more than `high` is `max` or `high`.

        A model that nobody knows is given a budget, the older form: other vendors' servers of this API take no other.
        One that an operator named himself is given what the model of the catalogue takes that it stands for.
        """
        if self._at_home or efforts.level_of(wanted) in (None, Level.AUTO):
            return wanted
        levels = self._model.thinking.levels if self._model.thinking else ()
        if not levels and self._model.known:
            return wanted
        if not levels:
            return Effort(budget=efforts.budget_of(wanted), visible=wanted.visible)
        match efforts.level_of(wanted):
            case Level.MINIMAL:
                return Effort(Level.LOW, visible=wanted.visible)
            case Level.XHIGH | Level.MAX:
                return Effort(Level.MAX if Level.MAX.value in levels else Level.HIGH, visible=wanted.visible)
            case level:
                return Effort(level, visible=wanted.visible)

    def _budget(self, wanted: int | None) -> int:
        limit = self._said.sampling.max_tokens or self._model.output_limit
        if wanted is None or wanted < 0:  # as much as the model likes, which this API cannot say
            return max(LEAST_BUDGET, (limit or DEFAULT_MAX_TOKENS) // 2)
        budget = max(wanted, LEAST_BUDGET)
        return min(budget, limit - 1) if limit else budget

    def _lacks_thoughts(self, messages: list[Fields]) -> bool:
        """Tell whether the last turn of an open tool loop lost its thoughts: it is refused beside a budget then."""
        turns = reversed(self._said.messages)
        if self._at_home or not any(isinstance(part, ToolCall) for turn in turns for part in turn.parts):
            return False
        for message in reversed(messages):
            if message["role"] == "assistant":
                return _calls(message) and next(iter(_kinds(message)), "") not in THOUGHTS
            if message["role"] == "user" and "tool_result" not in _kinds(message):
                return False
        return False


def max_tokens_for(conversation: Conversation, model: ModelInfo, thinking: Fields) -> int:
    """Return the limit, which is required, and must leave room beside a budget for thinking."""
    wanted = conversation.sampling.max_tokens
    if wanted is not None and (wanted or conversation.origin == NAME):
        return wanted
    default = model.output_limit or DEFAULT_MAX_TOKENS
    match thinking:
        case {"thinking": {"budget_tokens": int(budget)}} if not model.output_limit:
            return max(default, budget + LEAST_BUDGET)
        case _:
            return default


def _calls(message: Fields) -> bool:
    return "tool_use" in _kinds(message)


def _kinds(message: Fields) -> list[object]:
    content = message["content"]
    return [block["type"] for block in content if isinstance(block, dict)] if isinstance(content, list) else ["text"]
