"""What an attempt came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import structs

from cliproxy.conversation.reply import Usage
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.errors import Failure
from cliproxy.usage.record import Outcome

LEAST_SECRET = 6  # characters; anything shorter would be found by chance


class Refused(Exception):  # noqa: N818 (an upstream's answer, not a fault of ours)
    """The attempt failed while another credential could still be asked."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _nothing() -> None:
    pass


@dataclass(slots=True)
class Result:
    """What an attempt came to, for the pool and the usage record."""

    secret: str = field(repr=False)  # the credential's, which no failure may repeat
    answered: Callable[[], None] = field(default=_nothing, repr=False)  # is told once content has come
    usage: Usage = field(default_factory=Usage)
    outcome: Outcome = Outcome.ABANDONED  # until something else is known
    failure: Failure | None = None
    first_byte_at: float = 0.0  # unix time
    losses: tuple[str, ...] = ()
    windows: tuple[QuotaWindow, ...] = ()  # what the upstream told of the account's quota

    def refused(self, failure: Failure) -> Refused:
        """Note a failure, and return what is raised where the client has seen nothing yet."""
        self.failure = _without_secret(failure, self.secret)
        self.outcome = Outcome.FAILED
        return Refused(self.failure)

    def cleaned(self, units: list[bytes]) -> list[bytes]:
        """Return an error on its way to the client without the credential's secret, should it be repeated there."""
        secret = self.secret.encode()
        return [unit.replace(secret, b"***") for unit in units] if len(secret) >= LEAST_SECRET else units

    def succeeded(self) -> None:
        """Note that the reply is complete."""
        self.outcome = Outcome.SUCCEEDED


def _without_secret(failure: Failure, secret: str) -> Failure:
    """Some upstreams repeat the key they refuse; it goes no further."""
    if len(secret) < LEAST_SECRET or (secret not in failure.message and secret.encode() not in failure.body):
        return failure
    return structs.replace(failure, message=failure.message.replace(secret, "***"), body=b"")
