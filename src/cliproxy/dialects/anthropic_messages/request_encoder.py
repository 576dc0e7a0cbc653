"""
Conversations -> Messages requests.

The API refuses what others let pass: turns must alternate and begin with the user's, every call is answered in the
next turn, texts are not empty, thinking is signed.

Source: `reference` sheets `claude-messages` section 2, `translation` sections 4 to 6 and 13.1 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from msgspec import Raw

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.names import fitted, renamed
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Extras,
    Foreign,
    Inline,
    Level,
    Link,
    Media,
    MediaKind,
    Message,
    OutputKind,
    Part,
    Reasoning,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolMode,
    ToolResult,
)
from cliproxy.conversation.turns import settled
from cliproxy.dialects.anthropic_messages.request import ATTRIBUTION, NAME
from cliproxy.dialects.base import Encoded, Losses

LONGEST_NAME = 64
LONGEST_CALL_ID = 256
DEFAULT_MAX_TOKENS = 32_000  # the field is required; used where the model's own limit is not known
LEAST_BUDGET = 1024  # tokens; less is refused
FILLER = "."  # the smallest user turn, where the API demands one and the client gave none

REFUSED = re.compile(r"[^a-zA-Z0-9_-]")
_CHOICE_WORDS = {ToolMode.AUTO: "auto", ToolMode.NONE: "none", ToolMode.REQUIRED: "any", ToolMode.NAMED: "tool"}
_EFFORT_WORDS = {Level.MINIMAL: "low", Level.LOW: "low", Level.MEDIUM: "medium", Level.HIGH: "high"}
_JSON_ONLY = "Answer with one JSON object and nothing else."
_ORDER = {Reasoning: 0, Text: 1, ToolCall: 2}  # within an assistant's turn

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
        self._renamed = renamed((tool.name for tool in conversation.tools), REFUSED, LONGEST_NAME)

    def encoded(self) -> Encoded:
        said = self._said
        body: dict[str, object] = {"model": said.model, "max_tokens": self._max_tokens()}
        system = self._system()
        if system:
            body["system"] = system
        body["messages"] = self._messages()
        body |= self._tools()
        thinking = self._thinking(self._max_tokens())
        body |= thinking
        body |= self._sampling(thinks="thinking" in thinking and thinking["thinking"] != {"type": "disabled"})
        if said.output is not None and said.output.kind is OutputKind.JSON_SCHEMA:
            shape = {"format": {"type": "json_schema", "schema": said.output.schema}}
            config = body.get("output_config")
            body["output_config"] = (config | shape) if isinstance(config, dict) else shape
        if said.user:
            body["metadata"] = {"user_id": said.user}
        if self._stream:
            body["stream"] = True
        body |= self._top_extras()
        return Encoded(_encode(body), self._losses.found(), {theirs: ours for ours, theirs in self._renamed.items()})

    def _top_extras(self) -> dict[str, object]:
        extras = self._said.extras
        if self._at_home:
            return {name: value for name, value in extras.items() if "[" not in name and "." not in name}
        self._losses.extras("", extras)
        return {}

    def _extras(self, where: str, extras: Extras) -> dict[str, object]:
        if self._at_home:
            return dict(extras)
        self._losses.extras(where, extras)
        return {}

    def _max_tokens(self) -> int:
        return self._said.sampling.max_tokens or self._model.output_limit or DEFAULT_MAX_TOKENS

    # What is said

    def _system(self) -> list[dict[str, object]]:
        texts = list(self._said.instructions)
        for message in self._said.messages:
            if message.role is Role.SYSTEM:
                texts.extend(part for part in message.parts if isinstance(part, Text))
        blocks: list[dict[str, object]] = [
            {"type": "text", "text": text.text} | self._extras("system", text.extras)
            for text in texts
            if text.text.strip() and (self._at_home or not text.text.startswith(ATTRIBUTION))
        ]
        if self._said.output is not None and self._said.output.kind is OutputKind.JSON:
            blocks.append({"type": "text", "text": _JSON_ONLY})
        return blocks

    def _messages(self) -> list[dict[str, object]]:
        turns, unmatched = settled(tuple(turn for turn in self._said.messages if turn.role is not Role.SYSTEM))
        for call_id in unmatched:
            self._losses.add(f"messages: result for the unknown call {call_id}")
        messages: list[dict[str, object]] = []
        for place, turn in enumerate(turns):
            blocks = self._turn(f"messages[{place}]", turn)
            if not blocks:
                continue
            role = {Role.ASSISTANT: "assistant", Role.REMINDER: "system"}.get(turn.role, "user")
            if messages and messages[-1]["role"] == role:
                earlier = messages[-1]["content"]
                assert isinstance(earlier, list)
                earlier.extend(blocks)
            else:
                messages.append({"role": role, "content": blocks} | self._extras(f"messages[{place}]", turn.extras))
        if not messages or messages[0]["role"] == "assistant":
            messages.insert(0, {"role": "user", "content": FILLER})
        return messages

    def _turn(self, where: str, turn: Message) -> list[dict[str, object]]:
        parts: Iterable[Part] = turn.parts
        if turn.role is Role.ASSISTANT:
            if not any(isinstance(part, Foreign) for part in parts):
                parts = sorted(parts, key=_rank)
        else:
            parts = sorted(parts, key=lambda part: not isinstance(part, ToolResult))
        blocks = []
        for part in parts:
            block = self._block(where, part)
            if block is not None:
                blocks.append(block)
        return blocks

    def _block(self, where: str, part: Part) -> dict[str, object] | None:
        match part:
            case Text(text, _, extras):
                kept = self._extras(f"{where}.content", extras)
                return {"type": "text", "text": text} | kept if text.strip() else None
            case ToolCall(id_, name, arguments, _, extras):
                kept = self._extras(f"{where}.tool_calls", extras)
                head = {"type": "tool_use", "id": _call_id(id_), "name": self._name(name)}
                return head | {"input": self._input(where, arguments)} | kept
            case ToolResult(call_id, content, is_error, extras):
                return self._tool_result(where, call_id, content, is_error=is_error) | self._extras(
                    f"{where}.tool_result", {name: value for name, value in extras.items() if "." not in name}
                )
            case Reasoning():
                return self._thought(where, part)
            case Media():
                return self._media(where, part)
            case Foreign(dialect, kind, body):
                if dialect == NAME:
                    return msgspec.json.decode(body, type=dict[str, object])
                self._losses.add(f"{where}.content: {kind}")
                return None

    def _thought(self, where: str, thought: Reasoning) -> dict[str, object] | None:
        """Only thoughts with Anthropic's own proof are taken back; the others are dropped with their text."""
        if thought.proof is None or thought.proof.dialect != NAME:
            self._losses.add(f"{where}.content: unsigned reasoning")
            return None
        if thought.redacted:
            return {"type": "redacted_thinking", "data": thought.proof.value}
        return {"type": "thinking", "thinking": thought.text, "signature": thought.proof.value}

    def _input(self, where: str, arguments: str) -> Raw:
        """Return arguments as the object that this API demands; broken or other JSON becomes an empty one."""
        text = arguments.strip()
        if text[:1] == "{":
            try:
                return Raw(_encode(msgspec.json.decode(text, type=dict[str, Raw])))
            except msgspec.DecodeError:
                pass
        if text:
            self._losses.add(f"{where}.tool_calls: arguments that are no JSON object")
        return Raw(b"{}")

    def _tool_result(
        self, where: str, call_id: str, content: tuple[Text | Media, ...], *, is_error: bool
    ) -> dict[str, object]:
        block: dict[str, object] = {"type": "tool_result", "tool_use_id": _call_id(call_id)}
        inner = [item for part in content if (item := self._block(where, part)) is not None]
        if len(inner) == 1 and inner[0].keys() == {"type", "text"}:
            block["content"] = inner[0]["text"]
        elif inner:
            block["content"] = inner
        if is_error:
            block["is_error"] = True
        return block

    def _media(self, where: str, media: Media) -> dict[str, object] | None:
        extras = self._extras(f"{where}.content", media.extras)
        if media.detail:
            self._losses.add(f"{where}.content: image detail")
        source: dict[str, object]
        match media.source:
            case Link(url):
                source = {"type": "url", "url": url}
            case Inline(data):
                source = {"type": "base64", "media_type": media.mime_type, "data": data}
        match media.kind:
            case MediaKind.IMAGE:
                return {"type": "image", "source": source} | extras
            case MediaKind.DOCUMENT:
                title = {"title": media.name} if media.name else {}
                return {"type": "document", "source": source} | title | extras
            case MediaKind.AUDIO | MediaKind.VIDEO:
                self._losses.add(f"{where}.content: {media.kind.value}")
                return None

    # What is asked for

    def _name(self, name: str) -> str:
        return self._renamed.get(name) or fitted(name, REFUSED, LONGEST_NAME)

    def _tools(self) -> dict[str, object]:
        said = self._said
        if not said.tools:
            return {}
        fields: dict[str, object] = {"tools": [self._tool(place, tool) for place, tool in enumerate(said.tools)]}
        choice: dict[str, object] = {}
        if said.tool_choice is not None:
            choice["type"] = _CHOICE_WORDS[said.tool_choice.mode]
            if said.tool_choice.mode is ToolMode.NAMED:
                choice["name"] = self._name(said.tool_choice.name)
        if said.parallel_calls is not None and choice.get("type") != "none":
            choice.setdefault("type", "auto")
            choice["disable_parallel_tool_use"] = not said.parallel_calls
        if choice:
            fields["tool_choice"] = choice
        return fields

    def _tool(self, place: int, tool: Tool) -> dict[str, object]:
        fields: dict[str, object] = {"name": self._name(tool.name)}
        if tool.description:
            fields["description"] = tool.description
        fields["input_schema"] = _object_schema(tool.input_schema)
        if tool.strict is not None:
            fields["strict"] = tool.strict
        return fields | self._extras(f"tools[{place}]", tool.extras)

    def _thinking(self, max_tokens: int) -> dict[str, object]:
        wanted, model = self._said.effort, self._model
        if wanted is None:
            return {}
        if model.known and model.thinking is None:
            self._losses.add("reasoning effort")
            return {}
        choice = self._said.tool_choice
        if choice is not None and choice.mode in (ToolMode.REQUIRED, ToolMode.NAMED) and self._said.tools:
            self._losses.add("reasoning effort: not beside a forced tool")
            return {}
        display = {"display": "summarized" if wanted.visible else "omitted"} if wanted.visible is not None else {}
        level = efforts.level_of(wanted)
        if level is Level.NONE:
            return {"thinking": {"type": "disabled"}}
        by_level = model.thinking is None or bool(model.thinking.levels)
        if wanted.budget is not None and wanted.budget > 0:
            return self._budget(wanted.budget, max_tokens, display)
        if level is not None and not by_level:
            return self._budget(efforts.budget_of(wanted) or 0, max_tokens, display)
        fields: dict[str, object] = {"thinking": {"type": "adaptive"} | display}
        if level is not None and level is not Level.AUTO:
            fields["output_config"] = {"effort": self._effort_word(wanted, level)}
        return fields

    def _budget(self, budget: int, max_tokens: int, display: dict[str, str]) -> dict[str, object]:
        if budget < 0:
            return {"thinking": {"type": "enabled", "budget_tokens": max(LEAST_BUDGET, max_tokens // 2)} | display}
        budget = min(max(efforts.clamped(budget, self._model), LEAST_BUDGET), max_tokens - 1)
        if budget < LEAST_BUDGET:
            self._losses.add("reasoning effort: no room under max_tokens")
            return {"thinking": {"type": "disabled"}}
        return {"thinking": {"type": "enabled", "budget_tokens": budget} | display}

    def _effort_word(self, wanted: Effort, level: Level) -> str:
        if self._at_home:
            return (wanted.level or level).value
        if level in _EFFORT_WORDS:
            return _EFFORT_WORDS[level]
        thinking = self._model.thinking
        return "max" if thinking is not None and "max" in thinking.levels else "high"

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
            fields["temperature"] = min(wanted.temperature, 1.0)
            if wanted.temperature > 1:
                self._losses.add("temperature: over 1")
            if wanted.top_p is not None and not self._at_home:
                self._losses.add("top_p: not beside temperature")
        if wanted.top_p is not None and (wanted.temperature is None or self._at_home):
            fields["top_p"] = wanted.top_p
        if wanted.top_k is not None:
            fields["top_k"] = wanted.top_k
        return fields


def _rank(part: Part) -> int:
    return _ORDER.get(type(part), len(_ORDER))


def _call_id(call_id: str) -> str:
    return fitted(call_id, REFUSED, LONGEST_CALL_ID)


def _object_schema(schema_: Raw | None) -> object:
    """The root of an input schema must be an object."""
    if schema_ is None or bytes(schema_) == b"null":
        return {"type": "object", "properties": {}}
    top = msgspec.json.decode(schema_, type=dict[str, Raw])
    return schema_ if bytes(top.get("type", b"")) == b'"object"' else top | {"type": "object"}
