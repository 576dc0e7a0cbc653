"""Steps played by hand: the requests they ask for, and the answers that a test gives."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from multidict import CIMultiDict

from cliproxy.wire.http import HttpRequest, HttpResponse, Steps

T = TypeVar("T")


def answer(body: Any, status: int = 200) -> HttpResponse:
    """Return an answer with a JSON body, or with these bytes."""
    return HttpResponse(status, CIMultiDict(), body if isinstance(body, bytes) else msgspec.json.encode(body))


def played(steps: Steps[T], *answers: HttpResponse | Exception) -> tuple[T, list[HttpRequest]]:
    """Return what steps come to with these answers, and what they asked. An exception: no answer came."""
    asked: list[HttpRequest] = []
    step = next(steps)
    for one in answers:
        assert isinstance(step, HttpRequest)
        asked.append(step)
        try:
            step = steps.throw(one) if isinstance(one, Exception) else steps.send(one)
        except StopIteration as end:
            assert len(asked) == len(answers), "an answer was left over"
            result: T = end.value
            return result, asked
    raise AssertionError(f"it asks on: {step}")
