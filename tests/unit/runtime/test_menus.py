"""Which credentials share a menu. What stands on it: `test_snapshot`."""

from __future__ import annotations

from cliproxy import providers as provider_package
from cliproxy.config.schema import Config, ModelEntry
from cliproxy.credentials.credential import Credential, Secret
from cliproxy.discovery import declared
from cliproxy.providers import openai_compatible
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.runtime.menus import Menus

PROVIDERS = declared(provider_package, "PROVIDER", Provider)
MENUS = Menus(Config(), PROVIDERS, KnownModels.shipped())
CLAUDE = PROVIDERS["claude"]


def credential(**more: object) -> Credential:
    return Credential(id="x", provider="claude", secret=Secret("s"), **more)  # type: ignore[arg-type]


def test_accounts_with_the_same_rules_share_one() -> None:
    menu = MENUS.of_account(credential())

    assert menu is MENUS.of_account(credential(label="another", priority=3, base_url="https://x.example"))
    assert menu is not MENUS.of_account(credential(prefix="team"))
    assert menu is not MENUS.of_account(credential(excluded_models=("x",)))


def test_keys_share_one_where_they_list_the_same() -> None:
    """Hundreds of keys of one vendor are common; aliases of accounts are not for them."""
    entries = (ModelEntry("m"),)
    menu = MENUS.of_key(CLAUDE, credential(), entries)

    assert menu is MENUS.of_key(CLAUDE, credential(), (ModelEntry("m"),))
    assert menu is not MENUS.of_key(CLAUDE, credential(), (ModelEntry("m", "alias"),))
    assert menu is not MENUS.of_compatible(CLAUDE, credential(), entries)
    assert menu is not MENUS.of_account(credential())


def test_who_lists_models_means_those() -> None:
    """An upstream of which nothing is listed may have new ones."""
    assert not MENUS.of_key(CLAUDE, credential(), (ModelEntry("m"),)).is_open
    assert MENUS.of_key(CLAUDE, credential(), ()).is_open
    assert not MENUS.of_compatible(openai_compatible.provider("local"), credential(), ()).is_open


def test_a_compatible_upstream_with_a_vendor_s_name_may_have_that_vendor_s_models() -> None:
    """Whoever calls an entry `qwen` means Qwen, and its names begin with `qwen-`."""
    assert MENUS.of_compatible(openai_compatible.provider("qwen"), credential(), (ModelEntry("qwen-max"),)).is_open


def test_a_kind_of_account_that_is_not_served_has_none() -> None:
    assert MENUS.of_account(Credential(id="x", provider="nobody", secret=Secret("s"))) is None
