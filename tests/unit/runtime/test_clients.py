"""Which OAuth clients accounts log in and refresh by."""

from __future__ import annotations

from cliproxy import providers as provider_package
from cliproxy.config.routing import OAuthClient
from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Secret
from cliproxy.discovery import declared
from cliproxy.login.flow import Client
from cliproxy.providers.base import Provider
from cliproxy.runtime.clients import clients_of

PROVIDERS = declared(provider_package, "PROVIDER", Provider)


def clients(**named: OAuthClient) -> dict[str, Client]:
    given = {name.replace("_", "-"): client for name, client in named.items()}
    return clients_of(Config(oauth_clients=given), PROVIDERS)


def test_a_client_of_one_s_own_is_taken_as_it_is() -> None:
    assert clients(iflow=OAuthClient("mine", "hush")) == {"iflow": Client("mine", Secret("hush"))}
    assert clients() == {}


def test_a_secret_alone_goes_with_the_vendor_s_id() -> None:
    """The one is published with the vendor's program, the other is the operator's to give."""
    found = clients(antigravity=OAuthClient("", "hush"), iflow=OAuthClient("", "hush"))

    assert all(client.id and client.secret == Secret("hush") for client in found.values())
    assert found["antigravity"].id.endswith(".apps.googleusercontent.com")


def test_where_nobody_has_an_id_there_is_none() -> None:
    assert clients(aistudio=OAuthClient("", "hush")) == {"aistudio": Client("", Secret("hush"))}
