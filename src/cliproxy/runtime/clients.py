"""The operator's OAuth clients, each whole: where he gives a secret alone, the id is the vendor's own program's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Secret
from cliproxy.login.flow import Client
from cliproxy.providers.base import Provider


@runtime_checkable
class _WithClient(Protocol):
    """What is done by a client of its own."""

    @property
    def client(self) -> Client: ...


def clients_of(config: Config, providers: Mapping[str, Provider]) -> dict[str, Client]:
    """Return the clients to log in and refresh by, by provider, where the configuration names any."""
    return {
        name: Client(one.client_id or _id_at(providers.get(name)), Secret(one.client_secret))
        for name, one in config.oauth_clients.items()
    }


def _id_at(provider: Provider | None) -> str:
    """Return the id that a provider's logins and refreshes go by themselves; "": they have none."""
    ways: tuple[object, ...] = () if provider is None else (provider.refresh, *provider.logins)
    return next((way.client.id for way in ways if isinstance(way, _WithClient)), "")
