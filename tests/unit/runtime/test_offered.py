"""Keys and accounts with what they offer."""

from __future__ import annotations

from cliproxy.config.schema import ClaudeKey, Config, Route
from cliproxy.credentials.credential import Credential, Secret
from cliproxy.routing.known import KnownModels
from cliproxy.runtime.offered import offered
from tests.gateway.go_accounts import PROVIDERS

KNOWN = KnownModels.shipped()


def test_everything_that_a_gateway_would_ask() -> None:
    """Keys first, then the upstreams of routes, each once, then accounts, also those that are not served."""
    config = Config(
        claude_api_key=(ClaudeKey(api_key="one"),),
        routes=(
            Route(pattern="a", provider="openai", base_url="https://acme.example/v1", api_key="two"),
            Route(pattern="b", provider="openai", base_url="https://acme.example/v1", api_key="two"),
            Route(pattern="c", provider="claude"),
        ),
    )
    accounts = [Credential(id="x", provider="claude", secret=Secret("s")), Credential("y", "acme", Secret("s"))]
    found = [(one.label, one.provider, menu) for one, menu in offered(config, accounts, PROVIDERS, KNOWN)]

    assert [label for label, _, _ in found] == ["claude-api-key[0]", "routes a", "", ""]
    assert [provider for _, provider, _ in found] == ["claude", "openai", "claude", "acme"]
    menus = [menu for _, _, menu in found]
    assert menus[3] is None
    assert menus[1] is not None
    assert [offer.name for offer in menus[1].offers] == ["a", "b"]
