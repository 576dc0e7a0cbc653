"""
From a client's name for a model to the offers behind it.

A name is looked up as it is written, then without regard to case; whole, then without its suffix. One that is on no
menu goes where the operator's routes send it, or to the vendor that its beginning tells of: the vendor may have it.

Source: `reference` sheets `registry-and-thinking` A5, `contradictions` section 1 (read 2026-11-21).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import Struct, structs

from cliproxy.conversation.model import ModelInfo
from cliproxy.routing import model_name
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import ModelName
from cliproxy.routing.offers import Menu, Offer
from cliproxy.routing.patterns import matches_any

VENDORS = {  # by how a model's name begins
    **dict.fromkeys(("gpt-", "chatgpt-", "codex-", "computer-use-", "o1-", "o3-", "o4-"), ("codex",)),
    "claude-": ("claude",),
    "gemini-": ("gemini", "gemini-cli", "vertex", "aistudio"),
    "qwen-": ("qwen",),
    "vertex-": ("vertex",),
}
_WHOLE_NAMES = ("o1", "o3", "o4")  # that are a beginning themselves
_BEGINNING = re.compile("|".join(map(re.escape, VENDORS)))
_NO_PART_OF_THE_NAME = "vertex-"


@dataclass(frozen=True, slots=True)
class Sellers:
    """The credentials that share a menu, each with its place in the order of all. There is at least one."""

    menu: Menu
    members: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lane:
    """Where the operator sends the names that a pattern covers."""

    pattern: str  # in lower case
    sellers: frozenset[int]  # their numbers


class Source(Struct, frozen=True, gc=False):
    """One offer, and the number of those who have it."""

    offer: Offer
    seller: int


class Names:
    """All names under which there is something."""

    def __init__(self, sellers: Sequence[Sellers], *, known: KnownModels, lanes: Sequence[Lane] = ()) -> None:
        """
        Index the menus.

        Args:
            sellers: Who offers what.
            known: The models that some list knows.
            lanes: Where names are sent; the first that matches counts.
        """
        self._sellers = sellers
        self._known = known
        self._lanes = lanes
        self._offered: dict[str, list[Source]] = {}
        for number, some in enumerate(sellers):
            for offer in some.menu.offers:
                self._offered.setdefault(offer.name, []).append(Source(offer, number))
        for sources in self._offered.values():
            sources.sort(key=lambda source: sellers[source.seller].members[0])
        self.listed = tuple(sorted(self._offered))
        self._spellings = {name.lower(): name for name in reversed(self.listed)}

    def __contains__(self, name: str) -> bool:
        """Tell whether a name is on a menu."""
        return name in self._offered

    def shown(self, name: str) -> ModelInfo:
        """Return what clients see of a model on a menu."""
        return structs.replace(self._offered[name][0].offer.info, id=name)

    def find(self, model: str) -> ModelName | None:
        """Return the name under which there is something, and the suffix that stood behind it."""
        if model in self._offered:
            return ModelName(model)
        name = model_name.read(model)
        spelled = self.spelled(ModelName(model), name)
        if spelled is not None:
            return spelled
        return name if name.base and self.sources(name.base) else None

    def spelled(self, *names: ModelName) -> ModelName | None:
        """Return the first of these names that is on a menu, as it is written there."""
        for name in names:
            if name.base in self._offered:
                return name
        for name in names:
            listed = self._spellings.get(name.base.lower())
            if listed is not None:
                return ModelName(listed, name.suffix)
        return None

    def sources(self, name: str) -> list[Source]:
        """Return the offers of a name: by the operator's routes, by the menus, or else by how the name begins."""
        offered = self._offered.get(name, [])
        lane = next((lane for lane in self._lanes if matches_any((lane.pattern,), name)), None)
        if lane is not None:
            routed = [source for source in offered if source.seller in lane.sellers]
            return routed or list(self._unlisted(name, sorted(lane.sellers), is_routed=True))
        return offered or list(self._by_vendor(name))

    def previews(self, name: str) -> list[str]:
        """Return the names of a model's previews."""
        start = f"{name}-preview"
        previews = []
        for preview in self.listed[bisect_left(self.listed, start) :]:
            if not preview.startswith(start):
                break
            previews.append(preview)
        return previews

    def _by_vendor(self, name: str) -> Iterator[Source]:
        bare = name.rpartition("/")[2].lower()
        begins = _BEGINNING.match(f"{bare}-" if bare in _WHOLE_NAMES else bare)
        # A model that is known, and on no menu here, is nothing that these accounts have.
        if begins is None or self._known.get(bare) is not None:
            return
        vendors = VENDORS[begins[0]]
        sellers = [number for number, some in enumerate(self._sellers) if some.menu.provider.name in vendors]
        yield from self._unlisted(name, sellers)

    def _unlisted(self, name: str, sellers: Iterable[int], *, is_routed: bool = False) -> Iterator[Source]:
        for number in sellers:
            model = self._sellers[number].menu.unlisted(name, is_routed=is_routed)
            if model and not is_routed:
                # Vendors have no model with a slash: what stands before it is somebody else's prefix.
                model = "" if "/" in model else model.removeprefix(_NO_PART_OF_THE_NAME)
            if model:
                info = self._known.get(model) or ModelInfo(model)
                yield Source(Offer(name, model, structs.replace(info, id=name, known=False)), number)
