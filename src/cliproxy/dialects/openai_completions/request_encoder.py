"""
Conversations -> legacy Completions requests.

One text of a user is the prompt as it is. More than that becomes a script that ends where the assistant speaks next;
what is no text is lost.

Source: `reference` sheets `openai-completions`, `translation` section 3 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import (
    Conversation,
    Foreign,
    Media,
    Message,
    Part,
    Reasoning,
    Role,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.base import Encoded
from cliproxy.dialects.openai_completions.reply import NAME
from cliproxy.dialects.wording import ANYTHING, Fit, Wording

MOST_STOPS = 4
MOST_LOGPROBS = 5
DEFAULT_MAX_TOKENS = 2048  # the API's own default is 16, which is no reply

_ANY = Fit(ANYTHING, 1000)
_SPEAKERS = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System", Role.REMINDER: "System"}
_NEXT = "\n\nUser:"  # with which a model that goes on would speak for the user

_encode = msgspec.json.Encoder().encode


def encode_request(conversation: Conversation, model: ModelInfo, stream: bool) -> Encoded:
    """Return the conversation as a Completions request, and what it could not say."""
    return _RequestEncoder(conversation, model, stream=stream).encoded()


class _RequestEncoder:
    def __init__(self, conversation: Conversation, model: ModelInfo, *, stream: bool) -> None:
        self._said = conversation
        self._model = model
        self._stream = stream
        self._words = Wording(conversation, NAME, names=_ANY, ids=_ANY)
        self._losses = self._words.losses
        self._at_home = self._words.at_home

    def encoded(self) -> Encoded:
        said = self._said
        prompt, is_script = self._prompt()
        body: dict[str, object] = {"model": said.model, "prompt": prompt}
        body |= self._sampling()
        if is_script and "stop" not in body:
            body["stop"] = [_NEXT]
        if said.user:
            body["user"] = said.user
        if self._stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        self._lose_the_rest()
        body |= self._words.extras("", said.extras)
        return Encoded(_encode(body), self._losses.found())

    # The prompt

    def _prompt(self) -> tuple[str, bool]:
        """Return the text that is to go on, and whether it is a script of several turns."""
        turns = self._words.turns
        if not self._said.instructions and len(turns) == 1 and turns[0].role is Role.USER:
            return "\n\n".join(self._texts("messages[0]", turns[0].parts)), False
        lines = [text.text for text in self._said.instructions]
        for text in self._said.instructions:
            self._hangs_on("system", text)
        for place, turn in enumerate(turns):
            lines.extend(self._lines(f"messages[{place}]", turn))
        if turns:
            self._losses.add("messages: turns, which are one text now")
        return "\n\n".join([*lines, "Assistant:"]), True

    def _lines(self, where: str, turn: Message) -> Iterable[str]:
        self._words.extras(where, turn.extras)
        for part in turn.parts:
            if isinstance(part, ToolResult):
                self._hangs_on(f"{where}.tool_result", part)
                self._losses.add(f"{where}.tool_result: a call's, as a text")
                yield "Tool: " + "\n\n".join(self._texts(f"{where}.tool_result", part.content))
        texts = list(self._texts(where, (part for part in turn.parts if not isinstance(part, ToolResult))))
        if texts:
            yield f"{_SPEAKERS[turn.role]}: " + "\n\n".join(texts)

    def _texts(self, where: str, parts: Iterable[Part]) -> Iterable[str]:
        for part in self._words.said(parts, f"{where}.content"):
            self._hangs_on(f"{where}.content", part)
            match part:
                case Text(text):
                    if text.strip() or self._at_home:
                        yield text
                case Media():
                    self._losses.add(f"{where}.content: {part.kind.value}")
                case Reasoning():
                    self._losses.add(f"{where}.content: reasoning")
                case ToolCall():
                    self._losses.add(f"{where}.tool_calls: {part.name}")
                case ToolResult(_, content):
                    self._losses.add(f"{where}.tool_result: a call's, as a text")
                    yield from self._texts(f"{where}.tool_result", content)
                case Foreign():
                    self._losses.add(f"{where}.content")  # nothing that is said here

    def _hangs_on(self, where: str, part: Part) -> None:
        """Note what is told of a part and has no place in a prompt."""
        if isinstance(part, Foreign):
            return
        self._losses.extras(where, part.extras)
        for name in ("cache", "citations", "proof", "is_error"):
            if getattr(part, name, None):
                self._losses.add(f"{where}: {name}")

    # What frames it

    def _sampling(self) -> dict[str, object]:
        wanted = self._said.sampling
        stops = list(wanted.stop)
        if len(stops) > MOST_STOPS and not self._at_home:
            self._losses.add("stop: more than four")
            stops = stops[:MOST_STOPS]
        fields = {
            "max_tokens": wanted.max_tokens if self._at_home or wanted.max_tokens is not None else self._most_tokens(),
            "temperature": wanted.temperature,
            "top_p": wanted.top_p,
            "top_k": wanted.top_k,
            "frequency_penalty": wanted.frequency_penalty,
            "presence_penalty": wanted.presence_penalty,
            "seed": wanted.seed,
            "stop": stops or None,
            "n": wanted.candidates if self._at_home or wanted.candidates != 1 else None,
            "logprobs": self._logprobs(),
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _most_tokens(self) -> int:
        return self._model.output_limit or DEFAULT_MAX_TOKENS

    def _logprobs(self) -> int | None:
        wanted = self._said.sampling
        if not wanted.logprobs and wanted.top_logprobs is None:
            return None
        top = wanted.top_logprobs or 0
        if top > MOST_LOGPROBS and not self._at_home:
            self._losses.add("top_logprobs: more than five")
            return MOST_LOGPROBS
        return top

    def _lose_the_rest(self) -> None:
        """Note what was asked for and cannot be asked here. What is nobody's wish is no loss."""
        said = self._said
        for place, tool in enumerate(said.tools):
            kind = tool.kind.value if isinstance(tool, ServerTool) else ""
            self._losses.add(f"tools[{place}]: {tool.name or kind}")
            if isinstance(tool, Tool):
                self._words.extras(f"tools[{place}]", tool.extras)
        wishes = {
            "tool_choice": said.tool_choice if said.tools else None,
            "parallel_tool_calls": said.parallel_calls if said.tools else None,
            "response_format": said.output,
            "reasoning effort": said.effort,
            "metadata": said.metadata or None,
            "service_tier": said.service_tier if said.service_tier not in ("", "auto") else None,
            "prompt_cache_key": said.cache_key or None,
            "verbosity": said.verbosity or None,
            "store": said.store or None,
            "modalities": said.modalities if said.modalities not in ((), ("text",)) else None,
            "audio": said.speech,
            "image_config": said.picture,
        }
        for name, wish in wishes.items():
            if wish is not None:
                self._losses.add(name)
