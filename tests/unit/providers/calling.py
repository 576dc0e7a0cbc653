"""Calls to be prepared."""

from __future__ import annotations

from typing import Any

import msgspec
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
    body: bytes = b"{}",
    **settings: Any,
) -> HttpRequest:
    """Return the request to one of a provider's endpoints."""
    return provider.prepare(call_to(provider, place, **settings), body)


def call_to(
    provider: Provider,
    place: int = 0,
    *,
    framing: Framing = Framing.WHOLE,
    client_headers: dict[str, str] | None = None,
    **settings: Any,
) -> Call:
    """Return a call to one of a provider's endpoints."""
    return Call(
        endpoint=provider.endpoints[place],
        model=settings.pop("model", "m"),
        stream=framing is not Framing.WHOLE,
        framing=framing,
        credential=settings.pop("credential", CREDENTIAL),
        client_headers=CIMultiDict(client_headers or {}),
        exchange_id="x",
        now=0.0,
        **settings,
    )


def shaped(provider: Provider, body: dict[str, Any], place: int = 0, **settings: Any) -> tuple[Any, list[str]]:
    """Return a body as it goes out, and what was lost on the way."""
    call = call_to(provider, place, **settings)
    out = provider.shaped(call, msgspec.json.encode(body))
    return msgspec.json.decode(out), [loss.field for loss in call.losses.found()]


def headers_of(request: HttpRequest) -> dict[str, str]:
    """Return the headers by lower-case name; each must be there once."""
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names))
    return {name.lower(): value for name, value in request.headers}


def credential(**settings: Any) -> Credential:
    """Return the credential above with other settings; `headers` as a plain mapping."""
    headers = SecretHeaders(settings.pop("headers", {}))
    return Credential(id=CREDENTIAL.id, provider="p", secret=CREDENTIAL.secret, headers=headers, **settings)
