"""
Conversations -> Chat Completions requests.

Source: `reference` sheets `openai-chat` section 2, `translation` sections 5, 6 and 13.7 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Level,
    OutputKind,
    OutputShape,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.base import Encoded, Losses
from cliproxy.dialects.openai_chat.messages import NAME
from cliproxy.dialects.openai_chat.messages_encoder import MessagesEncoder
from cliproxy.dialects.openai_chat.schemas import parameters

MOST_STOPS = 4
_CHOICE_WORDS = {ToolMode.AUTO: "auto", ToolMode.NONE: "none", ToolMode.REQUIRED: "required"}

_encode = msgspec.json.Encoder().encode


def encode_request(conversation: Conversation, model: ModelInfo, stream: bool) -> Encoded:
    """Return the conversation as a Chat Completions request for this model, and what it could not say."""
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
        body: dict[str, object] = {"model": said.model, "messages": self._words.messages()}
        body |= self._sampling()
        body |= self._tools()
        if said.output is not None:
            body["response_format"] = _response_format(said.output)
        if said.effort is not None:
            body |= self._effort(said.effort)
        if said.user:
            body["user"] = said.user
        if self._stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        if self._at_home:
            body |= {name: value for name, value in said.extras.items() if "[" not in name}
        else:
            self._losses.extras("", said.extras)
        names = {theirs: ours for ours, theirs in self._words.renamed.items()}
        return Encoded(_encode(body), self._losses.found(), names)

    def _tools(self) -> dict[str, object]:
        said = self._said
        tools: dict[str, object] = {}
        for place, tool in enumerate(said.functions):
            if tool.name in tools:
                self._losses.add(f"tools[{place}]: a second {tool.name}")
            else:
                tools[tool.name] = self._tool(place, tool)
        written = list(tools.values())
        if self._at_home:
            for name, raw in said.extras.items():
                if name.startswith("tools["):
                    written.insert(int(name[6:-1]), raw)
        if not written:
            return {}
        fields: dict[str, object] = {"tools": written}
        choice = said.tool_choice
        if choice is not None and choice.mode is ToolMode.NAMED and choice.name not in tools and not self._at_home:
            self._losses.add(f"tool_choice: {choice.name}, which is not among the tools")
        elif choice is not None:
            fields["tool_choice"] = self._tool_choice(choice)
        if said.parallel_calls is not None:
            fields["parallel_tool_calls"] = said.parallel_calls
        return fields

    def _tool(self, place: int, tool: Tool) -> dict[str, object]:
        where = f"tools[{place}]"
        function: dict[str, object] = {"name": self._words.name(tool.name)}
        if tool.description:
            function["description"] = tool.description
        function["parameters"] = parameters(tool.input_schema)
        if tool.strict is not None:
            function["strict"] = tool.strict
        function |= self._words.extras(where, tool.extras)
        return {"type": "function", "function": function} | self._words.mark(where, tool.cache)

    def _tool_choice(self, choice: ToolChoice) -> object:
        if choice.mode is ToolMode.NAMED:
            return {"type": "function", "function": {"name": self._words.name(choice.name)}}
        word = _CHOICE_WORDS[choice.mode]
        if not choice.allowed:
            return word
        tools = [{"type": "function", "function": {"name": self._words.name(name)}} for name in choice.allowed]
        return {"type": "allowed_tools", "allowed_tools": {"mode": word, "tools": tools}}

    def _sampling(self) -> dict[str, object]:
        wanted = self._said.sampling
        if len(wanted.stop) > MOST_STOPS:
            self._losses.add("stop: more than four")
        fields = {
            self._limit_field(): wanted.max_tokens,
            "temperature": wanted.temperature,
            "top_p": wanted.top_p,
            "top_k": wanted.top_k,
            "frequency_penalty": wanted.frequency_penalty,
            "presence_penalty": wanted.presence_penalty,
            "seed": wanted.seed,
            "stop": list(wanted.stop[:MOST_STOPS]) or None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _limit_field(self) -> str:
        """Models that reason by levels take only the newer field; most compatible servers only the older one."""
        thinking = self._model.thinking
        return "max_completion_tokens" if thinking is not None and thinking.levels else "max_tokens"

    def _effort(self, asked: Effort) -> dict[str, object]:
        if self._at_home and asked.level is None:
            budget = {} if asked.budget is None else {"budget_tokens": asked.budget}
            return {"thinking": {"type": "enabled"} | budget}
        if efforts.level_of(asked) is None:  # as hard as the model likes
            asked = Effort(Level.XHIGH, visible=asked.visible)
        wanted = efforts.possible(asked, self._model, strict=self._at_home)
        level = efforts.level_of(wanted) if wanted is not None else None
        if level is None:
            self._losses.add("reasoning effort")
            return {}
        if level is Level.AUTO and self._model.known:
            return {}  # what the model does when it is told nothing
        return {"reasoning_effort": level.value}


def _response_format(output: OutputShape) -> dict[str, object]:
    if output.kind is OutputKind.JSON:
        return {"type": "json_object"}
    shape: dict[str, object] = {"name": output.name or "response"}
    if output.description:
        shape["description"] = output.description
    shape["schema"] = output.schema
    if output.strict is not None:
        shape["strict"] = output.strict
    return {"type": "json_schema", "json_schema": shape}
