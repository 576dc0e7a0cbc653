"""Who could serve one request, in order of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Candidate
from cliproxy.providers.base import Endpoint, Provider


@dataclass(frozen=True, slots=True)
class Target:
    """Where a candidate leads."""

    provider: Provider
    endpoint: Endpoint
    model: str  # as the upstream names it
    info: ModelInfo  # as clients see it


@dataclass(frozen=True, slots=True)
class Plan:
    """Who could serve a request for one model."""

    requested: str
    candidates: tuple[Candidate, ...]
    targets: Mapping[Candidate, Target]
