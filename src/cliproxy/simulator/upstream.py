"""
The simulated upstream: one address that answers for four vendors.

A request is routed by the end of its path, so that vendors can be mounted under prefixes of their own. A model named
like a recorded case plays that recording, `error-<status>` is the vendor's refusal with that status, a model whose name
starts with `missing` does not exist, and any other name is answered by the speaker.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from cliproxy.simulator import account_words, recordings
from cliproxy.simulator.accounts import Account, Accounts
from cliproxy.simulator.answer import Answer, Call, JsonObject, Pause, Piece, Request, whole
from cliproxy.simulator.faults import Fault, NoContent, NotStreamed, Refuse, RefuseInside, Script, spoil
from cliproxy.simulator.gemini_request import model_in
from cliproxy.simulator.recordings import Form
from cliproxy.simulator.speaker import speak
from cliproxy.simulator.talk import Asked, Said
from cliproxy.simulator.tokens import TokenServer
from cliproxy.simulator.vendor import Problem, Refusal, Refused
from cliproxy.simulator.vendors import answers_at, vendor_of

MODELS = ("simulated", "simulated-mini")
MISSING = "missing"  # how the names begin of models that do not exist
COMPACTS = re.compile(r"/responses/compact$")
COUNTS = re.compile(r"(/input_tokens|/count_tokens|:countTokens)$")
ERROR = re.compile(r"error-([45]\d\d)")
LISTS = re.compile(r"/models$")


class Upstream:
    """
    Four vendors without a network.

    Args:
        pace: Seconds between two frames of a stream.
        script: What goes wrong, and when.
        keys: The keys that are known; by default any key will do.
        accounts: Whose keys they are and what each may use; then no other key is known.
        tokens: Who gives out tokens, at the same address; then only those are known, beside `keys`.
        keep_calls: How many calls to remember.
    """

    def __init__(
        self,
        pace: float = 0.0,
        script: Script | None = None,
        keys: frozenset[str] | None = None,
        accounts: Accounts | None = None,
        *,
        tokens: TokenServer | None = None,
        keep_calls: int = 10_000,
    ) -> None:
        self.pace = pace
        self.script = script or Script()
        self.keys = keys
        self.accounts = accounts
        self.tokens = tokens
        self.calls: list[Call] = []
        self._keep_calls = keep_calls
        self._serial = 0

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, and remember the call."""
        self._serial += 1
        exchange = _Exchange(request, self._serial)
        call = self._remember(exchange)
        if self.tokens is not None and self.tokens.answers(request):
            return self.tokens.answer(request, call)
        fault = self.script.pick(call)
        try:
            answer = self._answer(exchange) if fault is None else self._spoiled(fault, exchange)
        except Refused as refused:
            answer = exchange.refuse(refused.refusal)
        headers = {**exchange.vendor.request_id(self._serial), **answer.headers}
        pace = self._pace_of(call.key)
        pieces = _paced(answer.pieces, pace) if pace else answer.pieces
        return msgspec.structs.replace(answer, headers=headers, pieces=pieces, call=call)

    def _remember(self, exchange: "_Exchange") -> Call:
        request = exchange.request
        call = Call(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=request.body,
            key=exchange.key,
            model=exchange.model,
        )
        self.calls.append(call)
        if len(self.calls) > self._keep_calls:
            del self.calls[0]
        return call

    def _spoiled(self, fault: Fault, exchange: "_Exchange") -> Answer:
        match fault:
            case Refuse(status, body, headers):
                if body is None:
                    return exchange.refuse(exchange.vendor.usual_refusal(status), headers)
                return whole(status, {"content-type": exchange.vendor.json_type, **headers}, body)
            case RefuseInside():
                return exchange.refuse_inside(self._answer(exchange), fault)
            case NoContent():
                return exchange.say(Said())
            case NotStreamed():
                return exchange.say(speak(exchange.asked), stream=False)
            case _:
                return spoil(fault, self._answer(exchange))

    def _answer(self, exchange: "_Exchange") -> Answer:
        if problem := self._problem_with_key(exchange):
            return exchange.refuse(problem)
        return _routed(exchange) if self.accounts is None else _on_account(exchange, self.accounts)

    def _problem_with_key(self, exchange: "_Exchange") -> Refusal | None:
        if not exchange.key:
            return exchange.vendor.problems[Problem.NO_KEY]
        given_out = self.tokens is not None and bool(self.tokens.owner_of(exchange.key))
        known = self.keys if self.tokens is None else self.keys or frozenset()
        if known is not None and exchange.key not in known and not given_out:
            return exchange.vendor.bad_key(exchange.request, exchange.key)
        if self.accounts is not None:
            return _problem_with_account(exchange, self._account_of(exchange.key))
        return None

    def _account_of(self, key: str) -> Account | None:
        accounts = self.accounts
        name = accounts.name_of(key) if accounts is not None else ""
        return accounts[name] if accounts is not None and name else None

    def _pace_of(self, key: str) -> float:
        account = self._account_of(key)
        return self.pace if account is None or account.pace is None else account.pace


class _Exchange:
    """One request at one vendor."""

    def __init__(self, request: Request, serial: int) -> None:
        self.request = request
        self.serial = serial
        self.vendor = vendor_of(request)
        self.key = self.vendor.key_of(request)
        self.body = _decoded(request.body)
        self.model = model_in(request.path) or str((self.body or {}).get("model", ""))
        self._asked: Asked | None = None

    @property
    def asked(self) -> Asked:
        """What the request says; raises Refused where the vendor would not accept it."""
        if self._asked is None:
            if self.body is None:
                raise Refused.because(self.vendor.problems[Problem.BAD_JSON])
            self._asked = self.vendor.read(self.request, self.body)
        return self._asked

    @property
    def is_counted(self) -> bool:
        """Whether a window pays for it: a model is asked to say something."""
        path = self.request.path
        return self.request.method == "POST" and answers_at(path) and not COUNTS.search(path)

    def say(self, said: Said, *, stream: bool = True) -> Answer:
        """Return what is said in the form that was asked for, or whole."""
        vendor, asked = self.vendor, self.asked
        if stream and asked.stream:
            kind = vendor.json_type if asked.as_array else vendor.stream_type
            return Answer(200, {"content-type": kind}, vendor.frames(asked, said, self.serial))
        return whole(200, {"content-type": vendor.json_type}, vendor.whole(asked, said, self.serial))

    def refuse(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Answer:
        body = self.vendor.error_body(refusal, self.serial)
        return whole(refusal.status, {"content-type": self.vendor.json_type, **(headers or {})}, body)

    def refuse_inside(self, answer: Answer, fault: RefuseInside) -> Answer:
        """Return the beginning of an answer, and then a refusal."""
        refusal = self.vendor.usual_refusal(self.vendor.overload if fault.status is None else fault.status)
        if fault.message is not None:
            refusal = msgspec.structs.replace(refusal, message=fault.message)
        if not self.asked.stream:
            return msgspec.structs.replace(self.refuse(refusal), status=200)
        first = list(islice(answer.pieces, self.vendor.opening if fault.frames is None else fault.frames))
        last = self.vendor.stream_error(self.asked, refusal, self.serial, len(first))
        return msgspec.structs.replace(answer, pieces=[*first, *last])


def _problem_with_account(exchange: _Exchange, account: Account | None) -> Refusal | None:
    if account is not None and not account.revoked:
        return None
    taken_back = account_words.revoked(exchange.vendor) if account is not None and account.is_plan else None
    return taken_back or exchange.vendor.bad_key(exchange.request, exchange.key)


def _on_account(exchange: _Exchange, accounts: Accounts) -> Answer:
    """Return what an account is answered: what it asked for, at its speed, while its windows allow."""
    name = accounts.name_of(exchange.key)
    account, delay = accounts[name], Pause(accounts[name].delay)
    before = (delay,) if delay.seconds else ()
    if not exchange.is_counted:
        return msgspec.structs.replace(_routed(exchange), before=before)
    state = _state(exchange, accounts, account, name)
    if spent := state.spent:
        headers, body = account_words.refused(exchange.vendor, state, spent, exchange.serial)
        return whole(429, {"content-type": exchange.vendor.json_type, **headers}, body)
    answer = _routed(exchange)
    if answer.status != 200:
        return answer
    accounts.take(name, exchange.model)
    headers = account_words.told(exchange.vendor, _state(exchange, accounts, account, name))
    return msgspec.structs.replace(answer, headers={**answer.headers, **headers}, before=before)


def _state(exchange: _Exchange, accounts: Accounts, account: Account, name: str) -> account_words.State:
    readings = accounts.readings(name, exchange.model)
    return account_words.State(account, exchange.model, readings, accounts.clock())


def _routed(exchange: _Exchange) -> Answer:
    vendor, path = exchange.vendor, exchange.request.path
    if exchange.request.method == "GET" and LISTS.search(path):
        names = (*MODELS, *(case for case in recordings.cases(vendor.dialect) if not case.startswith("error")))
        return whole(200, {"content-type": vendor.json_type}, vendor.models(names))
    if exchange.request.method != "POST" or not answers_at(path):
        found = f"{exchange.request.method} {path}"
        return exchange.refuse(vendor.problems[Problem.UNKNOWN_PATH].about(found))
    if exchange.model.startswith(MISSING):
        return exchange.refuse(vendor.problems[Problem.UNKNOWN_MODEL].about(exchange.model))
    if COUNTS.search(path):
        return whole(200, {"content-type": vendor.json_type}, vendor.count(exchange.asked))
    if vendor.compact is not None and COMPACTS.search(path):
        return whole(200, {"content-type": vendor.json_type}, vendor.compact(exchange.asked, exchange.serial))
    if exchange.model in recordings.cases(vendor.dialect):
        return _played(exchange)
    if status := ERROR.fullmatch(exchange.model):
        return exchange.refuse(vendor.usual_refusal(int(status[1])))
    return exchange.say(speak(exchange.asked))


def _played(exchange: _Exchange) -> Answer:
    """Return a recording in the form that was asked for; an error is whole in any case."""
    vendor, case, asked = exchange.vendor, exchange.model, exchange.asked
    form: Form = "array" if asked.as_array else "stream" if asked.stream else "whole"
    there = recordings.forms(vendor.dialect, case)
    if form not in there and there == ("whole",) and recordings.recorded(vendor.dialect, case).response.status != 200:
        form = "whole"
    if form not in there:
        return exchange.refuse(vendor.problems[Problem.WRONG_FORM].about(str(asked.stream).lower()))
    return recordings.recorded(vendor.dialect, case, form).answer()


def _decoded(body: bytes) -> JsonObject | None:
    try:
        return msgspec.json.decode(body, type=dict) if body else None
    except msgspec.DecodeError:
        return None


def _paced(pieces: Iterable[Piece], pace: float) -> Iterator[Piece]:
    for index, piece in enumerate(pieces):
        if index:
            yield Pause(pace)
        yield piece
