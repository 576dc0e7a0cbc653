"""
The models that are known without asking anybody, and their abilities.

Source: `models.json`, from the `reference` sheet of the same name (catalogue of 2026-03-13).
"""

from __future__ import annotations

from importlib import resources

import msgspec
from msgspec import Struct

from cliproxy.conversation.model import ModelInfo, Thinking

_SEARCHED = (
    "claude",
    "gemini",
    "vertex",
    "gemini-cli",
    "aistudio",
    "codex-pro",
    "qwen",
    "iflow",
    "kimi",
    "antigravity",
)


class _Entry(Struct):
    id: str
    created: int = 0
    owned_by: str = ""
    display_name: str = ""
    version: str = ""
    inputTokenLimit: int = 0  # noqa: N815 (the catalogue's spelling)
    outputTokenLimit: int = 0  # noqa: N815
    context_length: int = 0
    max_completion_tokens: int = 0
    thinking: Thinking | None = None


class KnownModels:
    """The catalogue: sections of models, one for each family of upstreams."""

    def __init__(self, data: bytes) -> None:
        sections = msgspec.json.decode(data, type=dict[str, list[_Entry]])
        self._sections = {name: tuple(_info(entry) for entry in entries) for name, entries in sections.items()}
        self._by_id: dict[str, ModelInfo] = {}
        for name in _SEARCHED:
            for info in self._sections.get(name, ()):
                self._by_id.setdefault(info.id, info)

    @classmethod
    def shipped(cls) -> KnownModels:
        """Return the catalogue that came with this version."""
        return cls(resources.files(__package__).joinpath("models.json").read_bytes())

    def section(self, name: str) -> tuple[ModelInfo, ...]:
        """Return a family's models; a family that is not known has none."""
        return self._sections.get(name, ())

    def get(self, model: str) -> ModelInfo | None:
        """Return what is known of a model by its upstream name, in any family."""
        return self._by_id.get(model)


def _info(entry: _Entry) -> ModelInfo:
    return ModelInfo(
        id=entry.id,
        display_name=entry.display_name,
        created=entry.created,
        owned_by=entry.owned_by,
        version=entry.version,
        input_limit=entry.inputTokenLimit or entry.context_length,
        output_limit=entry.outputTokenLimit or entry.max_completion_tokens,
        thinking=entry.thinking,
        known=True,
    )
