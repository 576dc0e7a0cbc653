"""Keys of the configuration as credentials. Their ids and what they offer: `test_snapshot`."""

from __future__ import annotations

import hashlib
import re

from cliproxy import providers as provider_package
from cliproxy.config.load import parse
from cliproxy.credentials.credential import Credential, Quota
from cliproxy.discovery import declared
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.runtime.keys import keys_of
from cliproxy.runtime.menus import Menus

PROVIDERS = declared(provider_package, "PROVIDER", Provider)
KNOWN = KnownModels.shipped()


def written(text: str) -> list[Credential]:
    config = parse(text, "config.yaml").config
    return [credential for credential, _ in keys_of(config, PROVIDERS, Menus(config, PROVIDERS, KNOWN))]


def test_a_key_brings_its_own_rules() -> None:
    [key] = written("""
claude-api-key:
  - {api-key: k, weight: 3, quota: 1000, quota-period: day, max-concurrent: 2, disable-cooling: yes, request-retry: 1}
""")

    assert (key.weight, key.concurrent, key.cools, key.rounds) == (3, 2, False, 1)
    assert key.quota == Quota(1000, "tokens", "day")
    assert key.account == key.id
    assert key.handle == hashlib.sha256(b"api_key:k").hexdigest()[:16]


def test_a_key_of_vertex_is_served_at_its_own_address() -> None:
    """It offers what is known of Vertex, unless its entry names models."""
    config = parse("vertex-api-key: [{api-key: k, base-url: 'https://v.example/api'}]", "config.yaml").config
    [(key, menu)] = keys_of(config, PROVIDERS, Menus(config, PROVIDERS, KNOWN))

    assert (key.provider, key.base_url) == ("vertex", "https://v.example/api")
    assert key.id.startswith("vertex:apikey:")
    assert "imagen-4.0-generate-001" in {offer.name for offer in menu.offers}


def test_a_key_may_be_asked_over_websockets() -> None:
    first, second = written("""
codex-api-key:
  - {api-key: a, base-url: 'https://x.example/v1', websockets: true}
  - {api-key: b, base-url: 'https://x.example/v1'}
""")

    assert first.details.get("websockets") is True
    assert "websockets" not in second.details


def test_a_compatible_key_goes_before_its_entry() -> None:
    first, second, third = written("""
openai-compatibility:
  - name: x
    base-url: https://x.example/v1
    disable-cooling: true
    request-retry: 2
    models: [{name: m}]
    api-key-entries: [{api-key: a, disable-cooling: no, request-retry: 0}, {api-key: b, weight: 4}]
  - {name: y, base-url: 'https://y.example/v1', models: [{name: m}], disabled: true}
""")

    assert (first.cools, first.rounds, first.weight) == (True, 0, 1)
    assert (second.cools, second.rounds, second.weight) == (False, 2, 4)
    assert (third.cools, third.rounds, third.disabled) == (None, None, True)
    assert re.fullmatch(r"[0-9a-f]{16}", third.handle)


def test_one_without_a_word_goes_by_what_holds_for_all() -> None:
    [key] = written("claude-api-key: [{api-key: k}]")

    assert (key.quota, key.concurrent, key.cools, key.rounds) == (None, None, None, None)
