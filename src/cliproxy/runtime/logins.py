"""
Logins under way: begun, answered once each, and ended with an account's file. Nobody sits at a terminal in here.

A login has an id. Where a browser comes back with an answer, it is the state that the browser brings along, so that an
answer finds its login and no other, however many are open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.flow import Client, LoginFlow, LoginKind, LoginSession, LoginStart
from cliproxy.providers.base import Provider
from cliproxy.runtime.newcomers import Newcomers, Saved
from cliproxy.runtime.open_login import Answer, OpenLogin
from cliproxy.stores.base import Store
from cliproxy.transport.base import Transport, TransportError
from cliproxy.transport.steps import Asked, drive

MOST_LOGINS = 64  # kept; one that is over makes room
KEPT = 600.0  # seconds that one can be asked about after its time
LONGEST_TALK = 300.0  # seconds that all requests of one login may take, or as long as it lasts; pauses do not count
ENTROPY = 128  # bytes by chance for each login


class NoSuchLogin(LoginError):  # noqa: N818 (a state of the logins)
    """A provider, or a way to log in, that is not there."""


class Unknown(LoginError):  # noqa: N818 (a state of the logins)
    """An answer to no login that is open here."""


class Logins:
    """
    The logins of one gateway or command.

    Args:
        store: Where the accounts' files go.
        providers: Whose logins there are, by name.
        transport: How vendors are asked.
        clock: Gives unix time.
        sleep: Waits so many seconds.
        entropy: Gives so many bytes by chance, fit for secrets.
        clients: The operator's own OAuth clients, by provider.
        proxy: For the vendors' answers to logins; "": the transport's.
    """

    def __init__(
        self,
        store: Store,
        providers: Mapping[str, Provider],
        transport: Transport,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        entropy: Callable[[int], bytes],
        clients: Mapping[str, Client] | None = None,
        proxy: str = "",
    ) -> None:
        self._clock = clock
        self._newcomers = Newcomers(store)
        self._providers = providers
        self._transport = transport
        self._sleep = sleep
        self._entropy = entropy
        self.clients = clients or {}  # another configuration may bring others
        self._proxy = Secret(proxy)
        self._open: dict[str, OpenLogin] = {}
        self._beginning = 0  # that will be open when their vendors have answered

    async def begin(
        self,
        provider: str,
        kind: LoginKind | None = None,
        *,
        options: Mapping[str, str] | None = None,
        port: int = 0,
    ) -> OpenLogin:
        """
        Begin a login, and return what the person must do.

        Args:
            provider: Where.
            kind: What the person does; None: what is usual there.
            options: What he said when he started it: `project`, `location`, `prefix`, `alias`.
            port: To listen on for the browser; 0: the provider's.

        Raises:
            NoSuchLogin: There is no such provider, or no such way to log in there.
            LoginError: Too many are open, or the vendor would not begin it.
        """
        flow = self._flow(provider, kind)
        self._make_room()
        start = LoginStart(
            now=self._clock(),
            entropy=self._entropy(ENTROPY),
            client=self.clients.get(provider),
            port=port,
            proxy=self._proxy,
            options=dict(options or {}),
        )
        self._beginning += 1
        try:
            session = await drive(flow.begin(start), self._transport, self._sleep, clock=self._clock)
        except TransportError as error:
            raise _unreachable(provider, error) from None
        finally:
            self._beginning -= 1
        id_ = session.state or self._entropy(16).hex()
        if id_ in self._open:
            raise LoginError(f"two logins at {provider} have the same state; begin another one")
        login = self._open[id_] = OpenLogin(id_, session, partial(self._ended, flow, session), self._clock)
        return login

    def get(self, id_: str) -> OpenLogin:
        """Return a login by its id, also one that was over lately. Raises Unknown."""
        login = self._open.get(id_)
        if login is None:
            raise Unknown("this answer belongs to another login, or to one that was over long ago; begin another one")
        return login

    def answered(self, state: str, params: Answer, *, provider: str = "") -> OpenLogin:
        """
        Hand an answer to the login that it belongs to, and return that.

        Args:
            state: What came back with it.
            params: All that came back.
            provider: Where it came from, if that is known.

        Raises:
            Unknown: It belongs to no login that is open here.
            Spent: There was an answer before.
            TooLate: The time of the login is over.
        """
        login = self.get(state)
        if not login.session.state or provider not in ("", login.session.provider):
            raise Unknown("this answer belongs to another login; begin another one")
        login.answer(params)
        return login

    def forget(self, login: OpenLogin) -> None:
        """Give a login up and know no more of it."""
        login.cancel()
        self._open.pop(login.id, None)

    async def _ended(self, flow: LoginFlow, session: LoginSession, answer: Answer, ask: Asked) -> Saved:
        """Ask the vendor for the account, and write its file. Raises LoginError."""
        now = self._clock()
        steps = flow.finish(session, answer, now=now)
        seconds = max(LONGEST_TALK, session.expires_at - now)  # whose vendor is asked until then must be able to
        try:
            account = await drive(steps, self._transport, self._sleep, seconds=seconds, clock=self._clock, ask=ask)
        except TransportError as error:
            raise _unreachable(session.provider, error) from None
        return await self._newcomers.save(account)

    def _flow(self, provider: str, kind: LoginKind | None) -> LoginFlow:
        known = self._providers.get(provider)
        flow = known.login(kind) if known is not None else None
        if flow is not None:
            return flow
        if known is not None and known.logins:
            kinds = ", ".join(one.kind.value for one in known.logins)
            raise NoSuchLogin(f"{provider} has no such login; it has these: {kinds}")
        names = ", ".join(sorted(name for name, one in self._providers.items() if one.logins))
        raise NoSuchLogin(f"nobody can log in at {provider!r}; accounts are had at these: {names}")

    @property
    def _are_full(self) -> bool:
        return len(self._open) + self._beginning >= MOST_LOGINS

    def _make_room(self) -> None:
        now = self._clock()
        over = [id_ for id_, one in self._open.items() if now >= one.session.expires_at + KEPT]
        if not over and self._are_full:
            over = [id_ for id_, one in self._open.items() if one.is_past(now=now)][:1]
        for id_ in over:
            del self._open[id_]
        if self._are_full:
            raise LoginError(f"{MOST_LOGINS} logins are open; end one of them, or wait until their time is over")


def _unreachable(provider: str, error: TransportError) -> LoginError:
    return LoginError(f"{provider}: {error}. Look at the network and at `proxy-url`, then log in again")
