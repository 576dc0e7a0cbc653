"""
How accounts stand, read beside a gateway that may be running: from their files, its health and its notes on refreshes.

Nobody is asked, so what the last two seconds brought may be missing.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct, structs

from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import DocumentError, read_credentials, values_of
from cliproxy.credentials.files.told import told_by
from cliproxy.credentials.freshness import has_run_out
from cliproxy.credentials.pool import CredentialPool, Policy, Saved
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.credentials.saved import SavedRest
from cliproxy.credentials.scope import ACCOUNT, OWN, is_part
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.runtime.health import HealthKeeper
from cliproxy.runtime.intents import Intents, Stage, digest_of
from cliproxy.runtime.offered import offered
from cliproxy.runtime.twins import Twins
from cliproxy.stores.base import AUTHS, Document, Store, StoreError


class State(enum.Enum):
    """What can be had of an account."""

    READY = "ready"
    RESTING = "resting"
    USED_UP = "quota used up"  # the operator's own
    RUN_OUT = "token ran out"  # and there is nothing to get another with
    LOG_IN = "log in again"
    DISABLED = "disabled"
    LEFT_ALONE = "left alone"  # another file holds the same account
    NOT_SERVED = "not served"
    UNREADABLE = "unreadable"


class Rest(Struct, frozen=True):
    """A part of an account that rests."""

    what: str  # `account`, or the model, group or project
    until: float  # unix time
    why: str


class Standing(Struct, frozen=True):
    """How one credential stands, or a file that holds none."""

    state: State
    name: str  # of its file, or where the key stands
    credential: Credential | None = None
    why: str = ""
    until: float | None = None  # unix time at which it is ready again
    rests: tuple[Rest, ...] = ()
    windows: tuple[QuotaWindow, ...] = ()
    used: int = 0  # of the operator's quota, in the present period
    told: Mapping[str, str] = {}  # by the file

    @property
    def document(self) -> str:
        """The key of its document; "": it stands in the configuration."""
        return self.credential.document if self.credential is not None else AUTHS + self.name


async def standings(
    store: Store,
    config: Config,
    providers: Mapping[str, Provider],
    known: KnownModels,
    *,
    clock: Callable[[], float],
) -> list[Standing]:
    """Return how all stand: files first, in the order of their names, then keys. Raises StoreError."""
    now = clock()
    files = _Files(await store.read_all(AUTHS))
    served = [(one, menu is not None) for one, menu in offered(config, files.credentials, providers, known)]
    pool = CredentialPool([one for one, _ in served], Policy(longest_rest=config.max_rest_seconds))
    await HealthKeeper(store, pool, clock, asyncio.sleep).restore()
    health = _Health(pool.saved(now=now))
    listed = [
        files.told(_of(one, health, await _refusal(store, one), providers, now, is_served=is_served))
        for one, is_served in served
    ]
    return sorted((*listed, *files.unreadable), key=lambda one: (not one.document, one.document))


class _Health:
    """What a pool has kept, by credential."""

    def __init__(self, saved: Saved) -> None:
        self.members = saved.members
        self._own: dict[str, list[SavedRest]] = {}
        self._shared: list[SavedRest] = []
        for rest in saved.rests:
            mine = self._own.setdefault(rest.key[1], []) if rest.key[0] in OWN else self._shared
            mine.append(rest)

    def rests(self, credential: Credential) -> tuple[Rest, ...]:
        """Return what of a credential rests."""
        shared = (rest for rest in self._shared if is_part(rest.key, credential))
        return tuple(map(_rest, (*self._own.get(credential.id, ()), *shared)))


class _Files:
    """The files of a store, read."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.credentials: list[Credential] = []
        self.unreadable: list[Standing] = []
        self._data: dict[str, bytes] = {}
        self._twins = Twins()
        for document in documents:
            key = document.key
            try:
                found = read_credentials(key, document.data)
            except DocumentError as error:
                why = str(error).removeprefix(f"{key} cannot be used: ")
                self.unreadable.append(Standing(State.UNREADABLE, key.removeprefix(AUTHS), why=why))
            else:
                self.credentials += found
                self._data[key] = document.data
                self._twins.put(key, found)

    def told(self, one: Standing) -> Standing:
        """Return how a credential stands, with what its file tells, and whether another file goes before it."""
        key = one.document
        if not key:
            return one
        one = structs.replace(one, told=told_by(values_of(self._data[key])))
        used = self._twins.used(key)
        if used == key or one.state is State.DISABLED:
            return one
        return structs.replace(one, state=State.LEFT_ALONE, why=f"{used.removeprefix(AUTHS)} holds the same account")


def matching(listed: Sequence[Standing], name: str) -> list[Standing]:
    """
    Return what somebody means: by file, e-mail address, handle or id, else by a part of one of them.

    Several files, or several keys, mean that he must say more.
    """
    wanted = name.strip().lower()
    whole = [one for one in listed if wanted in _names(one)]
    return whole or [one for one in listed if wanted and any(wanted in known for known in _names(one))]


def _names(one: Standing) -> set[str]:
    names = {one.name, one.name.rpartition("/")[2], one.name.removesuffix(".json")}
    if one.credential is not None:
        names |= {one.credential.id, one.credential.label, one.credential.handle}
    return {known.lower() for known in names if known}


async def _refusal(store: Store, credential: Credential) -> str:
    """Return why a vendor takes the tokens of an account no more; "": it may."""
    if not credential.document:
        return ""
    try:
        note = await Intents(store).of(credential.document)
    except StoreError:
        return ""
    if note is None or note.stage is not Stage.REFUSED or note.tokens != digest_of(credential):
        return ""
    return note.reason or "the vendor takes its refresh token no more"


def _of(
    credential: Credential,
    health: _Health,
    refusal: str,
    providers: Mapping[str, Provider],
    now: float,
    *,
    is_served: bool,
) -> Standing:
    member = health.members.get(credential.id)
    rests = health.rests(credential)
    name = credential.document.removeprefix(AUTHS) or credential.label
    known = Standing(
        State.READY,
        name,
        credential,
        rests=rests,
        windows=member.windows if member is not None else (),
        used=member.used if member is not None else 0,
    )
    resting = next((rest for rest in rests if rest.what == ACCOUNT), None)
    revoked = refusal or (member.revoked if member is not None else "")
    if not is_served:
        return structs.replace(known, state=State.NOT_SERVED, why=f"this version knows no {credential.provider!r}")
    if credential.disabled:
        return structs.replace(known, state=State.DISABLED)
    if revoked:
        return structs.replace(known, state=State.LOG_IN, why=revoked.removeprefix(f"{State.LOG_IN.value}: "))
    if _is_at_its_end(credential, providers, now):
        return structs.replace(known, state=State.RUN_OUT, why="there is no refresh token; log in again")
    if credential.quota is not None and member is not None and member.used >= credential.quota.amount:
        return structs.replace(known, state=State.USED_UP, until=member.ends)
    if resting is not None:
        return structs.replace(known, state=State.RESTING, why=resting.why, until=resting.until)
    return known


def _is_at_its_end(credential: Credential, providers: Mapping[str, Provider], now: float) -> bool:
    """Tell whether a token has run out, and there is nothing to get another with."""
    if not credential.document or not has_run_out(credential, now=now):
        return False
    provider = providers.get(credential.provider)
    refresh = provider.refresh if provider is not None else None
    return refresh is None or not refresh.renews(credential)


def _rest(saved: SavedRest) -> Rest:
    what = saved.key[0] if saved.key[0] == ACCOUNT else saved.key[-1]
    failure = saved.failure
    return Rest(what, saved.rests_until, f"{failure.kind.value}: {failure.message}" if failure.message else "")
