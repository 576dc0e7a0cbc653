"""
Which of several files of one account is used: the one with the newest tokens.

A vendor that sees an old refresh token again takes back all that came of its login. So where two files hold one
account, for one is a copy or somebody has logged in twice, the other is left alone; also where the newest is switched
off, or switching an account off would bring its old token into use.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from cliproxy.credentials.credential import Credential

# A person may be in several organisations, each an account of its own; files of the Go program do not say in which.
_SAYS_WHERE = {"claude": ("organization_uuid", "organization_id", "organization")}


class Twins:
    """The files of each account."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, dict[str, Sequence[Credential]]] = {}
        self._group_of: dict[str, Hashable] = {}

    def put(self, document: str, credentials: Sequence[Credential]) -> None:
        """Note what a document holds now."""
        self.drop(document)
        group = self._group_of[document] = _whose(document, credentials)
        self._groups.setdefault(group, {})[document] = credentials

    def drop(self, document: str) -> None:
        """Forget a document."""
        group = self._group_of.pop(document, None)
        if group is not None:
            self._groups[group].pop(document)
            if not self._groups[group]:
                del self._groups[group]

    def of(self, document: str) -> tuple[str, ...]:
        """Return the documents that hold the same account, this one among them."""
        return tuple(self._groups.get(self._group_of.get(document), (document,)))

    def used(self, document: str) -> str:
        """Return the one that is used of those."""
        files = self._groups.get(self._group_of.get(document), {})
        if len(files) < 2:
            return document
        return max(sorted(files), key=lambda key: _rank(files[key][0]))


def _whose(document: str, credentials: Sequence[Credential]) -> Hashable:
    one = credentials[0]
    named = _SAYS_WHERE.get(one.provider)
    if named is None or any(one.details.get(name) for name in named):
        return one.provider, one.account, tuple(sorted(each.project for each in credentials))
    return (one.provider, one.refresh_token) if one.refresh_token else document


def _rank(credential: Credential) -> tuple[float, bool]:
    return max(credential.expires_at or 0.0, credential.refreshed_at or 0.0), not credential.disabled
