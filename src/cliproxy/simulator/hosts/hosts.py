"""All hosts at one place: which of them a request is for, what goes wrong with it, and what it is answered."""

from collections.abc import Callable, Collection, Mapping

import msgspec

from cliproxy.simulator.accounts import Accounts, Window
from cliproxy.simulator.answer import Answer, Call, JsonObject, Request, whole
from cliproxy.simulator.faults import Match, Refuse, Rule, Script, WireFault, spoil
from cliproxy.simulator.hosts import antigravity, claude, cloud_code, codex, gemini, iflow, kimi, qwen, vertex
from cliproxy.simulator.hosts.codex_socket import Frames, Turns
from cliproxy.simulator.hosts.visit import Backing, Host, OwnerOf, Visit
from cliproxy.simulator.upstream import Upstream
from cliproxy.simulator.vendor import Refused

HOSTS: Mapping[str, Host] = {
    host.name: host
    for host in (
        antigravity.HOST,
        claude.HOST,
        cloud_code.HOST,
        codex.HOST,
        gemini.HOST,
        iflow.HOST,
        kimi.HOST,
        qwen.HOST,
        vertex.HOST,
    )
}


class Hosts:
    """
    The vendors' hosts, without a network.

    Args:
        owner_of: Whose token or key of a vendor it is; None: nobody's, or it has ended. The vendors are `claude`,
            `openai`, `google`, `qwen`, `iflow` and `kimi`.
        clock: Gives the unix time.
        script: What goes wrong, and when.
        keys: Keys that are known beside those of people.
        pace: Seconds between two frames of a stream.
        keep_calls: How many calls to remember.
    """

    def __init__(
        self,
        owner_of: OwnerOf,
        clock: Callable[[], float],
        *,
        script: Script | None = None,
        keys: Collection[str] = (),
        pace: float = 0.0,
        keep_calls: int = 10_000,
    ) -> None:
        self.script = script or Script()
        self.calls: list[Call] = []
        self._keep_calls = keep_calls
        accounts = Accounts({}, clock)
        speakers = Upstream(pace=pace, accounts=accounts, keep_calls=1)
        self._backing = Backing(owner_of, frozenset(keys), accounts, speakers)

    def knows(self, host: str) -> bool:
        """Tell whether a vendor is found under this name."""
        return _host_at(host) is not None

    def limit(self, account: str, *windows: Window) -> None:
        """
        Give an account other windows than its plan has; none: it has no limit.

        Args:
            account: A host's name and a person's e-mail, like `codex/ann@example.com`; or a key.
            windows: All of them hold.
        """
        is_plan = account.partition("/")[0] in HOSTS
        self._backing.accounts.change(account, windows=windows, is_plan=is_plan)

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, and remember the call. 101 means that `socket` plays the rest."""
        host = _host_at(request.host)
        if host is None:
            return whole(404, {"content-type": "text/plain"}, b"no such host\n")
        call = self._remember(host, request, request.method, request.body)
        return self._answer(host, request, call)

    async def socket(self, request: Request, frames: Frames) -> None:
        """Play a WebSocket that `answer` has taken, until one of the two sides ends it."""
        host = _host_at(request.host)
        assert host is not None, f"{request.host} takes no sockets"

        def ask(frame: bytes, body: JsonObject) -> Answer:
            headers = {name: value for name, value in request.headers.items() if name != "upgrade"}
            encoded = msgspec.json.encode(body)
            asked = msgspec.structs.replace(request, method="POST", headers=headers, body=encoded)
            return self._answer(host, asked, self._remember(host, asked, "WEBSOCKET", frame))

        await Turns(frames, ask).play()

    def _remember(self, host: Host, request: Request, method: str, body: bytes) -> Call:
        visit = Visit(request, host, self._backing)
        call = Call(
            method=method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=body,
            key=visit.key,
            model=visit.model,
            host=request.host,
        )
        self.calls.append(call)
        if len(self.calls) > self._keep_calls:
            del self.calls[0]
        return call

    def _answer(self, host: Host, request: Request, call: Call) -> Answer:
        """A script has the first word; what it says in the vendor's words is left to the speakers."""
        fault = self.script.pick(call)
        visit = Visit(request, host, self._backing)
        spoken = None if isinstance(fault, WireFault) else fault
        self._backing.speakers.script = Script(Rule(Match(), spoken)) if spoken is not None else Script()
        try:
            answer = _refused(visit, fault) if isinstance(fault, Refuse) else host.answer(visit)
        except Refused as refused:
            answer = visit.refuse(refused.refusal)
        if isinstance(fault, WireFault):
            answer = spoil(fault, answer)
        return msgspec.structs.replace(answer, call=call)


def _refused(visit: Visit, fault: Refuse) -> Answer:
    if fault.body is None:
        return visit.refuse(visit.host.words.usual_refusal(fault.status), fault.headers)
    return whole(fault.status, {"content-type": visit.host.words.json_type, **fault.headers}, fault.body)


def _host_at(address: str) -> Host | None:
    return next((host for host in HOSTS.values() if host.addresses.fullmatch(address)), None)
