"""A configuration and its accounts -> everything that requests look things up in, built anew, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cliproxy.access.keys import ClientKeys
from cliproxy.access.locality import LoopbackOnly
from cliproxy.access.principal import AccessProvider
from cliproxy.config.schema import Config, Route
from cliproxy.credentials.credential import Credential
from cliproxy.credentials.policy import Policy
from cliproxy.dialects.base import Dialect
from cliproxy.providers import openai_compatible
from cliproxy.providers.base import Provider
from cliproxy.routing.catalog import Catalog
from cliproxy.routing.known import KnownModels
from cliproxy.routing.names import Lane, Sellers
from cliproxy.routing.offers import Menu
from cliproxy.routing.payload import Amendments, amendments
from cliproxy.runtime.header_defaults import with_header_defaults
from cliproxy.runtime.keys import key_of_routes, keys_of
from cliproxy.runtime.menus import Menus, menu_key

__all__ = ["Snapshot", "compiled", "menu_key"]

OPENAI, CODEX = "openai", "codex"  # where a route to the one leads, unless an entry has that name
MOST_NAMED = 10  # files of one kind of account that is not served


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One configuration, compiled. A request keeps the one it started with."""

    config: Config
    dialects: Mapping[str, Dialect]
    credentials: tuple[Credential, ...]  # the disabled ones too
    policy: Policy  # by which the pool goes
    catalog: Catalog
    access: tuple[AccessProvider, ...]
    amendments: Amendments | None = None  # of requests; None: there are none
    warnings: tuple[str, ...] = ()  # what of it leads nowhere


def compiled(
    config: Config,
    accounts: Iterable[Credential] = (),
    *,
    dialects: Mapping[str, Dialect],
    providers: Mapping[str, Provider],
    known: KnownModels,
    access: Iterable[AccessProvider] = (),
) -> Snapshot:
    """
    Return everything that comes from a configuration.

    Args:
        config: The configuration.
        accounts: The credentials of the files, in their order; they follow the configuration's keys.
        dialects: All dialects, by name.
        providers: All providers, by name.
        known: The models that are known.
        access: Checks of clients that are asked before the configured keys.
    """
    counter = _Counter(config, with_header_defaults(config, providers), known)
    counter.add_all(accounts)
    lanes = counter.lanes(config.routes)
    limits = {one.api_key: one.models for one in config.api_key_models}
    changes = amendments(config.payload)
    return Snapshot(
        config=config,
        dialects=dialects,
        credentials=tuple(counter.credentials),
        policy=_policy(config),
        catalog=Catalog(counter.sellers, dialects, known=known, lanes=lanes),
        access=(*access, ClientKeys(config.api_keys, limits) if config.api_keys else LoopbackOnly()),
        amendments=changes,
        warnings=(*counter.warnings(), *_strangers(config), *(changes.flaws if changes else ())),
    )


class _Counter:
    """Where credentials come together by what they offer."""

    def __init__(self, config: Config, providers: Mapping[str, Provider], known: KnownModels) -> None:
        self.credentials: list[Credential] = []
        self.sellers: list[Sellers] = []
        self._config = config
        self._providers = providers
        self._menus = Menus(config, providers, known)
        self._numbers: dict[int, int] = {}  # of sellers, by the identity of their menu
        self._not_served: dict[str, list[str]] = {}  # documents, by kind of account
        self._nowhere: list[Route] = []

    def add_all(self, accounts: Iterable[Credential]) -> None:
        """Take the configuration's keys, then the accounts."""
        for credential, menu in keys_of(self._config, self._providers, self._menus):
            self._add(credential, menu)
        for credential in accounts:
            offered = self._menus.of_account(credential)
            if offered is None:
                self._not_served.setdefault(credential.provider, []).append(credential.document)
            else:
                self._add(credential, offered)

    def lanes(self, routes: Sequence[Route]) -> list[Lane]:
        """Return where routes lead; those with an upstream of their own add it."""
        shared = self._by_provider()
        own: dict[tuple[str, str, str], list[Route]] = {}
        for route in routes:
            if _is_own(route):
                own.setdefault(_upstream(route), []).append(route)
        numbers = {upstream: self._add(*key_of_routes(some, self._providers)) for upstream, some in own.items()}
        lanes = []
        for route in routes:
            sellers = {numbers[_upstream(route)]} if _is_own(route) else shared.get(route.provider)
            if sellers is None:
                self._nowhere.append(route)
            else:
                lanes.append(Lane(route.pattern, frozenset(number for number in sellers if number is not None)))
        return lanes

    def warnings(self) -> Iterator[str]:
        """Say what is not served."""
        for kind, documents in sorted(self._not_served.items()):
            named = ", ".join(documents[:MOST_NAMED]) + (", ..." if len(documents) > MOST_NAMED else "")
            yield f"{kind!r} is no kind of account that this version serves; passed over: {named}"
        for route in self._nowhere:
            yield (
                f"the route for {route.pattern!r} leads to {route.provider!r}, which is neither a provider nor an entry"
                " of openai-compatibility; it is left out"
            )

    def _add(self, credential: Credential, menu: Menu) -> int | None:
        """Take one more; return the number of those with its menu, None where it is not to be asked."""
        place = len(self.credentials)
        self.credentials.append(credential)
        if credential.disabled:
            return None
        number = self._numbers.get(id(menu))
        if number is None:
            number = self._numbers[id(menu)] = len(self.sellers)
            self.sellers.append(Sellers(menu))
        self.sellers[number].members.append((place, credential.id))
        return number

    def _by_provider(self) -> dict[str, set[int | None]]:
        """Return the numbers of the sellers by the name of their provider; some have none."""
        upstreams = self._config.openai_compatibility
        names = [*self._providers, *(openai_compatible.provider(one.name).name for one in upstreams)]
        numbers: dict[str, set[int | None]] = {name: set() for name in names}
        for number, some in enumerate(self.sellers):
            numbers[some.menu.provider.name].add(number)
        numbers.setdefault(OPENAI, numbers.get(CODEX, set()))
        return numbers


def _is_own(route: Route) -> bool:
    return bool(route.base_url or route.api_key)


def _upstream(route: Route) -> tuple[str, str, str]:
    return route.provider, route.base_url, route.api_key


def _policy(config: Config) -> Policy:
    routing, concurrency = config.routing, config.concurrency
    return Policy(
        strategy=routing.strategy,
        longest_rest=config.max_rest_seconds,
        cools=not config.disable_cooling,
        concurrent=concurrency.per_credential,
        concurrent_per_model=concurrency.per_model,
        keeps_conversations=routing.session_affinity,
        conversation_lasts=routing.session_affinity_ttl,
    )


def _strangers(config: Config) -> Iterator[str]:
    """Say which limits are of keys that do not exist: their owner may believe that they let him in."""
    keys = set(config.api_keys)
    for place, one in enumerate(config.api_key_models):
        if one.api_key not in keys:
            yield f"api-key-models[{place}].api-key is none of the api-keys; nobody is let in with it"
