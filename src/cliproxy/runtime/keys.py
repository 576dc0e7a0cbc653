"""The keys of a configuration -> credentials, each with its menu."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cliproxy.config.schema import CodexKey, CompatibleKey, CompatibleUpstream, Config, Route, Share, UpstreamKey
from cliproxy.credentials.credential import Credential, Quota, Secret, SecretHeaders
from cliproxy.providers import openai_compatible
from cliproxy.providers.base import Provider
from cliproxy.routing import offers
from cliproxy.routing.offers import Menu
from cliproxy.runtime.menus import Menus

OPENAI = "https://api.openai.com/v1"  # where a route leads that names a key, and no address that we know

_ID_LENGTH = 12  # hex digits
_HANDLE_LENGTH = 16

Served = tuple[Credential, Menu]


def keys_of(config: Config, providers: Mapping[str, Provider], menus: Menus) -> Iterator[Served]:
    """Yield the credentials of all keys, in the order of the configuration."""
    yield from _vendor_keys(providers["gemini"], config.gemini_api_key, menus)
    yield from _vendor_keys(providers["claude"], config.claude_api_key, menus)
    yield from _vendor_keys(providers["codex"], config.codex_api_key, menus)
    yield from _vendor_keys(providers["vertex"], config.vertex_api_key, menus)
    yield from _compatible_keys(config.openai_compatibility, menus)


def key_of_routes(routes: Sequence[Route], providers: Mapping[str, Provider]) -> Served:
    """Return the credential of routes that lead to one upstream of their own."""
    route = routes[0]
    provider = providers.get(route.provider) or openai_compatible.provider(route.provider)
    id_ = _Ids().next("route", route.provider, route.api_key, route.base_url)
    credential = Credential(
        id=id_,
        provider=provider.name,
        secret=Secret(route.api_key),
        label=f"routes {route.pattern}",
        handle=_handle(route.api_key, id_),
        account=id_,
        base_url=route.base_url or ("" if provider.base_url else OPENAI),
    )
    # A pattern without a star is the name of a model, which clients can be shown.
    names = [one.pattern for one in routes if "*" not in one.pattern]
    return credential, Menu(provider, tuple(offers.of_name(name, owned_by=provider.name) for name in names))


def _vendor_keys(provider: Provider, keys: Iterable[UpstreamKey], menus: Menus) -> Iterator[Served]:
    ids = _Ids()
    for place, key in enumerate(keys):
        id_ = ids.next(f"{provider.name}:apikey", key.api_key, key.base_url)
        credential = Credential(
            id=id_,
            provider=provider.name,
            secret=Secret(key.api_key),
            label=f"{provider.name}-api-key[{place}]",
            handle=_handle(key.api_key, id_),
            account=id_,
            prefix=key.prefix,
            priority=key.priority,
            weight=key.weight,
            base_url=key.base_url,
            headers=SecretHeaders(key.headers),
            proxy=Secret(key.proxy_url),
            disabled=key.disabled,
            quota=_quota(key),
            concurrent=key.max_concurrent,
            cools=_cools(key.disable_cooling),
            rounds=key.request_retry,
            excluded_models=key.excluded_models,
            details={"websockets": True} if isinstance(key, CodexKey) and key.websockets else {},
        )
        yield credential, menus.of_key(provider, credential, key.models)


def _compatible_keys(upstreams: Iterable[CompatibleUpstream], menus: Menus) -> Iterator[Served]:
    ids = _Ids()
    for upstream in upstreams:
        provider = openai_compatible.provider(upstream.name)
        for place, key in enumerate(upstream.api_key_entries or (CompatibleKey(),)):
            id_ = ids.next(f"openai-compatibility:{provider.name}", key.api_key, upstream.base_url, key.proxy_url)
            credential = _compatible_key(upstream, key, place, provider, id_)
            yield credential, menus.of_compatible(provider, credential, upstream.models)


def _compatible_key(
    upstream: CompatibleUpstream, key: CompatibleKey, place: int, provider: Provider, id_: str
) -> Credential:
    return Credential(
        id=id_,
        provider=provider.name,
        secret=Secret(key.api_key),
        label=f"openai-compatibility {upstream.name}[{place}]",
        handle=_handle(key.api_key, id_),
        account=id_,
        prefix=upstream.prefix,
        priority=upstream.priority,
        weight=key.weight,
        base_url=upstream.base_url,
        headers=SecretHeaders(upstream.headers),
        proxy=Secret(key.proxy_url),
        disabled=upstream.disabled or key.disabled,
        quota=_quota(key),
        concurrent=key.max_concurrent,
        cools=_cools(upstream.disable_cooling if key.disable_cooling is None else key.disable_cooling),
        rounds=upstream.request_retry if key.request_retry is None else key.request_retry,
    )


def _quota(share: Share) -> Quota | None:
    return Quota(share.quota, share.quota_unit, share.quota_period) if share.quota else None


def _cools(disable_cooling: bool | None) -> bool | None:
    return None if disable_cooling is None else not disable_cooling


def _handle(key: str, id_: str) -> str:
    """Return the public name of a credential, the Go program's `auth_index`."""
    return hashlib.sha256((f"api_key:{key}" if key else f"id:{id_}").encode()).hexdigest()[:_HANDLE_LENGTH]


class _Ids:
    """Ids of credentials: stable while the entry stays the same, and told apart where an entry is repeated."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, kind: str, *identity: str) -> str:
        digest = hashlib.sha256("\0".join((kind, *identity)).encode()).hexdigest()[:_ID_LENGTH]
        id_ = f"{kind}:{digest}"
        repeats = self._seen[id_] = self._seen.get(id_, -1) + 1
        return f"{id_}-{repeats}" if repeats else id_
