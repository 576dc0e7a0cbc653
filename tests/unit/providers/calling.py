"""Calls to be prepared."""

from __future__ import annotations

from typing import Any

from multidict import CIMultiDict

from cliproxy.credentials.credential import Credential, Secret, SecretHeaders
from cliproxy.providers.base import Call, Provider
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HttpRequest

CREDENTIAL = Credential(id="p:apikey:0123456789ab", provider="p", secret=Secret("sk-1"))


def prepared(
    provider: Provider,
    place: int = 0,
    *,
    credential: Credential = CREDENTIAL,
    model: str = "m",
    framing: Framing = Framing.WHOLE,
    client_headers: dict[str, str] | None = None,
    body: bytes = b"{}",
) -> HttpRequest:
    """Return the request to one of a provider's endpoints."""
    call = Call(
        endpoint=provider.endpoints[place],
        model=model,
        stream=framing is not Framing.WHOLE,
        framing=framing,
        credential=credential,
        client_headers=CIMultiDict(client_headers or {}),
        exchange_id="x",
        now=0.0,
    )
    return provider.prepare(call, body)


def headers_of(request: HttpRequest) -> dict[str, str]:
    """Return the headers by lower-case name; each must be there once."""
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names))
    return {name.lower(): value for name, value in request.headers}


def credential(**settings: Any) -> Credential:
    """Return the credential above with other settings; `headers` as a plain mapping."""
    headers = SecretHeaders(settings.pop("headers", {}))
    return Credential(id=CREDENTIAL.id, provider="p", secret=CREDENTIAL.secret, headers=headers, **settings)
