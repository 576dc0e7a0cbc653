"""
The operator's rules for requests, compiled: what to put in, and what to take out, by upstream and model.

They are applied to what an upstream would be sent, as the last thing before it is. Defaults are put in where that has
nothing, and the first rule for a path wins; then comes what is put in whatever it has, the last one winning; then what
is taken out. What lies in an envelope is meant without it.

Source: `reference` sheet `config` section 8.1 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec
from msgspec import Raw, Struct

from cliproxy.config.payload import PayloadFilter, PayloadModel, PayloadRule, PayloadRules, RawPayloadRule
from cliproxy.dialects.base import Operation
from cliproxy.providers.base import Endpoint
from cliproxy.wire.body import close_body, open_body
from cliproxy.wire.paths import Path, PathError, Step, has, path_of, put_at, remove_at

PROTOCOLS = {  # what the operator may call the dialect of an upstream
    "openai_chat": ("openai",),
    "openai_responses": ("openai-response", "responses"),
    "anthropic_messages": ("claude",),
    "gemini": ("gemini",),
}
OWN_PROTOCOLS = {  # of upstreams that speak a dialect in their own way
    ("codex", "openai_responses"): ("codex", "responses"),
    ("gemini-cli", "gemini"): ("gemini-cli", "gemini"),
    ("antigravity", "gemini"): ("antigravity",),
}
ENVELOPES = {("gemini-cli", "gemini"): "request", ("antigravity", "gemini"): "request"}  # where the request lies
MOST_KEPT = 1024  # pairs of an upstream and names; clients may put any suffix behind a name

_encode = msgspec.json.Encoder().encode


class _Change(Struct, frozen=True):
    """One path of one rule."""

    models: tuple[tuple[re.Pattern[str], str], ...]  # a pattern, and the protocol or ""
    path: Path
    value: Raw | None = None  # None: taken out

    def fits(self, protocols: Sequence[str], names: Iterable[str]) -> bool:
        return any(
            (not protocol or protocol in protocols) and any(pattern.fullmatch(name) for name in names)
            for pattern, protocol in self.models
        )


class Amendment(Struct, frozen=True):
    """What is changed in requests to one model of one upstream."""

    defaults: tuple[tuple[Path, Raw], ...]
    overrides: tuple[tuple[Path, Raw], ...]
    removals: tuple[Path, ...]

    def applied(self, body: bytes) -> bytes:
        """
        Return a request with all that is to be changed; one in which nothing is stays the bytes it was.

        Raises:
            RequestError: It is no JSON object.
        """
        top = open_body(body)
        missing = [(path, value) for path, value in self.defaults if not has(top, path)]
        changed = False
        for path, value in (*missing, *self.overrides):
            changed = put_at(top, path, value) or changed
        for path in self.removals:
            changed = remove_at(top, path) or changed
        return close_body(top) if changed else body


class Amendments:
    """All rules of a configuration. `flaws` says which paths are none; they are left out."""

    def __init__(self, rules: PayloadRules) -> None:
        self.flaws: list[str] = []
        self._defaults = self._changes((*rules.default, *rules.default_raw))
        self._overrides = self._changes((*rules.override, *rules.override_raw))
        self._removals = self._changes(rules.filter)
        self._found = lru_cache(MOST_KEPT)(self._compiled)

    def find(self, provider: str, endpoint: Endpoint, names: tuple[str, ...]) -> Amendment | None:
        """
        Return what is to be changed, or None where that is nothing.

        Args:
            provider: The name of the upstream's provider.
            endpoint: Where the request goes; how many tokens one has is asked of it as it is.
            names: The model's, as the upstream and as the client calls it.
        """
        if endpoint.operation is Operation.COUNT_TOKENS:
            return None
        return self._found(provider, endpoint.dialect, endpoint.operation, names)

    def _compiled(self, provider: str, dialect: str, operation: Operation, names: tuple[str, ...]) -> Amendment | None:
        upstream = (provider, dialect)
        own = None if operation is Operation.COMPACT else OWN_PROTOCOLS.get(upstream)
        protocols = own or PROTOCOLS.get(dialect, ())
        root = (Step(ENVELOPES[upstream]),) if upstream in ENVELOPES else ()
        defaults: dict[Path, Raw] = {}
        for path, value in _fitting(self._defaults, protocols, names):
            defaults.setdefault(root + path, value)
        overrides = [(root + path, value) for path, value in _fitting(self._overrides, protocols, names)]
        removals = [root + change.path for change in self._removals if change.fits(protocols, names)]
        if not (defaults or overrides or removals):
            return None
        return Amendment(tuple(defaults.items()), tuple(overrides), tuple(removals))

    def _changes(self, rules: Iterable[PayloadRule | RawPayloadRule | PayloadFilter]) -> tuple[_Change, ...]:
        return tuple(change for rule in rules for change in self._changes_of(rule))

    def _changes_of(self, rule: PayloadRule | RawPayloadRule | PayloadFilter) -> Iterable[_Change]:
        models = tuple(_pattern(model) for model in rule.models if model.name)
        for text in rule.params:
            try:
                path = path_of(text)
            except PathError as error:
                self.flaws.append(f"payload: {error}; it is left out")
                continue
            yield _Change(models, path, _value(rule, text))


def amendments(rules: PayloadRules) -> Amendments | None:
    """Return rules, compiled; None where there are none, so that most requests never look."""
    sections = (rules.default, rules.default_raw, rules.override, rules.override_raw, rules.filter)
    return Amendments(rules) if any(sections) else None


def _fitting(changes: Iterable[_Change], protocols: Sequence[str], names: Sequence[str]) -> Iterable[tuple[Path, Raw]]:
    for change in changes:
        if change.value is not None and change.fits(protocols, names):
            yield change.path, change.value


def _pattern(model: PayloadModel) -> tuple[re.Pattern[str], str]:
    """Return a model's name as a pattern whose pieces are each sought once: a client's name may be long."""
    first, *others = (re.escape(piece) for piece in re.split(r"\*+", model.name))
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    return re.compile(
        first + middle + "".join(f".*{piece}" for piece in others[-1:]), re.DOTALL
    ), model.protocol.lower()


def _value(rule: PayloadRule | RawPayloadRule | PayloadFilter, text: str) -> Raw | None:
    match rule:
        case PayloadRule():
            return Raw(_encode(rule.params[text]))
        case RawPayloadRule():
            return Raw(rule.params[text].encode())
        case _:
            return None
