"""Steps played by hand: what they ask for, and the answers that a test gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs

import msgspec
from multidict import CIMultiDict

from cliproxy.login.flow import LoginStart
from cliproxy.wire.http import Ask, HttpRequest, HttpResponse, Steps, Wait

T = TypeVar("T")

NOW = 1_800_000_000.0
ENTROPY = bytes(range(128))


def answer(body: Any, status: int = 200, *, at: float = 0.0) -> HttpResponse:
    """Return an answer with a JSON body, or with these bytes."""
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return HttpResponse(status, CIMultiDict(), data, at)


def start(entropy: bytes = ENTROPY, **more: Any) -> LoginStart:
    """Return the start of a login."""
    return LoginStart(now=NOW, entropy=entropy, **more)


def fields_of(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a form."""
    return {name: value for name, [value] in parse_qs(request.body.decode(), strict_parsing=True).items()}


@dataclass
class Talk(Generic[T]):
    """What steps came to, and what they asked on the way."""

    result: T
    asked: list[HttpRequest] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    questions: list[Ask] = field(default_factory=list)


def talked(steps: Steps[T], *answers: HttpResponse | Exception | str) -> Talk[T]:
    """Play steps to their end. An answer goes to a request (an exception: none came) or to a question; pauses pass."""
    talk: Talk[Any] = Talk(None)
    left = list(answers)
    given: HttpResponse | Exception | str | None = None
    while True:
        try:
            step = steps.throw(given) if isinstance(given, Exception) else steps.send(given)
        except StopIteration as end:
            assert not left, "an answer was left over"
            talk.result = end.value
            return talk
        if isinstance(step, Wait):
            talk.pauses.append(step.seconds)
            given = None
            continue
        assert left, f"it asks on: {step}"
        given = left.pop(0)
        if isinstance(step, Ask):
            assert isinstance(given, str)
            talk.questions.append(step)
        else:
            assert not isinstance(given, str)
            talk.asked.append(step)


def played(steps: Steps[T], *answers: HttpResponse | Exception) -> tuple[T, list[HttpRequest]]:
    """Return what steps come to with these answers, and what they asked. An exception: no answer came."""
    talk = talked(steps, *answers)
    return talk.result, talk.asked
