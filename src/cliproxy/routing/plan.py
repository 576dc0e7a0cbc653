"""Who could serve one request, in order of the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

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


class Targets(Mapping[Candidate, Target]):
    """Where each candidate leads. Thousands of credentials that offer the same lead to one and the same target."""

    __slots__ = ("_candidates", "_shared", "_targets")

    def __init__(
        self,
        candidates: tuple[tuple[Candidate, ...], ...],
        shared: Mapping[str, int],
        targets: Mapping[tuple[int, str], Target],
    ) -> None:
        """
        Make ready to look up.

        Args:
            candidates: All that are in here, in a few tuples.
            shared: By id of a credential the number of its menu.
            targets: By number of a menu and the upstream's name of a model.
        """
        self._candidates = candidates
        self._shared = shared
        self._targets = targets

    def __getitem__(self, candidate: Candidate) -> Target:
        return self._targets[self._shared[candidate.credential_id], candidate.model]

    def __iter__(self) -> Iterator[Candidate]:
        return iter(dict.fromkeys(chain.from_iterable(self._candidates)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who could serve a request for one model. Plans with equal candidates hold the same tuple of them."""

    requested: str  # as the client named it
    name: str  # the same without its suffix: what the client is told
    candidates: tuple[Candidate, ...]
    targets: Mapping[Candidate, Target]  # of the candidates and of the fallback
    suffix: Suffix | None = None  # of the client's name
    info: ModelInfo = _UNKNOWN  # of the first that offers it
    fallback: tuple[Candidate, ...] = ()  # of the model's previews, for when everybody is out of quota for it
