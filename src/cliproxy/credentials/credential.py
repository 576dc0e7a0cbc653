"""One account or key at one provider, with its secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct


class Secret:
    """A key or token. It shows itself only to who calls `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the header that carries it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')" if self._value else "Secret('')"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


class SecretHeaders(Mapping[str, str]):
    """Headers that the operator wrote; some hold keys, so none is shown."""

    __slots__ = ("_headers",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    def __repr__(self) -> str:
        return f"SecretHeaders({', '.join(self._headers)})"


class Credential(Struct, frozen=True):
    """Who asks, where, and how."""

    id: str  # `<kind>:<12 hex>`, stable while the key stays the same; holds no secret
    provider: str
    secret: Secret
    label: str = ""  # for people: the section of the config and its number
    prefix: str = ""
    priority: int = 0  # higher first
    base_url: str = ""  # "": the provider's own
    headers: SecretHeaders = SecretHeaders({})
    proxy: Secret = Secret("")  # URL, which may hold a password; "": none of its own


class Candidate(Struct, frozen=True, gc=False):
    """One credential with one upstream model; health is kept for each."""

    credential_id: str
    model: str  # as the upstream names it
