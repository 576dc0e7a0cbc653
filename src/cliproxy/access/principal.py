"""Whom a check found, and the form in which a request is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class AccessRequest(Struct, frozen=True):
    """What a check may look at."""

    path: str
    headers: Mapping[str, str]  # looked up without regard to case
    query: Mapping[str, str]
    peer: str  # address

    def __repr__(self) -> str:
        """Headers and query hold the client's key."""
        return f"AccessRequest({self.path} from {self.peer})"


class Principal(Struct, frozen=True):
    """Who asks."""

    name: str  # a public handle; never the key
    models: tuple[str, ...] | None = None  # patterns, in lower case, of the models it may use; None: all


class AccessProvider(Protocol):
    """One way of knowing clients."""

    async def authenticate(self, request: AccessRequest) -> Principal | None:
        """
        Return who asks, or None where this provider cannot judge.

        Raises:
            AccessDenied: It can, and refuses.
        """
        ...
