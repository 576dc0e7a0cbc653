"""What upstreams say of refusals and quotas: any status, any headers, any body."""

from __future__ import annotations

import math

import msgspec
from multidict import CIMultiDict

from cliproxy.credentials.quota import MOST_WINDOWS, QuotaWindow, freed, merged, rests
from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis import reading
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.signals import Signals
from tests.fuzz.laws import must

NOW = 1_800_000_000.0
LONGEST_REST = 32 * 86_400.0  # seconds: a month, and some
LONGEST_NAME = 300  # characters
SIGNALS = [one for _, one in sorted(vars(reading).items()) if isinstance(one, Signals)]
WAYS = ((False, False), (True, False), (False, True))  # of a reply, inside one, from a usage endpoint
SCOPES = ("request", "model", "account", "project", "upstream")


def diagnosis(data: bytes) -> None:
    """Nothing that an upstream sends is too odd to be read, and nothing it says is believed for longer than a month."""
    if not data:
        return
    inside, polled = WAYS[data[0] % len(WAYS)]
    observation = _observation(data[1:], inside=inside, polled=polled, third_party=data[0] >= 128)
    for signals in SIGNALS:
        _must_be_told(signals, observation)


def _observation(data: bytes, *, inside: bool, polled: bool, third_party: bool) -> Observation:
    """Read an answer as it is written: a status, headers, an empty line, the body."""
    head, _, body = data.partition(b"\n\n")
    status, *lines = head.split(b"\n")
    fields = (line.decode("latin-1").partition(":") for line in lines[:50])
    headers = CIMultiDict((name, value.strip()) for name, _, value in fields)
    number = int(status) if status.isdigit() and len(status) < 4 else 429
    return Observation(
        number, headers, body, NOW, "claude-opus-5", inside=inside, polled=polled, third_party=third_party
    )


def _must_be_told(signals: Signals, observation: Observation) -> None:
    failure = signals.diagnose(observation)
    must(isinstance(failure.kind, FailureKind), "a refusal of no kind")
    must(failure.message != "", "a refusal without a word")
    must(failure.scope in SCOPES or failure.scope.startswith("group:"), f"the scope {failure.scope!r}")
    must(failure.retry_after is None or 0 < failure.retry_after < math.inf, f"a wait of {failure.retry_after}")
    until = failure.rests_until
    must(until is None or NOW < until <= NOW + LONGEST_REST, f"a rest until {until}")
    windows = signals.quota(observation)
    must(len(windows) <= MOST_WINDOWS, "more windows than an account keeps")
    for window in windows:
        _must_be_kept(window)
    after = merged(windows, windows, now=NOW + 1)
    must(not freed(after, after, now=NOW + 1), "an account is free by what was known")
    must(all(until is None or until > NOW for until in rests(after, now=NOW).values()), "a rest that is over")


def _must_be_kept(window: QuotaWindow) -> None:
    numbers = (window.period, window.limit, window.used, window.remaining, window.used_fraction, window.resets_at)
    must(all(number is None or math.isfinite(number) for number in numbers), f"a number that is none in {window}")
    must(len(window.name) + len(window.scope) + len(window.unit) <= LONGEST_NAME, "a name without end")
    must(msgspec.json.decode(msgspec.json.encode(window), type=QuotaWindow) == window, "a window that cannot be kept")
