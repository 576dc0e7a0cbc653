"""
How accounts stand, read beside a gateway that may be running: from their files, its health and its notes on refreshes.

Nobody is asked, so what the last two seconds brought may be missing.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, structs

from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import DocumentError, read_credentials, values_of
from cliproxy.credentials.files.told import told_by
from cliproxy.credentials.freshness import has_run_out
from cliproxy.credentials.pool import CredentialPool, Policy, Saved
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.credentials.saved import SavedRest
from cliproxy.credentials.scope import ACCOUNT, is_part
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
    documents = {document.key: document for document in await store.read_all(AUTHS)}
    found: dict[str, tuple[Credential, ...]] = {}
    unreadable: dict[str, str] = {}
    twins = Twins()
    for key, document in documents.items():
        try:
            found[key] = read_credentials(key, document.data)
            twins.put(key, found[key])
        except DocumentError as error:
            unreadable[key] = str(error).removeprefix(f"{key} cannot be used: ")
    accounts = [credential for credentials in found.values() for credential in credentials]
    served = [(one, menu is not None) for one, menu in offered(config, accounts, providers, known)]
    pool = CredentialPool([one for one, _ in served], Policy(longest_rest=config.max_rest_seconds))
    await HealthKeeper(store, pool, clock, asyncio.sleep).restore()
    health = pool.saved(now=now)
    listed = []
    for one, is_served in served:
        used = twins.used(one.document) if one.document else ""
        standing = _of(one, health, await _refusal(store, one), providers, now, is_served=is_served)
        if used != one.document and standing.state is not State.DISABLED:
            standing = structs.replace(standing, state=State.LEFT_ALONE, why=f"{used} holds the same account")
        listed.append(_with_words(standing, documents.get(one.document)))
    listed += [Standing(State.UNREADABLE, key.removeprefix(AUTHS), why=why) for key, why in unreadable.items()]
    return sorted(listed, key=lambda one: (not one.document, one.document))


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
    health: Saved,
    refusal: str,
    providers: Mapping[str, Provider],
    now: float,
    *,
    is_served: bool,
) -> Standing:
    member = health.members.get(credential.id)
    rests = tuple(_rest(rest) for rest in health.rests if is_part(rest.key, credential))
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
        return structs.replace(known, state=State.NOT_SERVED, why=f"{credential.provider!r} is not served")
    if credential.disabled:
        return structs.replace(known, state=State.DISABLED)
    if revoked:
        return structs.replace(known, state=State.LOG_IN, why=revoked)
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


def _with_words(standing: Standing, document: Document | None) -> Standing:
    if document is None:
        return standing
    return structs.replace(standing, told=told_by(values_of(document.data)))
