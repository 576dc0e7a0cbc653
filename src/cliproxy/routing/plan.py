"""Who could serve one request, in order of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Candidate
from cliproxy.providers.base import Endpoint, Provider
from cliproxy.routing.model_name import Suffix

_UNKNOWN = ModelInfo("")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a candidate leads."""

    provider: Provider
    endpoint: Endpoint
    model: str  # as the upstream names it
    info: ModelInfo  # as clients see it
    suffix: Suffix | None = None  # of the configured name; it goes before the client's


@dataclass(frozen=True, slots=True)
class Plan:
    """Who could serve a request for one model."""

    requested: str  # as the client named it
    name: str  # the same without its suffix: what the client is told
    candidates: tuple[Candidate, ...]
    targets: Mapping[Candidate, Target]
    suffix: Suffix | None = None  # of the client's name
    info: ModelInfo = _UNKNOWN  # of the first that offers it
