"""A configuration -> everything that requests look things up in, built anew, all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from msgspec import structs

from cliproxy.access.keys import ClientKeys
from cliproxy.access.locality import LoopbackOnly
from cliproxy.access.principal import AccessProvider
from cliproxy.config.schema import CompatibleKey, CompatibleUpstream, Config, ModelEntry, UpstreamKey
from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Credential, Secret, SecretHeaders
from cliproxy.credentials.selection import STRATEGIES, Strategy
from cliproxy.dialects.base import Dialect
from cliproxy.providers import openai_compatible
from cliproxy.providers.base import Provider
from cliproxy.routing import model_name
from cliproxy.routing.catalog import Catalog, Offer
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import ModelName

_ID_LENGTH = 12  # hex digits


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One configuration, compiled. A request keeps the one it started with."""

    config: Config
    dialects: Mapping[str, Dialect]
    credentials: tuple[Credential, ...]
    strategy: Strategy
    catalog: Catalog
    access: tuple[AccessProvider, ...]


def compiled(
    config: Config,
    *,
    dialects: Mapping[str, Dialect],
    providers: Mapping[str, Provider],
    known: KnownModels,
    access: Iterable[AccessProvider] = (),
) -> Snapshot:
    """Return everything that comes from a configuration. `access` is asked before the configured client keys."""
    offers = [
        *_offers_of_keys(config, "gemini", config.gemini_api_key, providers, known),
        *_offers_of_keys(config, "claude", config.claude_api_key, providers, known),
        *_offers_of_keys(config, "codex", config.codex_api_key, providers, known),
        *_offers_of_compatible(config, known),
    ]
    credentials = {offer.credential.id: offer.credential for offer in offers}
    judges: tuple[AccessProvider, ...] = (
        *access,
        ClientKeys(config.api_keys) if config.api_keys else LoopbackOnly(),
    )
    return Snapshot(
        config=config,
        dialects=dialects,
        credentials=tuple(credentials.values()),
        strategy=STRATEGIES[config.routing.strategy],
        catalog=Catalog(offers, dialects),
        access=judges,
    )


def _offers_of_keys(
    config: Config,
    name: str,
    keys: Iterable[UpstreamKey],
    providers: Mapping[str, Provider],
    known: KnownModels,
) -> Iterator[Offer]:
    provider = providers[name]
    ids = _Ids()
    for place, key in enumerate(keys):
        credential = Credential(
            id=ids.next(f"{name}:apikey", key.api_key, key.base_url),
            provider=name,
            secret=Secret(key.api_key),
            label=f"{name}-api-key[{place}]",
            prefix=key.prefix,
            priority=key.priority,
            base_url=key.base_url,
            headers=SecretHeaders(key.headers),
            proxy=Secret(key.proxy_url),
        )
        models = (
            _models_of(key.models, known)
            if key.models
            else [(ModelName(info.id), info) for info in known.section(provider.models_section)]
        )
        for upstream_name, info in models:
            if not any(_matches(pattern, upstream_name.base) for pattern in key.excluded_models):
                yield from _offers(config, credential, provider, upstream_name, info)


def _offers_of_compatible(config: Config, known: KnownModels) -> Iterator[Offer]:
    ids = _Ids()
    for upstream in config.openai_compatibility:
        provider = openai_compatible.provider(upstream.name)
        for place, key in enumerate(upstream.api_key_entries or (CompatibleKey(),)):
            credential = _compatible_credential(upstream, key, place, provider, ids)
            for upstream_name, info in _models_of(upstream.models, known):
                owned = structs.replace(info, owned_by=provider.name)
                yield from _offers(config, credential, provider, upstream_name, owned)


def _compatible_credential(
    upstream: CompatibleUpstream, key: CompatibleKey, place: int, provider: Provider, ids: _Ids
) -> Credential:
    return Credential(
        id=ids.next(f"openai-compatibility:{provider.name}", key.api_key, upstream.base_url, key.proxy_url),
        provider=provider.name,
        secret=Secret(key.api_key),
        label=f"openai-compatibility {upstream.name}[{place}]",
        prefix=upstream.prefix,
        priority=upstream.priority,
        base_url=upstream.base_url,
        headers=SecretHeaders(upstream.headers),
        proxy=Secret(key.proxy_url),
    )


def _models_of(entries: Iterable[ModelEntry], known: KnownModels) -> list[tuple[ModelName, ModelInfo]]:
    """Return upstream names with what clients see; the operator's models have the abilities of their namesakes."""
    models = []
    for entry in entries:
        name = model_name.configured(entry.name)
        info = known.get(name.base) or ModelInfo(name.base)
        shown = entry.alias or entry.name
        models.append((name, structs.replace(info, id=shown, display_name=shown, known=False)))
    return models


def _offers(
    config: Config, credential: Credential, provider: Provider, upstream_name: ModelName, info: ModelInfo
) -> Iterator[Offer]:
    """Offer a model by its name, by prefix and name, or by both, as the configuration says."""
    offer = Offer(info.id, upstream_name.base, info, provider, credential, upstream_name.suffix)
    if not credential.prefix:
        yield offer
        return
    if not config.force_model_prefix or credential.prefix == info.id:
        yield offer
    yield replace(offer, name=f"{credential.prefix}/{info.id}")


def _matches(pattern: str, model: str) -> bool:
    """Tell whether an exclusion pattern, in lower case, covers a model; `*` is any text."""
    text = model.lower()
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    if not text.startswith(first):
        return False
    place = len(first)
    for piece in others[:-1]:
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return len(text) - place >= len(others[-1]) and text.endswith(others[-1])


class _Ids:
    """Ids of credentials: stable while the entry stays the same, and told apart where an entry is repeated."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, kind: str, *identity: str) -> str:
        digest = hashlib.sha256("\0".join((kind, *identity)).encode()).hexdigest()[:_ID_LENGTH]
        id_ = f"{kind}:{digest}"
        repeats = self._seen[id_] = self._seen.get(id_, -1) + 1
        return f"{id_}-{repeats}" if repeats else id_
