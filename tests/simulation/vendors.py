"""Upstreams with accounts, and what goes wrong there; every call passes before the watcher."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from urllib.parse import urlsplit

from cliproxy.providers.claude import REFRESH as CLAUDE
from cliproxy.providers.codex import REFRESH as CODEX
from cliproxy.simulator import (
    Answer,
    Call,
    CutAt,
    Delay,
    Drip,
    Empty,
    EndAt,
    Fault,
    Hang,
    NoContent,
    NotStreamed,
    Refuse,
    RefuseInside,
    Request,
    Script,
    Upstream,
    WrongType,
)
from cliproxy.simulator.accounts import Accounts, Window
from cliproxy.simulator.tokens import TokenServer
from tests.gateway.asking import MESSAGES, RESPONSES
from tests.simulation.journal import Journal
from tests.simulation.scenario import DAY, Place, Scenario
from tests.simulation.spending import Spending

LONG_HINT = 18 * DAY  # seconds; what some upstreams have asked for

TOKEN_HOSTS = {"api.anthropic.com": urlsplit(CLAUDE.url).netloc, "chatgpt.com": urlsplit(CODEX.url).netloc}

_MARKERS = re.compile(rb"q\d+x\d+")
_OVERLOADED = (503, 529)


class Weather(Script):
    """What goes wrong with calls: some always do, and now and then a whole place has too much to do."""

    def __init__(self, chance: Random, trouble: float) -> None:
        super().__init__()
        self.trouble = trouble  # share of calls
        self.is_overloaded = False
        self.silent: set[str] = set()  # markers of requests that were answered with nothing
        self._chance = chance

    def pick(self, call: Call) -> Fault | None:
        chance = self._chance
        if self.is_overloaded and chance.random() < 0.9:
            return Refuse(chance.choice(_OVERLOADED))
        if chance.random() >= self.trouble:
            return None
        fault = self._trouble(chance)
        if isinstance(fault, NoContent):
            self.silent.add(marker_in(call.body))
        return fault

    def _trouble(self, chance: Random) -> Fault:
        byte = int(chance.expovariate(1 / 300))
        faults: tuple[tuple[float, Fault], ...] = (
            (3, Delay(chance.expovariate(1 / 20))),
            (3, Drip(40, 0.2)),
            (3, RefuseInside()),
            (2, RefuseInside(status=429)),
            (2, CutAt(byte)),
            (2, EndAt(byte)),
            (2, Empty()),
            (2, CutAt(None)),
            (2, Refuse(500)),
            (2, Refuse(429, headers={"retry-after": str(chance.choice((0, 1, 20, int(LONG_HINT))))})),
            (1, Refuse(429, headers={"retry-after": "soon"})),
            (1, Hang()),
            (1, Hang(byte)),
            (1, NoContent()),
            (1, NotStreamed()),
            (1, WrongType()),
            (1, Refuse(400)),
            (0.2, Refuse(401)),
            (0.2, Refuse(403)),
        )
        return chance.choices([fault for _, fault in faults], [weight for weight, _ in faults])[0]


class TokenTrouble(Script):
    """What goes wrong with token servers."""

    def __init__(self, chance: Random, trouble: float) -> None:
        super().__init__()
        self._chance = chance
        self._trouble = trouble

    def pick(self, call: Call) -> Fault | None:
        chance = self._chance
        if chance.random() >= self._trouble:
            return Delay(chance.uniform(0.1, 2.0))
        return chance.choice((Refuse(500), Refuse(503), Refuse(429), Delay(chance.uniform(5, 40)), Delay(2.0)))


class Vendors:
    """All places of a scenario."""

    def __init__(self, scenario: Scenario, chance: Random, clock: Callable[[], float], journal: Journal) -> None:
        self.accounts: dict[str, Accounts] = {}  # by host
        self.weather: dict[str, Weather] = {}
        self.tokens: dict[str, TokenServer] = {}
        self.places = {place.host: place for place in scenario.places}
        self.behaviours: dict[str, Callable[[Request], Answer]] = {}
        self.spending = Spending(journal)
        self._stated: dict[tuple[str, str], float] = {}  # unix time at which a key has quota again for a model
        self._scenario = scenario
        self._chance = chance
        self._journal = journal
        for place in scenario.places:
            self._open(place, clock)

    def enrol(self, host: str, key: str) -> None:
        """Make an account."""
        chance, scenario = self._chance, self._scenario
        per_account = scenario.requests * 1.3 / scenario.accounts
        in_window = max(1.0, per_account * min(1.0, scenario.window / scenario.span) / scenario.demand)
        amount = max(1, round(in_window * chance.uniform(0.5, 2.0)))
        windows = (Window(amount, scenario.window),) if chance.random() < 0.8 else ()
        self.accounts[host].change(
            key,
            windows=windows,
            is_plan=chance.random() < 0.5,
            delay=chance.choice((0.0, 0.2, 2.0)),
            pace=chance.choice((0.0, 0.05, 1.0)),
        )

    def calm(self) -> None:
        """From now on all goes well, with all accounts."""
        for weather in self.weather.values():
            weather.trouble, weather.is_overloaded = 0.0, False
        for accounts in self.accounts.values():
            for key in accounts:
                accounts.change(key, windows=(), revoked=False, hint=None)
        for tokens in self.tokens.values():
            tokens.script = Script()

    def stated(self, key: str, model: str) -> float | None:
        """Return when quota is back, as a plan's refusal has told; None: nothing that must be understood was said."""
        return self._stated.pop((key, model), None)

    def _heed(self, place: Place, call: Call, answer: Answer) -> None:
        """Note what a plan tells of its end, at vendors that say so plainly."""
        accounts = self.accounts[place.host]
        name = accounts.name_of(call.key)
        if answer.status != 429 or not name or place.dialect not in (MESSAGES, RESPONSES):
            return
        account, readings = accounts[name], accounts.readings(name, call.model)
        ends = [reading.ends for reading in readings if not reading.left and reading.ends is not None]
        if account.is_plan and account.hint is None and ends:
            self._stated[call.key, call.model] = max(ends)

    def _open(self, place: Place, clock: Callable[[], float]) -> None:
        scenario, host = self._scenario, place.host
        self.weather[host] = weather = Weather(self._chance, scenario.trouble)
        tokens = None
        if place.is_login:
            trouble = TokenTrouble(self._chance, scenario.trouble)
            tokens = TokenServer(clock, lifetime=scenario.token_lasts, grace=scenario.grace, script=trouble)
            self.tokens[host] = tokens
        owner = tokens.owner_of if tokens is not None else None
        self.accounts[host] = accounts = Accounts({}, clock, owner)
        upstream = Upstream(script=weather, accounts=accounts, tokens=tokens, keep_calls=1)

        def answer(request: Request) -> Answer:
            answered = upstream.answer(request)
            assert answered.call is not None
            call = answered.call
            if tokens is not None and tokens.answers(request):
                self._journal.note(f"{call.key} is presented for {call.model or 'nobody'}: {answered.status}")
                self.spending.presented(tokens, call)
            else:
                self._journal.note(f"{marker_in(call.body)} asks {call.key} for {call.model}: {answered.status}")
                self._heed(place, call, answered)
            return answered

        self.behaviours[host] = answer
        if place.is_login:
            self.behaviours[TOKEN_HOSTS[host]] = answer


def marker_in(body: bytes) -> str:
    """Return the marker of the turn that a request is about."""
    found = _MARKERS.findall(body)
    return found[-1].decode() if found else ""
