"""
Whether an account works: one real question through it and nobody else, and in words what is wrong.

A token that has run out is exchanged and stored first, under the store's hold, so that this goes beside a gateway that
runs. What the pool knows is neither asked nor told.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct, structs

from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import DocumentError
from cliproxy.credentials.freshness import has_run_out
from cliproxy.dialects.base import Dialect
from cliproxy.errors import Failure, FailureKind
from cliproxy.login.flow import Client, Refresh, RefreshFailed, Revoked
from cliproxy.routing.offers import Menu, Offer
from cliproxy.runtime.question import Answered, Question
from cliproxy.runtime.remedies import Trouble, login_command, trouble_of
from cliproxy.runtime.renewal import Renewal
from cliproxy.stores.base import Store, StoreError
from cliproxy.transport.base import Transport

MOST_NAMED = 8  # models, in a message

_RANKS = {  # words in the names of models that cost little, or much, or are no match for a question
    **dict.fromkeys(("haiku", "nano", "mini", "lite"), 0),
    **dict.fromkeys(("flash", "air", "small", "turbo", "spark"), 1),
    **dict.fromkeys(("thinking", "preview", "opus", "pro", "max"), 3),
    **dict.fromkeys(("image", "imagen", "embedding", "tts", "audio", "live", "vision", "computer"), 4),
}
_USUAL_RANK = 2
_WORD = re.compile(r"[a-z]+")


class Verdict(Struct, frozen=True):
    """What a test came to."""

    ok: bool
    account: str
    provider: str
    model: str  # that was asked; "": none
    took: float  # seconds
    problem: str = ""
    remedy: str = ""
    until: float | None = None  # unix time at which the problem is over by itself


class Trial:
    """
    Tests accounts.

    Args:
        store: Where their files are.
        dialects: All dialects, by name.
        transport: How vendors are asked.
        clock: Gives unix time.
        sleep: Waits so many seconds.
        entropy: Gives so many bytes by chance.
        clients: The operator's own OAuth clients, by provider.
        options: Of our commands, as they must be repeated by who follows our advice.
    """

    def __init__(
        self,
        store: Store,
        dialects: Mapping[str, Dialect],
        transport: Transport,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        entropy: Callable[[int], bytes],
        clients: Mapping[str, Client] | None = None,
        options: str = "",
    ) -> None:
        self._dialects = dialects
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._clients = clients or {}
        self._options = options
        self._renewal = Renewal(store, transport, clock=clock, sleep=sleep)

    async def run(self, credential: Credential, menu: Menu, *, model: str = "") -> Verdict:
        """Test a credential, at one model of its menu; "": at one that costs little."""
        began = self._clock()
        offer = chosen(menu, model)
        trouble = _no_model(menu, model) if offer is None else await self._trouble(credential, menu, offer)
        verdict = Verdict(
            ok=trouble is None,
            account=credential.label,
            provider=credential.provider,
            model=offer.name if offer is not None else model,
            took=round(max(0.0, self._clock() - began), 3),
        )
        if trouble is None:
            return verdict
        return structs.replace(verdict, problem=trouble.problem, remedy=trouble.remedy, until=trouble.until)

    async def _trouble(self, credential: Credential, menu: Menu, offer: Offer) -> Trouble | None:
        """Return what is wrong, if anything is."""
        refresh = _refresh_of(credential, menu)
        try:
            current = credential
            if refresh is not None and has_run_out(credential, now=self._clock()):
                current = await self._renewed(credential, refresh)
            answered = await self._asked(current, menu, offer)
            if refresh is not None and current is credential and _is_unauthorized(answered):
                current = await self._renewed(credential, refresh)
                answered = await self._asked(current, menu, offer)
        except Revoked as error:
            return Trouble(error.failure.message, login_command(credential, self._options))
        except RefreshFailed as error:
            return self._told(error.failure, credential)
        except (StoreError, DocumentError) as error:
            return Trouble(f"its token has to be exchanged, and cannot: {error}", "mend that, then test again")
        if answered.failure is None:
            return None
        return self._told(answered.failure, current, answered.clock_offset)

    async def _asked(self, credential: Credential, menu: Menu, offer: Offer) -> Answered:
        question = Question(menu.provider, offer, credential, self._dialects, self._entropy(16).hex())
        return await question.asked(self._transport, clock=self._clock)

    async def _renewed(self, credential: Credential, refresh: Refresh) -> Credential:
        """Return a credential with a new token, stored; or with a key that outlasts its token, as it is."""
        client = self._clients.get(credential.provider)
        try:
            renewed = await self._renewal.run(credential, refresh, client, stuck=lambda error: None)
        except RefreshFailed as error:
            if isinstance(error, Revoked) or not (refresh.yields_key and credential.secret):
                raise
            return credential
        return credential.with_tokens_of(next((one for one in renewed if one.id == credential.id), renewed[0]))

    def _told(self, failure: Failure, credential: Credential, offset: float = 0.0) -> Trouble:
        return trouble_of(failure, credential, now=self._clock(), offset=offset, options=self._options)


def chosen(menu: Menu, model: str = "") -> Offer | None:
    """Return what to ask of a menu: the model of this name, else the first of those that cost least; None: nothing."""
    if not model:
        return min(menu.offers, key=lambda offer: _rank(offer.model), default=None)
    wanted = model.lower()
    listed = next((one for one in menu.offers if wanted in (one.name.lower(), one.model.lower())), None)
    if listed is not None:
        return listed
    unlisted = menu.unlisted(model)
    return Offer(model, unlisted, ModelInfo(unlisted)) if unlisted else None


def _refresh_of(credential: Credential, menu: Menu) -> Refresh | None:
    """Return how a credential gets a new token; None: it has nothing to get one with."""
    refresh = menu.provider.refresh
    return refresh if refresh is not None and credential.document and refresh.renews(credential) else None


def _rank(model: str) -> int:
    ranks = [_RANKS[word] for word in _WORD.findall(model.lower()) if word in _RANKS]
    return max(ranks, default=_USUAL_RANK) if max(ranks, default=0) > _USUAL_RANK else min(ranks, default=_USUAL_RANK)


def _is_unauthorized(answered: Answered) -> bool:
    return answered.failure is not None and answered.failure.kind is FailureKind.UNAUTHORIZED


def _no_model(menu: Menu, model: str) -> Trouble:
    if not menu.offers:
        return Trouble("it offers no models", "list some under `models`, or name one with --model")
    names = ", ".join(offer.name for offer in menu.offers[:MOST_NAMED])
    return Trouble(f"it offers no model {model!r}", f"name one of these with --model: {names}")
