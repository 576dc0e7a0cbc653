"""
Models on offer, and who could serve a request for one.

`auto` is the newest model that can be served. A model's previews stand by, for when everybody is out of quota for it.

Source: `reference` sheet `registry-and-thinking` A4, A5 (read 2026-11-21).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Candidate
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.errors import NotTranslated, RequestError
from cliproxy.providers.base import Endpoint, Provider
from cliproxy.routing import model_name
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import ModelName
from cliproxy.routing.names import Lane, Names, Sellers, Source
from cliproxy.routing.patterns import matches_any
from cliproxy.routing.plan import Plan, Target, Targets

AUTO = "auto"
MOST_INVENTED = 256  # plans that are kept for names on no menu

Servable = Callable[[Sequence[Candidate]], bool]
_Key = tuple[str, str, Operation, bool]
_Row = tuple[tuple[int, tuple[str, ...]], ...]


def everything(candidates: Sequence[Candidate]) -> bool:
    """Take every model for one that can be served."""
    return True


class Catalog:
    """All offers of a configuration. Plans are made when first asked for, and shared."""

    def __init__(
        self,
        sellers: Sequence[Sellers],
        dialects: Mapping[str, Dialect],
        *,
        known: KnownModels,
        lanes: Sequence[Lane] = (),
    ) -> None:
        """
        Index the menus.

        Args:
            sellers: Who offers what.
            dialects: All of them, by name.
            known: The models that some list knows.
            lanes: Where names are sent; the first that matches counts.
        """
        self._sellers = sellers
        self._dialects = dialects
        self._names = Names(sellers, known=known, lanes=lanes)
        self._seller_of = {id_: number for number, some in enumerate(sellers) for _, id_ in some.members}
        self._plans: dict[_Key, Plan] = {}
        self._invented: OrderedDict[_Key, Plan] = OrderedDict()  # of names on no menu, the latest last
        self._rows: dict[_Row, tuple[Candidate, ...]] = {}

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """Every model on offer, once, under the name that clients use."""
        return tuple(map(self._names.shown, self._names.listed))

    def listing(self, allowed: Collection[str] | None = None, servable: Servable = everything) -> tuple[ModelInfo, ...]:
        """
        Return the models that can be served.

        Args:
            allowed: Patterns of those that the client may use; None: all.
            servable: Whether one of these candidates may answer, now or after a rest.
        """
        return tuple(
            self._names.shown(name)
            for name in self._names.listed
            if _is_allowed(name, allowed)
            and (sources := self._names.sources(name))
            and servable(self._candidates(sources))
        )

    def model(self, name: str, allowed: Collection[str] | None = None) -> ModelInfo:
        """Return one model on offer. Raises RequestError, 404, where there is none of that name for the client."""
        found = self._names.spelled(ModelName(name))
        if found is None or not _is_allowed(found.base, allowed):
            raise _unknown(name)
        return self._names.shown(found.base)

    def plan(
        self,
        model: str,
        dialect: Dialect,
        operation: Operation,
        *,
        stream: bool,
        allowed: Collection[str] | None = None,
        servable: Servable = everything,
    ) -> Plan:
        """
        Return who could serve a model to a client of this dialect.

        Args:
            model: As the client names it.
            dialect: The client's.
            operation: What is asked for.
            stream: Whether the reply is streamed.
            allowed: Patterns of the models that the client may use; None: all.
            servable: As in a listing; `auto` is no model that cannot be served.

        Raises:
            RequestError: 404, nobody offers the model, or not to this client.
            NotTranslated: 501, somebody does, but in a dialect that is not translated, or without this operation.

        A plan to count tokens may have no candidates: they are estimated then.
        """
        name = self._names.find(model)
        if name is None and (asked := model_name.read(model)).base == AUTO:
            newest = self._newest(self.listing(allowed, servable), dialect, operation, stream=stream)
            name = ModelName(newest, asked.suffix) if newest else None
        if name is None or not _is_allowed(name.base, allowed):
            raise _unknown(model)
        plan = self._plan(name.base, dialect, operation, stream=stream)
        if plan.fallback and not all(_is_allowed(preview, allowed) for preview in self._names.previews(name.base)):
            plan = replace(plan, fallback=())
        return plan if model == plan.requested else replace(plan, requested=model, suffix=name.suffix)

    def _newest(
        self, listing: Iterable[ModelInfo], dialect: Dialect, operation: Operation, *, stream: bool
    ) -> str | None:
        """Return the newest model of a listing that this dialect can be served with."""
        for info in sorted(listing, key=lambda info: -info.created):
            try:
                if self._plan(info.id, dialect, operation, stream=stream).candidates:
                    return info.id
            except NotTranslated:
                continue
        return None

    def _plan(self, name: str, dialect: Dialect, operation: Operation, *, stream: bool) -> Plan:
        key = name, dialect.name, operation, stream
        if name in self._names:
            plan = self._plans.get(key)
            if plan is None:
                plan = self._plans[key] = self._make(name, dialect, operation, stream=stream)
            return plan
        plan = self._invented.pop(key, None) or self._make(name, dialect, operation, stream=stream)
        self._invented[key] = plan
        if len(self._invented) > MOST_INVENTED:
            self._invented.popitem(last=False)
        return plan

    def _make(self, name: str, dialect: Dialect, operation: Operation, *, stream: bool) -> Plan:
        sources = self._names.sources(name)
        if not sources:
            raise _unknown(name)
        targets: dict[tuple[int, str], Target] = {}
        candidates = self._served(sources, targets, dialect, operation, stream=stream)
        countable = operation is Operation.COUNT_TOKENS and dialect.counting is not None
        if not candidates and not countable:
            raise self._not_translated(name, sources, dialect, operation)
        previews = [source for preview in self._names.previews(name) for source in self._names.sources(preview)]
        fallback = self._served(previews, targets, dialect, operation, stream=stream) if candidates else ()
        return Plan(
            name,
            name,
            candidates,
            Targets((candidates, fallback), self._seller_of, targets),
            info=sources[0].offer.info,
            fallback=fallback,
        )

    def _served(
        self,
        sources: Sequence[Source],
        targets: dict[tuple[int, str], Target],
        dialect: Dialect,
        operation: Operation,
        *,
        stream: bool,
    ) -> tuple[Candidate, ...]:
        """Return who can serve these offers to this dialect, and add where that leads to the targets."""
        served = []
        for source in sources:
            provider, offer = self._sellers[source.seller].menu.provider, source.offer
            endpoint = self._endpoint(provider, dialect, operation, stream=stream)
            if endpoint is not None:
                target = Target(provider, endpoint, offer.model, offer.info, offer.suffix)
                targets.setdefault((source.seller, offer.model), target)
                served.append(source)
        return self._candidates(served)

    def _candidates(self, sources: Sequence[Source]) -> tuple[Candidate, ...]:
        """Return the candidates of some offers in the order of their credentials; of equal offers the same tuple."""
        models: dict[int, dict[str, None]] = {}
        for source in sources:
            models.setdefault(source.seller, {})[source.offer.model] = None
        key = tuple((number, tuple(some)) for number, some in sorted(models.items()))
        row = self._rows.get(key)
        if row is None:
            members = [(place, id_, some) for number, some in key for place, id_ in self._sellers[number].members]
            if len(key) > 1:
                members.sort()
            row = tuple(Candidate(id_, model) for _, id_, some in members for model in some)
            if all(source.offer.name in self._names for source in sources):
                self._rows[key] = row
        return row

    def _endpoint(self, provider: Provider, dialect: Dialect, operation: Operation, *, stream: bool) -> Endpoint | None:
        """Return where the client's own dialect is spoken; else one that is translated, streamed or not."""
        own = provider.endpoint_for(dialect.name, operation, stream=stream)
        if own is not None:
            return own
        if not _translates(dialect, operation):
            return None
        for endpoint in provider.endpoints:
            if endpoint.operation is operation and _translates(self._dialects[endpoint.dialect], operation):
                return provider.endpoint_for(endpoint.dialect, operation, stream=stream) or endpoint
        return None

    def _not_translated(
        self, model: str, sources: Sequence[Source], dialect: Dialect, operation: Operation
    ) -> NotTranslated:
        providers = {source.seller: self._sellers[source.seller].menu.provider for source in sources}
        spoken = sorted({endpoint.dialect for provider in providers.values() for endpoint in provider.endpoints})
        asked = "" if operation is Operation.GENERATE else f" for {operation.value.replace('_', ' ')}"
        return NotTranslated(
            f"{model!r} is served by an upstream that speaks {', '.join(spoken)};"
            f" this version does not translate {dialect.name}{asked} to it"
        )


def _translates(dialect: Dialect, operation: Operation) -> bool:
    match operation:
        case Operation.GENERATE:
            return dialect.codec is not None
        case Operation.COUNT_TOKENS:
            return dialect.counting is not None
        case _:
            return False


def _is_allowed(name: str, allowed: Collection[str] | None) -> bool:
    return allowed is None or matches_any(allowed, name)


def _unknown(model: str) -> RequestError:
    if not model:
        return RequestError("no model is named; `model` is required")
    return RequestError(f"no upstream offers the model {model!r}", status=404, code="model_not_found")
