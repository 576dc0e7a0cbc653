"""Models on offer: under which names clients ask for them, and who serves each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from msgspec import structs

from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.errors import NotTranslated, RequestError
from cliproxy.providers.base import Endpoint, Provider
from cliproxy.routing import model_name
from cliproxy.routing.model_name import ModelName, Suffix
from cliproxy.routing.plan import Plan, Target


@dataclass(frozen=True, slots=True)
class Offer:
    """One credential offering one model."""

    name: str  # as clients call it, prefix included
    model: str  # as the upstream names it
    info: ModelInfo
    provider: Provider
    credential: Credential
    suffix: Suffix | None = None  # that the operator gave the upstream's name


class Catalog:
    """All offers of a configuration. Plans are made when first asked for, and shared."""

    def __init__(self, offers: Iterable[Offer], dialects: Mapping[str, Dialect]) -> None:
        self._offers: dict[str, list[Offer]] = {}
        for offer in offers:
            self._offers.setdefault(offer.name, []).append(offer)
        self._dialects = dialects
        self._plans: dict[tuple[str, str, Operation, bool], Plan] = {}

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """Every model on offer, once, under the name that clients use."""
        return tuple(structs.replace(offers[0].info, id=name) for name, offers in sorted(self._offers.items()))

    def model(self, name: str) -> ModelInfo:
        """Return one model on offer. Raises RequestError, 404, where there is none of that name."""
        if name not in self._offers:
            raise _unknown(name)
        return structs.replace(self._offers[name][0].info, id=name)

    def plan(self, model: str, dialect: Dialect, operation: Operation, *, stream: bool) -> Plan:
        """
        Return who could serve a model to a client of this dialect.

        A model that is offered under the whole name goes before one that is offered under the name without its suffix.

        Raises:
            RequestError: 404, nobody offers the model.
            NotTranslated: 501, somebody does, but in a dialect that is not translated, or without this operation.

        A plan to count tokens may have no candidates: they are estimated then.
        """
        name = ModelName(model) if model in self._offers else model_name.read(model)
        if name.base not in self._offers:
            raise _unknown(model)
        key = name.base, dialect.name, operation, stream
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._make(name.base, dialect, operation, stream=stream)
        # Suffixes are the client's to invent: a plan with one is not kept.
        return plan if name.suffix is None else replace(plan, requested=model, suffix=name.suffix)

    def _make(self, model: str, dialect: Dialect, operation: Operation, *, stream: bool) -> Plan:
        offers = self._offers[model]
        targets: dict[Candidate, Target] = {}
        for offer in offers:
            endpoint = self._endpoint(offer.provider, dialect, operation, stream=stream)
            if endpoint is not None:
                candidate = Candidate(offer.credential.id, offer.model)
                targets.setdefault(candidate, Target(offer.provider, endpoint, offer.model, offer.info, offer.suffix))
        countable = operation is Operation.COUNT_TOKENS and dialect.counting is not None
        if not targets and not countable:
            spoken = sorted({endpoint.dialect for offer in offers for endpoint in offer.provider.endpoints})
            asked = "" if operation is Operation.GENERATE else f" for {operation.value.replace('_', ' ')}"
            raise NotTranslated(
                f"{model!r} is served by an upstream that speaks {', '.join(spoken)};"
                f" this version does not translate {dialect.name}{asked} to it"
            )
        return Plan(model, model, tuple(targets), targets, info=offers[0].info)

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


def _translates(dialect: Dialect, operation: Operation) -> bool:
    match operation:
        case Operation.GENERATE:
            return dialect.codec is not None
        case Operation.COUNT_TOKENS:
            return dialect.counting is not None
        case _:
            return False


def _unknown(model: str) -> RequestError:
    if not model:
        return RequestError("no model is named; `model` is required")
    return RequestError(f"no upstream offers the model {model!r}", status=404, code="model_not_found")
