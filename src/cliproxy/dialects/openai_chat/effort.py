"""
How hard to reason: OpenAI's own field, and those of the many who speak its dialect.

Source: `reference` sheets `openai-chat` section 2, `translation` section 6 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE, TopLevel, put

FIELDS = ("reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget")
_SWITCHES = ("enable_thinking", "thinking")  # in `chat_template_kwargs`, by which open models are told

_GOOGLE = (  # where its settings stand: SDKs take `extra_body` away
    ("extra_body", "google"),
    ("google",),
    ("extra_body",),
    ("generationConfig",),
    ("generation_config",),
)

_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode


class _ThinkingConfig(Struct):
    thinking_level: str | None = None
    thinkingLevel: str | None = None  # noqa: N815 (both spellings are met)
    thinking_budget: int | None = None
    thinkingBudget: int | None = None  # noqa: N815
    include_thoughts: bool | None = None
    includeThoughts: bool | None = None  # noqa: N815


_decode_config = msgspec.json.Decoder(_ThinkingConfig).decode


def effort_of(request: schema.Request, extras: Mapping[str, Raw]) -> Effort | None:
    """Return how hard to reason, as OpenAI has it told, or else as one of the many who speak its dialect."""
    if request.reasoning_effort is not None:
        return Effort(_level("reasoning_effort", request.reasoning_effort))
    reasoning, thinking = request.reasoning, request.thinking
    if reasoning is not None:
        visible = None if reasoning.exclude is None else not reasoning.exclude
        if reasoning.effort is not None:
            return Effort(_level("reasoning.effort", reasoning.effort), visible=visible)
        if reasoning.enabled is False:
            return Effort(Level.NONE, visible=False)
        return Effort(budget=reasoning.max_tokens, visible=visible)
    if thinking is not None:
        is_off = thinking.type == "disabled"
        return Effort(Level.NONE, visible=False) if is_off else Effort(budget=thinking.budget_tokens)
    if request.enable_thinking is not None:
        return Effort() if request.enable_thinking else Effort(Level.NONE, visible=False)
    return _google_effort(extras) if any(way[0] in extras for way in _GOOGLE) else None


def _google_effort(extras: Mapping[str, Raw]) -> Effort | None:
    """Return what stands in a `thinking_config` of Google's."""
    for way in _GOOGLE:
        for spelling in ("thinking_config", "thinkingConfig"):
            try:
                config = _decode_config(_at(extras, (*way, spelling)))
            except (*UNREADABLE, KeyError):
                continue
            shown = config.include_thoughts if config.include_thoughts is not None else config.includeThoughts
            level = config.thinking_level or config.thinkingLevel
            if level:
                return Effort(_level(spelling, level), visible=shown)
            budget = config.thinking_budget if config.thinking_budget is not None else config.thinkingBudget
            return Effort(budget=budget, visible=shown)
    return None


def _at(fields: Mapping[str, Raw], way: Iterable[str]) -> Raw:
    value = Raw(b"null")
    for name in way:
        value = fields[name]
        fields = _decode_object(value) if bytes(value)[:1] == b"{" else {}
    return value


def _level(field: str, word: str) -> Level:
    try:
        return Level(word.lower())
    except ValueError:
        raise RequestError(
            f"{field} is {word!r}; it can be {', '.join(repr(level.value) for level in Level)}"
        ) from None


def effort_fields(asked: Effort, model: ModelInfo, origin: str) -> dict[str, object] | None:
    """
    Return the fields that tell a model how hard to reason; None: it cannot be told.

    Raises:
        RequestError: The client speaks a dialect of this family, and asked for what the model does not take.
    """
    if origin == NAME and asked.level is None:
        return _in_tokens(asked)
    visible = asked.visible
    if efforts.level_of(asked) is None:  # as hard as the model likes
        asked = Effort(Level.XHIGH, visible=visible)
    wanted = efforts.possible(asked, model, strict=efforts.same_family(origin, NAME))
    level = efforts.level_of(wanted) if wanted is not None else None
    if level is None:
        return None
    if level is Level.AUTO and model.known:
        return {}  # what the model does when it is told nothing
    if origin != NAME or visible is None:
        return {"reasoning_effort": level.value}
    if level is Level.NONE:
        return {"thinking": {"type": "disabled"}}
    return {"reasoning": {"effort": level.value, "exclude": not visible}}


def _in_tokens(asked: Effort) -> dict[str, object]:
    if asked.visible is not None:
        budget = {} if asked.budget is None else {"max_tokens": asked.budget}
        return {"reasoning": budget | {"exclude": not asked.visible}}
    return {"thinking": {"type": "enabled"} | ({} if asked.budget is None else {"budget_tokens": asked.budget})}


def edit_effort(top: TopLevel, effort: Effort) -> None:
    """Put an effort into a request in place of whatever it says about that; `auto` is to say nothing."""
    level = efforts.level_of(effort)
    if level is None:
        return
    for name in FIELDS:
        top.pop(name, None)
    _without(top, "chat_template_kwargs", _SWITCHES)
    _without(top, "extra_body", ("google",))
    for name in ("google", "generationConfig", "generation_config"):
        _without(top, name, ("thinking_config", "thinkingConfig"))
    if level is not Level.AUTO:
        put(top, "reasoning_effort", level.value)


def _without(top: TopLevel, name: str, switches: Iterable[str]) -> None:
    try:
        inner = _decode_object(top[name])
    except (*UNREADABLE, KeyError):
        return
    left = {field: value for field, value in inner.items() if field not in switches}
    if len(left) < len(inner):
        put(top, name, left) if left else top.pop(name)
