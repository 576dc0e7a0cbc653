"""
Which menu a credential has. Those with the same rules share one, so that ten thousand accounts cost as much as ten.

Source: `reference` sheet `registry-and-thinking` A2 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from cliproxy.config.schema import Config, ModelEntry
from cliproxy.credentials.credential import Credential
from cliproxy.providers.base import Provider
from cliproxy.routing import offers
from cliproxy.routing.known import KnownModels
from cliproxy.routing.offers import Menu, Offer


def menu_key(credential: Credential) -> Hashable:
    """Return all of an account that the catalogue depends on. While it is equal, nothing has to be compiled."""
    return (
        credential.provider,
        credential.plan.lower(),
        credential.prefix,
        credential.excluded_models,
        credential.disabled,
    )


class Menus:
    """Makes menus, each once."""

    def __init__(self, config: Config, providers: Mapping[str, Provider], known: KnownModels) -> None:
        self._config = config
        self._providers = providers
        self._known = known
        self._made: dict[Hashable, Menu] = {}

    def of_account(self, credential: Credential) -> Menu | None:
        """Return what an account that has logged in offers; None: its kind of account is not served."""
        provider = self._providers.get(credential.provider)
        if provider is None:
            return None
        return self._once(("account", menu_key(credential)), lambda: self._account_menu(provider, credential))

    def of_key(self, provider: Provider, credential: Credential, entries: Sequence[ModelEntry]) -> Menu:
        """Return what a vendor's key offers: what its entry lists, or else all that is known."""
        key = "key", provider.name, tuple(entries), credential.prefix, credential.excluded_models
        return self._once(key, lambda: self._key_menu(provider, credential, entries))

    def of_compatible(self, provider: Provider, credential: Credential, entries: Sequence[ModelEntry]) -> Menu:
        """
        Return what an OpenAI-compatible upstream offers: what its entry lists.

        One that bears a provider's name, `qwen` for one, is asked for what names tell of that vendor too.
        """
        key = "compatible", provider.name, tuple(entries), credential.prefix

        def make() -> Menu:
            listed = offers.of_entries(entries, self._known, owned_by=provider.name)
            return self._menu(provider, credential, listed, is_open=provider.name in self._providers)

        return self._once(key, make)

    def _once(self, key: Hashable, make: Callable[[], Menu]) -> Menu:
        menu = self._made.get(key)
        if menu is None:
            menu = self._made[key] = make()
        return menu

    def _account_menu(self, provider: Provider, credential: Credential) -> Menu:
        channel = provider.name
        excluded = (*credential.excluded_models, *self._config.oauth_excluded_models.get(channel, ()))
        known = self._known.of_plan(provider.name, credential.plan, provider.models_section)
        left = offers.without(offers.of_known(known), excluded)
        aliases = self._config.oauth_model_alias.get(channel, ())
        named = offers.without(offers.aliased(left, aliases, self._known), excluded)
        return self._menu(provider, credential, named, is_open=True, excluded=excluded)

    def _key_menu(self, provider: Provider, credential: Credential, entries: Sequence[ModelEntry]) -> Menu:
        known = self._known
        listed = offers.of_entries(entries, known) or offers.of_known(known.section(provider.models_section))
        excluded = credential.excluded_models
        left = offers.without(listed, excluded)
        return self._menu(provider, credential, left, is_open=not entries, excluded=excluded)

    def _menu(
        self,
        provider: Provider,
        credential: Credential,
        left: Sequence[Offer],
        *,
        is_open: bool = False,
        excluded: tuple[str, ...] = (),
    ) -> Menu:
        prefix, only = credential.prefix, self._config.force_model_prefix
        named = offers.prefixed(left, prefix, only=only)
        return Menu(provider, tuple(named), is_open=is_open, excluded=excluded, prefix=prefix, needs_prefix=only)
