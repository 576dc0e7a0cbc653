"""
What was asked and what is said, in no vendor's words.

This is the simulator's own small vocabulary. It knows less than the gateway's conversation and shares nothing with
it: a mistake made there cannot be made here by the same hand.
"""

import re
from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from cliproxy.simulator.answer import JsonObject

Finish: TypeAlias = Literal["stop", "length", "calls"]
Choice: TypeAlias = Literal["auto", "any", "none", "named"]


class Image(msgspec.Struct, frozen=True):
    """A picture received: its bytes were counted, or only its address is known."""

    mime: str
    size: int = 0  # bytes
    url: str = ""


class Tool(msgspec.Struct, frozen=True):
    """A tool on offer. Without a schema it takes free text."""

    name: str
    schema: JsonObject | None = None
    namespace: str = ""


class ToolResult(msgspec.Struct, frozen=True):
    call_id: str
    text: str
    images: tuple[Image, ...] = ()
    failed: bool = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as far as the speaker cares."""

    model: str
    stream: bool = False
    as_array: bool = False  # a stream in the form of one JSON array
    text: str = ""  # of the last user message
    system: str = ""
    images: tuple[Image, ...] = ()  # of the last user message
    results: tuple[ToolResult, ...] = ()  # since the model last spoke
    tools: tuple[Tool, ...] = ()
    choice: Choice = "auto"
    chosen: str = ""  # the tool's name when the choice is "named"
    parallel: bool = True
    wants_json: bool = False
    schema: JsonObject | None = None  # of the JSON wanted
    wants_reasoning: bool = False
    shows_reasoning: bool = True  # as text; else only counted and proven
    wants_proof: bool = False
    wants_usage: bool = False  # at the end of a stream, where that is a choice
    limit: int | None = None  # output tokens
    input_words: int = 0  # of the whole prompt
    echo: JsonObject = {}  # settings the vendor repeats in its answer


class ToolCall(msgspec.Struct, frozen=True):
    tool: Tool
    arguments: str  # JSON, or free text where the tool takes that


class Said(msgspec.Struct, frozen=True):
    """One reply. A token is a word here."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[ToolCall, ...] = ()
    finish: Finish = "stop"

    @property
    def reasoning_tokens(self) -> int:
        return len(words(self.reasoning))

    @property
    def output_tokens(self) -> int:
        """Count everything said, the reasoning included."""
        spoken = len(words(self.text)) + sum(1 + len(words(call.arguments)) for call in self.calls)
        return spoken + self.reasoning_tokens


def words(text: str) -> list[str]:
    """Cut a text after each word; joined again the words give the text."""
    return _WORD.findall(text)


def slices(text: str, size: int = 12) -> list[str]:
    """Cut a text every `size` characters, the way vendors cut the arguments of a call."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def count_words(texts: Iterable[str]) -> int:
    return sum(len(words(text)) for text in texts)


_WORD = re.compile(r"\s*\S+|\s+$")
