"""
Accounts at a simulated upstream: what each may use, how fast it is, and whether it is still welcome.

    accounts = Accounts({"sk-1": Account((Window(50, 60),)), "sk-2": Account(revoked=True)}, clock)
    upstream = Upstream(accounts=accounts)

An account is known by its name, which is the key it is asked with unless `owner` says otherwise. Only requests that
were answered count. Windows begin and end at whole seconds, as vendors state them; no clock is read but the one given.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY


class Window(msgspec.Struct, frozen=True):
    """So many requests in so many seconds; then the count starts anew."""

    amount: int
    seconds: float
    since: float | None = None  # unix time at which one begins; None: the first request after the last one begins it
    models: tuple[str, ...] = ()  # only requests to these count; (): to any
    each_model: bool = False  # every model has a count of its own
    name: str = ""  # of the models, where the vendor gives them one


class Account(msgspec.Struct, frozen=True):
    """One account or key."""

    windows: tuple[Window, ...] = ()  # all of them hold
    is_plan: bool = False  # a subscription; vendors speak of its windows in other words than of a key's
    project: str = ""  # accounts of one project have one count; give them the same windows
    delay: float = 0.0  # seconds before the head
    pace: float | None = None  # seconds between two frames; None: as the upstream
    revoked: bool = False
    hint: float | None = None  # seconds its refusals ask to wait, whatever is true; None: the truth


class Reading(msgspec.Struct, frozen=True):
    """How far a window is used, as of now."""

    window: Window
    used: int = 0
    ends: float | None = None  # unix time; None: it has not begun

    @property
    def left(self) -> int:
        return max(0, self.window.amount - self.used)

    @property
    def fraction(self) -> float:
        """How much is used, from 0 to 1."""
        return min(1.0, self.used / self.window.amount) if self.window.amount else 1.0


class Accounts:
    """
    All accounts of an upstream, and what they have used.

    Args:
        accounts: By name.
        clock: Gives the unix time.
        owner: Whose key it is, "" for nobody's; for tokens that change while the account stays.
    """

    def __init__(
        self, accounts: Mapping[str, Account], clock: Callable[[], float], owner: Callable[[str], str] | None = None
    ) -> None:
        self.clock = clock
        self._accounts = dict(accounts)
        self._owner = owner
        self._readings: dict[tuple[str, int, str], Reading] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._accounts)

    def __getitem__(self, name: str) -> Account:
        return self._accounts[name]

    def name_of(self, key: str) -> str:
        """Return whose key it is, or "" where nobody is known by it."""
        name = self._owner(key) if self._owner else key
        return name if name in self._accounts else ""

    def change(self, name: str, **fields: Any) -> None:
        """Give an account, which may be new, other properties; what it has used stays."""
        self._accounts[name] = msgspec.structs.replace(self._accounts.get(name, Account()), **fields)

    def revoke(self, name: str) -> None:
        """Turn an account away from now on."""
        self.change(name, revoked=True)

    def reset(self, name: str) -> None:
        """Let all counts of an account, and so of its project, start anew before their time."""
        holder = self._holder(name)
        self._readings = {place: reading for place, reading in self._readings.items() if place[0] != holder}

    def readings(self, name: str, model: str) -> tuple[Reading, ...]:
        """Return how far the windows are used that hold for a request to this model."""
        now = self.clock()
        holding = self._holding(name, model)
        return tuple(self._current(place, window, now) for place, window in holding)

    def take(self, name: str, model: str) -> None:
        """Count a request that is answered."""
        now = self.clock()
        for place, window in self._holding(name, model):
            reading = self._current(place, window, now)
            ends = math.ceil(now + window.seconds) if reading.ends is None else reading.ends
            self._readings[place] = Reading(window, reading.used + 1, ends)

    def _holding(self, name: str, model: str) -> list[tuple[tuple[str, int, str], Window]]:
        holder, windows = self._holder(name), self._accounts[name].windows
        return [
            ((holder, index, model if window.each_model else ""), window)
            for index, window in enumerate(windows)
            if not window.models or model in window.models
        ]

    def _holder(self, name: str) -> str:
        project = self._accounts[name].project
        return f"project {project}" if project else f"account {name}"

    def _current(self, place: tuple[str, int, str], window: Window, now: float) -> Reading:
        kept = self._readings.get(place)
        if kept is not None and kept.ends is not None and now < kept.ends:
            return Reading(window, kept.used, kept.ends)
        if window.since is None:
            return Reading(window)
        return Reading(
            window, 0, window.since + (math.floor((now - window.since) / window.seconds) + 1) * window.seconds
        )
