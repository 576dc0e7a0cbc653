"""One account or key at one provider, with its secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, structs


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


class Quota(Struct, frozen=True, gc=False):
    """What the operator lets an account use in a period, whatever its vendor says."""

    amount: int  # tokens in and out, or requests
    unit: str = "tokens"  # or `requests`
    period: str = "month"  # or `day`, `hour`, or so many seconds; a month and a day are the calendar's, UTC


_REFRESHED = ("secret", "refresh_token", "expires_at", "refreshed_at", "details")  # what a refresh changes


class Credential(Struct, frozen=True):
    """Who asks, where, and how."""

    id: str  # `<kind>:<12 hex>` of a key, `<file>` or `<file>::<project>` of an account; stable, and holds no secret
    provider: str
    secret: Secret  # the key or access token; empty: there is none (yet)
    label: str = ""  # for the operator: the section of the configuration and its number, or the account's e-mail
    handle: str = ""  # 16 hex digits that say nothing: the name of this credential to clients
    account: str = ""  # who is behind it; health is kept while this stays the same
    prefix: str = ""
    priority: int = 0  # higher first
    weight: int = 1  # turns it gets where another gets one
    base_url: str = ""  # "": the provider's own
    headers: SecretHeaders = SecretHeaders({})
    proxy: Secret = Secret("")  # URL, which may hold a password; "": none of its own
    project: str = ""  # at a cloud; credentials of one project share its quota
    plan: str = ""  # what the account has paid for, as the vendor names it
    document: str = ""  # its key in the store, `auths/<name>.json`; "": it stands in the configuration
    disabled: bool = False  # by the operator, or a vendor for good
    quota: Quota | None = None
    concurrent: int | None = None  # requests at once; 0: no bound; None: as all
    cools: bool | None = None  # whether it rests for trouble that passes; None: as all
    rounds: int | None = None  # to try after the first, while this one rests; None: as all
    excluded_models: tuple[str, ...] = ()  # patterns in lower case, of upstream names
    # Of accounts: what refreshing needs and tells.
    refresh_token: Secret = Secret("")
    expires_at: float | None = None  # unix time; None: not known
    refreshed_at: float | None = None  # unix time
    refresh_every: float | None = None  # seconds, where the operator says so
    details: Mapping[str, object] = {}  # the rest of its file, as JSON values; may hold secrets, so no repr shows it

    def with_tokens_of(self, fresh: Credential) -> Credential:
        """Return this credential after a refresh: another's tokens, and whatever came with them; all else as it was."""
        return structs.replace(self, **{name: getattr(fresh, name) for name in _REFRESHED})

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "details"]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Credential({shown})"


class Candidate(Struct, frozen=True, gc=False):
    """One credential with one upstream model; health is kept for each."""

    credential_id: str
    model: str  # as the upstream names it
