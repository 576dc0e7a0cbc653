"""
Conversations -> Messages requests.

Source: `reference` sheets `claude-messages` sections 2 to 4, `translation` sections 5, 6 and 13.1 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, Effort, Level, OutputKind, Tool, ToolCall, ToolMode
from cliproxy.dialects.anthropic_messages.messages import NAME
from cliproxy.dialects.anthropic_messages.messages_encoder import MessagesEncoder
from cliproxy.dialects.anthropic_messages.schemas import input_schema
from cliproxy.dialects.base import Encoded, Losses

DEFAULT_MAX_TOKENS = 32_000  # the field is required; used where the model's own limit is not known
LEAST_BUDGET = 1024  # tokens; less is refused

_CHOICE_WORDS = {ToolMode.AUTO: "auto", ToolMode.NONE: "none", ToolMode.REQUIRED: "any", ToolMode.NAMED: "tool"}
_THOUGHTS = ("thinking", "redacted_thinking")
_DISABLED = {"thinking": {"type": "disabled"}}

_encode = msgspec.json.Encoder().encode


def encode_request(conversation: Conversation, model: ModelInfo, stream: bool) -> Encoded:
    """Return the conversation as a Messages request for this model, and what it could not say."""
    return _RequestEncoder(conversation, model, stream=stream).encoded()


class _RequestEncoder:
    def __init__(self, conversation: Conversation, model: ModelInfo, *, stream: bool) -> None:
        self._said = conversation
        self._model = model
        self._stream = stream
        self._losses = Losses()
        self._at_home = conversation.origin == NAME
        self._words = MessagesEncoder(conversation, self._losses)

    def encoded(self) -> Encoded:
        said = self._said
        tools = self._tools()  # first, as in the prompt: cache marks are counted on the way
        system = self._words.system()
        messages = self._words.messages()
        thinking = self._thinking(messages)
        body: dict[str, object] = {"model": said.model, "max_tokens": self._max_tokens(thinking)}
        if system:
            body["system"] = system
        body["messages"] = messages
        body |= tools
        body |= thinking
        body |= self._sampling(thinks="thinking" in thinking and thinking != _DISABLED)
        if said.output is not None and said.output.kind is OutputKind.JSON_SCHEMA:
            shape = {"format": {"type": "json_schema", "schema": said.output.schema}}
            config = body.get("output_config")
            body["output_config"] = (config | shape) if isinstance(config, dict) else shape
        if said.user:
            body["metadata"] = {"user_id": said.user}
        if self._stream:
            body["stream"] = True
        if self._at_home:
            body |= {name: value for name, value in said.extras.items() if "[" not in name and "." not in name}
        else:
            self._losses.extras("", said.extras)
        names = {theirs: ours for ours, theirs in self._words.renamed.items()}
        return Encoded(_encode(body), self._losses.found(), names)

    def _max_tokens(self, thinking: dict[str, object]) -> int:
        """Return the limit, which is required, and must leave room beside a budget for thinking."""
        wanted = self._said.sampling.max_tokens
        if wanted is not None and (wanted or self._at_home):
            return wanted
        default = self._model.output_limit or DEFAULT_MAX_TOKENS
        match thinking:
            case {"thinking": {"budget_tokens": int(budget)}} if not self._model.output_limit:
                return max(default, budget + LEAST_BUDGET)
            case _:
                return default

    # What may be called

    def _tools(self) -> dict[str, object]:
        said = self._said
        tools: dict[str, object] = {}
        allowed = said.tool_choice.allowed if said.tool_choice else ()
        for place, tool in enumerate(said.functions):
            if tool.name in tools:
                self._losses.add(f"tools[{place}]: a second {tool.name}")
            elif not allowed or tool.name in allowed:
                tools[tool.name] = self._tool(place, tool)
        written = list(tools.values())
        if self._at_home:
            for name, raw in said.extras.items():
                if name.startswith("tools["):
                    written.insert(int(name[6:-1]), raw)
        if not written:
            return {}
        fields: dict[str, object] = {"tools": written}
        choice = self._choice()
        return fields | {"tool_choice": choice} if choice else fields

    def _tool(self, place: int, tool: Tool) -> dict[str, object]:
        where = f"tools[{place}]"
        fields: dict[str, object] = {"name": self._words.name(tool.name)}
        if tool.description:
            fields["description"] = tool.description
        fields["input_schema"] = input_schema(tool.input_schema)
        if tool.strict is not None:
            fields["strict"] = tool.strict
        return fields | self._words.extras(where, tool.extras) | self._words.mark(where, tool.cache)

    def _choice(self) -> dict[str, object]:
        choice: dict[str, object] = {}
        wanted, parallel = self._said.tool_choice, self._said.parallel_calls
        if wanted is not None:
            choice["type"] = _CHOICE_WORDS[wanted.mode]
            if wanted.mode is ToolMode.NAMED:
                choice["name"] = self._words.name(wanted.name)
        if parallel is not None and choice.get("type") != "none":
            choice.setdefault("type", "auto")
            choice["disable_parallel_tool_use"] = not parallel
        return choice

    # How to think

    def _thinking(self, messages: list[dict[str, object]]) -> dict[str, object]:
        asked = self._said.effort
        if asked is None:
            return {}
        if efforts.level_of(asked) is Level.NONE:
            return {} if self._model.known and self._model.thinking is None else dict(_DISABLED)
        if self._is_forced():
            self._losses.add("reasoning effort: not beside a forced tool")
            return {}
        wanted = efforts.possible(self._in_words(asked), self._model, strict=self._at_home)
        if wanted is None:
            self._losses.add("reasoning effort")
            return {}
        display = {"display": "summarized" if wanted.visible else "omitted"} if wanted.visible is not None else {}
        level = wanted.level
        if wanted.budget is None and not (level is Level.AUTO and self._takes_budgets_only()):
            fields: dict[str, object] = {"thinking": {"type": "adaptive"} | display}
            if level is not None and level is not Level.AUTO:
                fields["output_config"] = {"effort": level.value}
            return fields
        budget = self._budget(wanted.budget)
        if budget < LEAST_BUDGET:
            self._losses.add("reasoning effort: no room under max_tokens")
            return dict(_DISABLED)
        if self._lacks_thoughts(messages):
            self._losses.add("reasoning effort: the tool loop began without thoughts")
            return dict(_DISABLED)
        return {"thinking": {"type": "enabled", "budget_tokens": budget} | display}

    def _is_forced(self) -> bool:
        choice = self._said.tool_choice
        forced = choice is not None and choice.mode in (ToolMode.REQUIRED, ToolMode.NAMED)
        return forced and bool(self._said.tools) and not self._at_home

    def _takes_budgets_only(self) -> bool:
        thinking = self._model.thinking
        return thinking is not None and not thinking.levels

    def _in_words(self, wanted: Effort) -> Effort:
        """Return the effort in this API's levels: there is no `minimal`, and more than `high` is `max` or `high`."""
        if self._at_home or wanted.level is None or self._takes_budgets_only():
            return wanted
        levels = self._model.thinking.levels if self._model.thinking else ()
        match wanted.level:
            case Level.MINIMAL:
                return Effort(Level.LOW, visible=wanted.visible)
            case Level.XHIGH | Level.MAX:
                return Effort(Level.MAX if Level.MAX.value in levels else Level.HIGH, visible=wanted.visible)
            case _:
                return wanted

    def _budget(self, wanted: int | None) -> int:
        limit = self._said.sampling.max_tokens or self._model.output_limit
        if wanted is None or wanted < 0:  # as much as the model likes, which this API cannot say
            return max(LEAST_BUDGET, (limit or DEFAULT_MAX_TOKENS) // 2)
        budget = max(wanted, LEAST_BUDGET)
        return min(budget, limit - 1) if limit else budget

    def _lacks_thoughts(self, messages: list[dict[str, object]]) -> bool:
        """Tell whether the last turn of an open tool loop lost its thoughts: it is refused beside a budget then."""
        called = any(isinstance(part, ToolCall) for turn in self._said.messages for part in turn.parts)
        if not called or self._at_home:
            return False
        for message in reversed(messages):
            content = message["content"]
            kinds = [block["type"] for block in content] if isinstance(content, list) else ["text"]
            if message["role"] == "assistant":
                return "tool_use" in kinds and kinds[0] not in _THOUGHTS
            if message["role"] == "user" and "tool_result" not in kinds:
                return False
        return False

    def _sampling(self, *, thinks: bool) -> dict[str, object]:
        wanted = self._said.sampling
        for name in ("frequency_penalty", "presence_penalty", "seed"):
            if getattr(wanted, name) is not None:
                self._losses.add(name)
        fields: dict[str, object] = {}
        stops = [stop for stop in wanted.stop if stop.strip()]
        if stops:
            fields["stop_sequences"] = stops
        if thinks and not self._at_home:
            for name in ("temperature", "top_p", "top_k"):
                if getattr(wanted, name) is not None:
                    self._losses.add(f"{name}: not beside thinking")
            return fields
        if wanted.temperature is not None:
            fields["temperature"] = wanted.temperature if self._at_home else min(wanted.temperature, 1.0)
            if wanted.temperature > 1:
                self._losses.add("temperature: over 1")
            if wanted.top_p is not None and not self._at_home:
                self._losses.add("top_p: not beside temperature")
        if wanted.top_p is not None and (wanted.temperature is None or self._at_home):
            fields["top_p"] = wanted.top_p
        if wanted.top_k is not None:
            fields["top_k"] = wanted.top_k
        return fields
