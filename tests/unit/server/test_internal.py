"""Who may ask Cloud Code's own methods."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from cliproxy.errors import AccessDenied
from cliproxy.server.internal import check_local
from cliproxy.wire.http import Inbound


def inbound(peer: str = "127.0.0.1", **headers: str) -> Inbound:
    async def read() -> bytes:
        return b""

    named = {name.replace("_", "-"): value for name, value in ({"host": "localhost:8317"} | headers).items()}
    return Inbound("POST", "/v1internal:generateContent", {}, CIMultiDict(named), peer, read)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost", "localhost:8317", "127.0.0.1:8317", "[::1]:8317"])
def test_a_program_of_this_machine_is_let_in(peer: str, host: str) -> None:
    """Over either version of IP; Node's `fetch` says `Sec-Fetch-Mode` too."""
    check_local(inbound(peer, host=host, sec_fetch_mode="cors"))


@pytest.mark.parametrize("peer", ["", "10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1"])
def test_another_machine_is_not(peer: str) -> None:
    with pytest.raises(AccessDenied) as error:
        check_local(inbound(peer))

    assert error.value.status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": ""},
        {"host": "[::1"},
        {"host": "localhost.evil.example"},
        {"origin": "http://localhost:8317"},
        {"sec_fetch_site": "none"},
        {"forwarded": "for=10.0.0.1"},
        {"x_forwarded_for": "10.0.0.1"},
        {"x_real_ip": "10.0.0.1"},
    ],
)
def test_whoever_speaks_for_somebody_else_is_not(headers: dict[str, str]) -> None:
    """A browser speaks for its pages, a proxy for its clients."""
    with pytest.raises(AccessDenied):
        check_local(inbound(**headers))
