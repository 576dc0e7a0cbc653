"""Every credential there is, keys and accounts, each with its menu: without a catalogue, for who looks at one only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cliproxy.config.schema import Config, Route
from cliproxy.credentials.credential import Credential
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.routing.offers import Menu
from cliproxy.runtime.header_defaults import with_header_defaults
from cliproxy.runtime.keys import key_of_routes, keys_of
from cliproxy.runtime.menus import Menus


def offered(
    config: Config, accounts: Iterable[Credential], providers: Mapping[str, Provider], known: KnownModels
) -> Iterator[tuple[Credential, Menu | None]]:
    """Yield the keys of a configuration, then the accounts; None: that kind of account is not served."""
    providers = with_header_defaults(config, providers)
    menus = Menus(config, providers, known)
    yield from keys_of(config, providers, menus)
    upstreams: dict[tuple[str, str, str], list[Route]] = {}
    for route in config.routes:
        if route.base_url or route.api_key:
            upstreams.setdefault((route.provider, route.base_url, route.api_key), []).append(route)
    for routes in upstreams.values():
        yield key_of_routes(routes, providers)
    for credential in accounts:
        yield credential, menus.of_account(credential)
