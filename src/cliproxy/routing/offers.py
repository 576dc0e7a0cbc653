"""
What an upstream has on offer: its models, under the names that clients call them.

A menu is made in steps: the models that are known, or those that the operator lists; without the excluded ones; under
their aliases; with and without their prefix. Credentials with the same rules share one menu.

Source: `reference` sheets `registry-and-thinking` A2, `config` section 5 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import Struct, structs

from cliproxy.config.schema import ModelAlias, ModelEntry
from cliproxy.conversation.model import ModelInfo
from cliproxy.providers.base import Provider
from cliproxy.routing import model_name
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import Suffix
from cliproxy.routing.patterns import matches_any


class Offer(Struct, frozen=True, gc=False):
    """One model under one name."""

    name: str  # as clients call it, prefix included
    model: str  # as the upstream names it
    info: ModelInfo
    suffix: Suffix | None = None  # that the operator gave the upstream's name


@dataclass(frozen=True, slots=True)
class Menu:
    """What credentials of one kind offer."""

    provider: Provider
    offers: tuple[Offer, ...]
    is_open: bool = False  # the upstream may have models that are not listed
    excluded: tuple[str, ...] = ()  # patterns of upstream names
    prefix: str = ""
    needs_prefix: bool = False  # clients reach nothing without it

    def unlisted(self, name: str, *, is_routed: bool = False) -> str | None:
        """
        Return the upstream's name of a model that is not on the menu; None: it is not asked for such a model.

        Args:
            name: As the client calls it.
            is_routed: The operator sends it here by name, so that it need not be on a list.
        """
        if not (self.is_open or is_routed):
            return None
        prefix = f"{self.prefix}/"
        if self.prefix and name.startswith(prefix):
            name = name[len(prefix) :]
        elif self.prefix and self.needs_prefix:
            return None
        return None if matches_any(self.excluded, name) else name


def of_known(models: Iterable[ModelInfo]) -> list[Offer]:
    """Return the models of a family that is known."""
    return [Offer(info.id, info.id, info) for info in models]


def of_name(name: str, *, owned_by: str) -> Offer:
    """Return a model of which nothing but its name is known."""
    return Offer(name, name, ModelInfo(name, display_name=name, owned_by=owned_by))


def of_entries(entries: Iterable[ModelEntry], known: KnownModels, *, owned_by: str = "") -> list[Offer]:
    """Return the models that the operator lists; they have the abilities of their namesakes, but are not relied on."""
    offers = []
    for entry in entries:
        name = model_name.configured(entry.name)
        info = known.get(name.base) or ModelInfo(name.base)
        shown = entry.alias or entry.name
        info = structs.replace(info, id=shown, display_name=shown, owned_by=owned_by or info.owned_by, known=False)
        offers.append(Offer(shown, name.base, info, name.suffix))
    return offers


def without(offers: Iterable[Offer], excluded: Sequence[str]) -> list[Offer]:
    """Leave out models whose upstream names are excluded."""
    return [offer for offer in offers if not matches_any(excluded, offer.model)] if excluded else list(offers)


def aliased(offers: Sequence[Offer], aliases: Iterable[ModelAlias], known: KnownModels) -> list[Offer]:
    """
    Put models under other names; under their own too where one of their aliases says `fork`.

    A name that no list knows is taken at the operator's word: the vendor may have it.
    """
    by_name: dict[str, list[ModelAlias]] = {}
    for alias in aliases:
        by_name.setdefault(model_name.configured(alias.name).base.lower(), []).append(alias)
    renamed: list[Offer] = []
    for offer in offers:
        others = by_name.pop(offer.model.lower(), [])
        if not others or any(alias.fork for alias in others):
            renamed.append(offer)
        renamed += [_under(alias, offer.model, offer.info) for alias in others]
    for others in by_name.values():
        name = model_name.configured(others[0].name).base
        if known.get(name) is None:
            renamed += [_under(alias, name, ModelInfo(name)) for alias in others]
    return renamed


def prefixed(offers: Iterable[Offer], prefix: str, *, only: bool) -> list[Offer]:
    """Offer models by prefix and name too, or `only` so; a model called like the prefix keeps its name."""
    if not prefix:
        return list(offers)
    named: list[Offer] = []
    for offer in offers:
        if not only or offer.name == prefix:
            named.append(offer)
        named.append(Offer(f"{prefix}/{offer.name}", offer.model, offer.info, offer.suffix))
    return named


def _under(alias: ModelAlias, model: str, info: ModelInfo) -> Offer:
    name = alias.alias
    return Offer(name, model, structs.replace(info, id=name), model_name.configured(alias.name).suffix)
