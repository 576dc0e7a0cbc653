"""
What every upstream is able to do through the gateway. A cell stands here only where `test_abilities` shows it.

    for upstream, ability in CELLS:
        ...  # has a test

What an upstream lacks stands there with the reason, in words for docs/reference/providers.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

HOUR, MINUTE = 3600.0, 60.0

GENERATE, STREAM, TOOLS, IMAGES, REASONING = "generate", "stream", "tools", "images", "reasoning"
COUNT, QUOTA = "count tokens", "quota diagnosis"
ABILITIES = (GENERATE, STREAM, TOOLS, IMAGES, REASONING, COUNT, QUOTA)


class Upstream(NamedTuple):
    """One provider, with one kind of credential."""

    provider: str
    by: str  # "login", "key" or "page"
    model: str
    account: str  # as the simulator knows it
    window: float = HOUR  # seconds after which a spent quota is back; the vendor says so, unless `lacks` has it
    lacks: Mapping[str, str] = {}  # by ability: what there is instead, and behind `: ` why
    unshown: tuple[str, ...] = ()  # the clients that see no reasoning, where it is lacking

    @property
    def prefix(self) -> str:
        """What its models are told apart by; a page has none, and its model is nobody else's."""
        return "" if self.by == "page" else f"{self.provider}-{self.by}"

    @property
    def called(self) -> str:
        """What clients call its model."""
        return f"{self.prefix}/{self.model}".lstrip("/")

    def __str__(self) -> str:
        return f"{self.provider} by {self.by}"


_ESTIMATED = {COUNT: "estimated"}
_UNSAID = {QUOTA: "assumed end"}
_UNASKED = {REASONING: "not to Chat clients: OpenAI shows it to those who ask to see it, and Chat has no word for that"}
_THOUGHTLESS = {REASONING: "no: its listed models do not think; what a Chat client asks for goes on as it is"}
_ALL_BUT_CHAT = ("openai-responses", "anthropic", "google-genai")

UPSTREAMS = (
    Upstream("claude", "login", "claude-sonnet-4-6", "claude/ann@example.com"),
    Upstream("claude", "key", "claude-sonnet-4-6", "sk-ant-api-key", MINUTE),
    Upstream("codex", "login", "gpt-5-codex", "codex/ann@example.com", lacks=_ESTIMATED),
    Upstream("codex", "key", "gpt-5", "sk-openai-key", MINUTE, _UNASKED, ("openai-chat",)),
    Upstream("gemini-cli", "login", "gemini-2.5-pro", "gemini-cli/ann@example.com"),
    Upstream("antigravity", "login", "gemini-3-pro-high", "antigravity/ann@example.com"),
    Upstream("gemini", "key", "gemini-2.5-pro", "AIza-gemini-key", MINUTE),
    Upstream("vertex", "login", "gemini-2.5-pro", "vertex/gateway@project-1.iam.gserviceaccount.com"),
    Upstream("vertex", "key", "gemini-2.5-pro", "AIza-vertex-key", MINUTE),
    Upstream("aistudio", "page", "gemini-flash-latest", "session-of-the-page", MINUTE),
    Upstream(
        "qwen",
        "login",
        "qwen3-coder-plus",
        "qwen/ann@example.com",
        lacks=_ESTIMATED | _UNSAID | _THOUGHTLESS,
        unshown=_ALL_BUT_CHAT,
    ),
    Upstream("qwen", "key", "qwen3-coder-plus", "sk-qwen-key", MINUTE, _ESTIMATED | _THOUGHTLESS, _ALL_BUT_CHAT),
    Upstream("iflow", "login", "glm-4.6", "iflow/ann@example.com", lacks=_ESTIMATED | _UNSAID),
    Upstream("iflow", "key", "glm-4.6", "sk-iflow-key", MINUTE, lacks=_ESTIMATED),
    Upstream("kimi", "login", "kimi-k2.5", "kimi/ann@example.com", lacks=_UNSAID),
    Upstream("openai-compatibility", "key", "simulated", "sk-compatible-key", MINUTE, lacks=_ESTIMATED),
)
CELLS = tuple((upstream, ability) for upstream in UPSTREAMS for ability in ABILITIES)


def cells(ability: str) -> list[Upstream]:
    """Return all upstreams whose cell of an ability is to be shown."""
    return [upstream for upstream, one in CELLS if one == ability]
