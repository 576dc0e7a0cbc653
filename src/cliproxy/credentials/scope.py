"""
What a failure hits: the keys under which health is kept.

A candidate has a key for each scope it is part of, and rests while any of them does. The words for scopes are those of
`Failure.scope`.
"""

from __future__ import annotations

from collections.abc import Sequence

from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.errors import Failure, FailureKind

Key = tuple[str, ...]
"""Kind of scope, then what tells one from the other; all of an account's own hold its id second."""

ACCOUNT, MODEL, GROUP, PROJECT, UPSTREAM = "account", "model", "group", "project", "upstream"
OWN = frozenset({ACCOUNT, MODEL, GROUP})  # the others are shared between accounts

_LENGTHS = {ACCOUNT: 2, MODEL: 3, GROUP: 3, PROJECT: 4, UPSTREAM: 4}

_DIRECT = frozenset({"", "direct", "none"})


def keys_of(credential: Credential, model: str, groups: Sequence[str]) -> tuple[Key, ...]:
    """Return the keys of all scopes that a model of a credential is part of."""
    keys: list[Key] = [(ACCOUNT, credential.id), (MODEL, credential.id, model)]
    keys += [(GROUP, credential.id, group) for group in groups]
    if credential.project:
        keys.append((PROJECT, credential.provider, credential.project, model))
    keys.append((UPSTREAM, credential.provider, credential.base_url, model))
    return tuple(keys)


def key_hit(failure: Failure, credential: Credential, candidate: Candidate, keys: Sequence[Key]) -> Key | None:
    """Return the key that a failure hits, or None where it is the request's alone."""
    if failure.scope == "request":
        return None
    kind, _, group = failure.scope.partition(":")
    if failure.kind is FailureKind.UNREACHABLE and credential.proxy.reveal() not in _DIRECT:
        kind = ACCOUNT  # its own proxy is the first suspect, and nobody else's way
    for key in keys:
        if key[0] == kind and (not group or key[2] == group):
            return key
    return (MODEL, candidate.credential_id, candidate.model)


def key_named(scope: str, credential: Credential) -> Key | None:
    """Return the key of a scope of an account where no request is at hand; None: it takes one to know."""
    kind, _, id_ = scope.partition(":")
    if kind == ACCOUNT:
        return (ACCOUNT, credential.id)
    return (kind, credential.id, id_) if kind in OWN and id_ else None


def is_key(key: Key) -> bool:
    """Tell whether something is a key: what was kept in a file may be anything."""
    return len(key) == _LENGTHS.get(key[0] if key else "")


def is_part(key: Key, credential: Credential) -> bool:
    """Tell whether some model of a credential is part of a scope."""
    if key[0] in OWN:
        return key[1] == credential.id
    return key[1] == credential.provider and key[2] == (
        credential.project if key[0] == PROJECT else credential.base_url
    )


def scope_of(key: Key) -> str:
    """Return a key's scope in the words of `Failure.scope`."""
    return f"{GROUP}:{key[2]}" if key[0] == GROUP else key[0]
