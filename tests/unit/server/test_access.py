"""The chain of checks."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from cliproxy.access.principal import AccessProvider, AccessRequest, Principal
from cliproxy.errors import AccessDenied
from cliproxy.server.access import principal_of
from cliproxy.wire.http import Inbound


class Check:
    """Says what it was told to say."""

    def __init__(self, verdict: Principal | AccessDenied | None) -> None:
        self.verdict = verdict
        self.asked: list[AccessRequest] = []

    async def authenticate(self, request: AccessRequest) -> Principal | None:
        self.asked.append(request)
        if isinstance(self.verdict, AccessDenied):
            raise self.verdict
        return self.verdict


async def nothing() -> bytes:
    raise AssertionError("a body was read before its sender was known")


INBOUND = Inbound("POST", "/v1/messages", {"key": "k"}, CIMultiDict({"A": "b"}), "127.0.0.1", nothing)


async def found(*chain: AccessProvider) -> Principal:
    return await principal_of(INBOUND, chain)


async def test_the_first_who_can_judge_decides() -> None:
    """Those behind it are not asked."""
    passes, knows, never = Check(None), Check(Principal("alice")), Check(AccessDenied("no"))

    assert await found(passes, knows, never) == Principal("alice")
    assert len(passes.asked) == 1
    assert never.asked == []


async def test_a_refusal_is_final() -> None:
    """Whatever another would say."""
    with pytest.raises(AccessDenied, match="not you"):
        await found(Check(AccessDenied("not you")), Check(Principal("alice")))


@pytest.mark.parametrize("count", [0, 2])
async def test_nobody_is_let_in_by_default(count: int) -> None:
    """Where no check can judge."""
    with pytest.raises(AccessDenied) as denied:
        await found(*(Check(None) for _ in range(count)))

    assert denied.value.status == 401


async def test_a_check_sees_the_request_but_not_its_body() -> None:
    """Path, headers, query and address."""
    check = Check(Principal("alice"))
    await found(check)

    [request] = check.asked
    assert (request.path, request.query, request.peer) == ("/v1/messages", {"key": "k"}, "127.0.0.1")
    assert request.headers["a"] == "b"
