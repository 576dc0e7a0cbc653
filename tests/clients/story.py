"""
What the SDKs ask in these tests, in no SDK's words: `surfaces` put it into theirs.

The simulated model calls the tools that it is told to call and repeats what they say, so the last text can only be
right if call and result came through whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from cliproxy.cli.demo import CHAT, GEMINI, MESSAGES, RESPONSES

GATEWAY_KEY = "gateway-key"

UPSTREAMS = {CHAT: "openai_chat", RESPONSES: "openai_responses", MESSAGES: "anthropic_messages", GEMINI: "gemini"}
GEMINI_3 = "demo-gemini-3"  # the upstream that answers no loop whose calls come back without their signature

ASK = 'Please call weather {"city": "Paris"} and time {"city": "Lyon"}'
RESULTS = {"weather": "18 degrees", "time": "noon"}
ARGUMENTS = {"weather": {"city": "Paris"}, "time": {"city": "Lyon"}}
SAID = "The tool said: 18 degrees. The tool said: noon."
THOUGHT = "I weigh every word that was said."

CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}

SEEN = "I see 1 image (image/png, 70 bytes)."  # what the model says of a picture


class Place(BaseModel):
    """What structured output is read into."""

    city: str


class Wish(NamedTuple):
    """What a client wants beside an answer to its words."""

    system: str = ""
    tools: bool = False
    thinking: bool = False
    choice: str = "auto"  # or "any", "none", or the name of a tool
    parallel: bool = True
    limit: int | None = None  # output tokens


class Call(NamedTuple):
    """A tool that the client is to run."""

    id: str
    name: str
    arguments: Any


class Answer(NamedTuple):
    """What the SDK made of a reply."""

    text: str
    thoughts: str
    calls: tuple[Call, ...]
    finish: str  # "stop", "calls" or "length"
    input_tokens: int
    output_tokens: int

    @property
    def called(self) -> dict[str, Any]:
        return {call.name: call.arguments for call in self.calls}


class Talk(ABC):
    """One conversation, held by one SDK; `model` may change on the way."""

    def __init__(self, client: Any, model: str, wish: Wish) -> None:
        self.client = client
        self.model = model
        self.wish = wish
        self.turns: list[Any] = []  # in the SDK's own form

    @abstractmethod
    def say(self, text: str, *, picture: bool = False) -> None:
        """The user's turn."""

    @abstractmethod
    async def hear(self, *, streamed: bool, bare: bool = False) -> Answer:
        """
        Ask, and keep the model's turn as clients send it back: whole, or without its reasoning where it is `bare`.

        A stream is added up by the SDK's own helper, its strictest reader.
        """

    @abstractmethod
    def report(self, answer: Answer, *, picture: bool = False) -> None:
        """Run the tools that an answer calls: the turn with their results."""

    @abstractmethod
    def words(self) -> AsyncIterator[str]:
        """Ask for a stream, and give out its text as it comes, the way the SDK's users read it."""

    @abstractmethod
    async def place(self, *, streamed: bool) -> Any:
        """Ask for structured output, its schema made and its text read by the SDK where it does that."""
