"""Who counts as a client of the same machine."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from cliproxy.access.locality import LoopbackOnly, host_of, is_from_here, is_loopback, is_loopback_host
from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.errors import AccessDenied


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::1%lo", "0:0:0:0:0:0:0:1"]
)
def test_loopback_has_many_spellings(address: str) -> None:
    """A socket on IPv6 reports IPv4 clients as mapped addresses."""
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    ["", "0.0.0.0", "10.0.0.1", "::", "::ffff:10.0.0.1", "::ffff:128.0.0.1", "fe80::1%eth0", "localhost", "127.0.0.1."],
)
def test_what_is_not_loopback(address: str) -> None:
    """What cannot be read as an address is not local either."""
    assert not is_loopback(address)


@pytest.mark.parametrize(
    ("host", "local"), [("localhost", True), ("127.0.0.1", True), ("localhost.evil.example", False), ("", False)]
)
def test_hosts(host: str, *, local: bool) -> None:
    """A name that only begins like ours is somebody else's."""
    assert is_loopback_host(host) is local


@pytest.mark.parametrize(
    ("address", "host"),
    [("localhost:8317", "localhost"), ("[::1]:8317", "::1"), ("10.0.0.1", "10.0.0.1"), ("", ""), ("[::1", "")],
)
def test_the_host_of_an_address(address: str, host: str) -> None:
    assert host_of(address) == host


def asking(peer: str, **headers: str) -> AccessRequest:
    return AccessRequest("/v1/models", CIMultiDict(headers), {}, peer)


async def test_a_local_client_is_let_in() -> None:
    """Without keys the gateway is for its own machine."""
    assert await LoopbackOnly().authenticate(asking("::ffff:127.0.0.1")) == Principal("local")


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080"])
async def test_a_local_page_is_let_in(origin: str) -> None:
    """Somebody's own web page, served from the same machine."""
    assert await LoopbackOnly().authenticate(asking("127.0.0.1", origin=origin)) == Principal("local")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "http://[::1", "null", ""])
async def test_a_foreign_page_is_refused(origin: str) -> None:
    """A browser on this machine runs anybody's scripts, and they can reach loopback."""
    with pytest.raises(AccessDenied, match="web pages are not served") as denied:
        await LoopbackOnly().authenticate(asking("127.0.0.1", origin=origin))

    assert (denied.value.status, denied.value.code) == (403, "not_local")


@pytest.mark.parametrize("peer", ["192.168.0.7", "::ffff:192.168.0.7", ""])
async def test_another_machine_is_refused(peer: str) -> None:
    """Whatever it claims to be."""
    with pytest.raises(AccessDenied, match="only clients of the same machine") as denied:
        await LoopbackOnly().authenticate(asking(peer, origin="http://localhost"))

    assert denied.value.status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8317", "EVIL.Example.", "127.0.0.1.evil.example"])
async def test_a_page_whose_own_name_leads_here_is_refused(host: str) -> None:
    """Its maker points his name at this machine once it is loaded; then a browser says of no origin."""
    with pytest.raises(AccessDenied, match="web pages are not served"):
        await LoopbackOnly().authenticate(asking("127.0.0.1", host=host))


@pytest.mark.parametrize(
    "host", ["localhost:8317", "127.0.0.1", "[::1]:8317", "192.168.0.7:80", "box", "box.local", "host.docker.internal"]
)
async def test_a_program_calls_this_machine_by_any_name_of_its_own(host: str) -> None:
    assert await LoopbackOnly().authenticate(asking("127.0.0.1", host=host)) == Principal("local")


def test_who_was_passed_on_may_be_anybody() -> None:
    """A proxy on this machine is its neighbour; who stands behind that is not."""
    assert is_from_here("127.0.0.1", CIMultiDict({"Host": "localhost"}))
    assert not is_from_here("10.0.0.1", CIMultiDict())
    assert not is_from_here("127.0.0.1", CIMultiDict({"X-Real-IP": "127.0.0.1"}))
