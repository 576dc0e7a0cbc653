"""
Why an exchange went as it did: who could have served it, who was passed over and why, who was asked, what came of it.

It names credentials by their handles and, for the operator, by their labels; it holds no secret and nothing that was
said. The latest are kept in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from msgspec import Struct, field

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.reason import REVOKED, Reason
from cliproxy.errors import Failure

MOST_KEPT = 1_000  # exchanges
MOST_STEPS = 100  # of one exchange
MOST_NAMED = 10  # who were passed over, in one step


class Step(Struct, frozen=True):
    """One thing that happened."""

    at: float  # unix time
    event: str  # passed over, asked, refused, answered, waited, left, nobody
    credential: str = ""  # its handle
    account: str = ""  # its label
    model: str = ""  # as the upstream names it
    why: str = ""


class Explanation(Struct):
    """What happened to one exchange, in order."""

    exchange_id: str
    at: float  # unix time
    model: str  # as the client named it
    dialect: str
    principal: str
    candidates: int
    steps: list[Step] = field(default_factory=list)
    left_out: int = 0  # steps beyond the bound

    def add(self, step: Step) -> None:
        """Note a step."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append(step)
        else:
            self.left_out += 1

    def passed_over(
        self, reasons: Iterable[Reason], credential: Callable[[str], Credential | None], *, at: float
    ) -> None:
        """Note who could not be asked."""
        for reason in reasons:
            known = credential(reason.candidate.credential_id)
            handle, label = ("", "") if known is None else (known.handle, known.label)
            self.add(Step(at, "passed over", handle, label, reason.candidate.model, why_of(reason, at)))

    def asked(self, credential: Credential, model: str, *, at: float) -> None:
        """Note who is asked."""
        self.add(Step(at, "asked", credential.handle, credential.label, model))

    def came(self, event: str, credential: Credential, model: str, failure: Failure | None, *, at: float) -> None:
        """Note what came of it."""
        why = "" if failure is None else f"{failure.kind.value.replace('_', ' ')}: {failure.message}"
        self.add(Step(at, event, credential.handle, credential.label, model, why))

    def __str__(self) -> str:
        lines = [
            f"{self.exchange_id}: {self.model} in {self.dialect} for {self.principal or 'anybody'};"
            f" {self.candidates} could serve it"
        ]
        for step in self.steps:
            who = " ".join(part for part in (step.account or step.credential, step.model) if part)
            said = ": ".join(part for part in (who, step.why) if part)
            lines.append(f"  {step.at - self.at:+8.3f} s  {step.event}{' ' if said else ''}{said}")
        if self.left_out:
            lines.append(f"  and {self.left_out} steps more")
        return "\n".join(lines)


class Explanations:
    """The latest, by exchange."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[str, Explanation] = OrderedDict()

    def keep(self, explanation: Explanation) -> None:
        """Keep one; the oldest goes."""
        self._kept[explanation.exchange_id] = explanation
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def get(self, exchange_id: str) -> Explanation | None:
        """Return what happened to an exchange, if it is still known."""
        return self._kept.get(exchange_id)

    def latest(self, most: int = MOST_NAMED) -> list[Explanation]:
        """Return the latest, the newest first."""
        return list(reversed(self._kept.values()))[:most]


def why_of(reason: Reason, now: float) -> str:
    """Return in words why somebody could not be asked."""
    words = f"{reason.state}, somebody must log in again" if reason.state == REVOKED else reason.state
    if reason.rests_until is not None and reason.rests_until > now:
        words += f" for {reason.rests_until - now:.0f} s"
    if reason.failure is not None:
        words += f" ({reason.failure.kind.value.replace('_', ' ')}, {reason.scope})"
    return words
