"""What one kind of account says of quotas and refusals, read by whoever knows a part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice

from msgspec.structs import replace

from cliproxy.credentials.quota import DERIVED, MOST_WINDOWS, STATED, QuotaWindow
from cliproxy.errors import Failure
from cliproxy.providers.diagnosis import claims as common
from cliproxy.providers.diagnosis.failures import failure_of
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.told import Told, told
from cliproxy.providers.diagnosis.verdict import OK, Claim, Verdict, judged

WindowReader = Callable[[Observation, Told], Iterable[QuotaWindow]]
ClaimReader = Callable[[Observation, Told], Iterable[Claim]]

_MAY_BE_LIMITS = (402, 403, 429, 503, 529)
_MAY_BE_THE_PLAN = (400, 402, 403, 413, 429)


@dataclass(frozen=True, slots=True)
class Signals:
    """The readers of one kind of account. `claims` know this vendor's meaning of codes that others use otherwise."""

    windows: tuple[WindowReader, ...]
    claims: tuple[ClaimReader, ...] = ()

    def quota(self, observation: Observation) -> tuple[QuotaWindow, ...]:
        """Return what headers, a refusal's body, an event or a usage endpoint's body say of windows."""
        return self._quota(observation, told(observation.body))

    def verdict(self, observation: Observation) -> Verdict:
        """Return what an answer means for who may be asked."""
        said = told(observation.body)
        if not observation.polled and 0 < observation.status < 400 and not said.is_error:
            return OK
        return self._verdict(observation, said, self._quota(observation, said))

    def diagnose(self, observation: Observation) -> Failure:
        """Return what a refusal means."""
        said = told(observation.body)
        return failure_of(observation, said, self._verdict(observation, said, self._quota(observation, said)))

    def _quota(self, observation: Observation, said: Told) -> tuple[QuotaWindow, ...]:
        found = chain.from_iterable(read(observation, said) for read in self.windows)
        windows = tuple(islice(found, MOST_WINDOWS))
        if not observation.third_party:
            return windows
        return tuple(
            replace(window, confidence=DERIVED) if window.confidence == STATED else window for window in windows
        )

    def _verdict(self, observation: Observation, said: Told, windows: tuple[QuotaWindow, ...]) -> Verdict:
        if observation.polled:
            return judged(observation, said, windows, (), is_limit=False)
        status = observation.status
        if any(code in common.OTHERWISE for code in said.codes):
            return OK
        coded = list(common.of_codes(observation, said))
        is_limit = status == 429 or any(code in common.LIMITS for code in said.codes)
        claims: list[Claim] = []
        if is_limit or coded or status in _MAY_BE_LIMITS:
            claims += chain.from_iterable(read(observation, said) for read in self.claims)
            claims += [*([] if claims else coded), *common.of_words(observation, said)]
        if status in _MAY_BE_THE_PLAN or observation.inside:
            claims += common.of_plan(said)
        if not claims and not is_limit and status in common.BY_STATUS:
            claims.append(common.BY_STATUS[status])
        return judged(observation, said, windows, claims, is_limit=is_limit)
