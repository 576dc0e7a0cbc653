"""
The models that are known without asking anybody, and their abilities.

Source: `models.json`, from the `reference` sheet of the same name (catalogue of 2026-03-13), which also says what a
renewed list must hold.
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
_REQUIRED = (*_SEARCHED, "codex-free", "codex-team", "codex-plus")


class ModelListError(ValueError):
    """What claims to be a list of models is none, or lacks some."""


class _Entry(Struct):
    id: str
    created: int = 0
    owned_by: str = ""
    display_name: str = ""
    description: str = ""
    version: str = ""
    inputTokenLimit: int = 0  # noqa: N815 (the catalogue's spelling)
    outputTokenLimit: int = 0  # noqa: N815
    context_length: int = 0
    max_completion_tokens: int = 0
    thinking: Thinking | None = None


_decode = msgspec.json.Decoder(dict[str, list[_Entry]]).decode


class KnownModels:
    """The catalogue: sections of models, one for each family of upstreams."""

    def __init__(self, data: bytes) -> None:
        sections = _decode(data)
        self._sections = {name: tuple(_info(entry) for entry in entries) for name, entries in sections.items()}
        self._by_id: dict[str, ModelInfo] = {}
        for name in _SEARCHED:
            for info in self._sections.get(name, ()):
                self._by_id.setdefault(info.id, info)

    @classmethod
    def shipped(cls) -> KnownModels:
        """Return the catalogue that came with this version."""
        return cls(resources.files(__package__).joinpath("models.json").read_bytes())

    @classmethod
    def renewed(cls, data: bytes) -> KnownModels:
        """Return a catalogue that came from elsewhere. Raises ModelListError where it is not whole."""
        try:
            known = cls(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ModelListError(f"it is no list of models: {error}") from None
        for name in _REQUIRED:
            ids = [info.id.strip() for info in known.section(name)]
            if not ids:
                raise ModelListError(f"its section {name!r} is missing or empty")
            if not all(ids):
                raise ModelListError(f"a model in its section {name!r} has no id")
            if len(set(ids)) < len(ids):
                raise ModelListError(f"a model stands twice in its section {name!r}")
        return known

    @property
    def size(self) -> int:
        """How many models stand in it, once for each family."""
        return sum(map(len, self._sections.values()))

    def section(self, name: str) -> tuple[ModelInfo, ...]:
        """Return a family's models; a family that is not known has none."""
        return self._sections.get(name, ())

    def of_plan(self, provider: str, plan: str, otherwise: str) -> tuple[ModelInfo, ...]:
        """Return a provider's models for what an account has paid for; without a list for that, another section."""
        paid = self.section(f"{provider}-{plan.lower()}") if plan else ()
        return paid or self.section(otherwise)

    def get(self, model: str) -> ModelInfo | None:
        """Return what is known of a model by its upstream name, in any family."""
        return self._by_id.get(model)


def _info(entry: _Entry) -> ModelInfo:
    return ModelInfo(
        id=entry.id,
        display_name=entry.display_name,
        description=entry.description,
        created=entry.created,
        owned_by=entry.owned_by,
        version=entry.version,
        input_limit=entry.inputTokenLimit or entry.context_length,
        output_limit=entry.outputTokenLimit or entry.max_completion_tokens,
        thinking=entry.thinking,
        known=True,
    )
