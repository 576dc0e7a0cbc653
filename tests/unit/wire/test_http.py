"""The values of an HTTP call keep what they carry to themselves."""

from __future__ import annotations

from cliproxy.wire.http import HttpRequest, Inbound


async def _nothing() -> bytes:
    return b""


def test_a_request_to_an_upstream_shows_no_secret() -> None:
    """It can turn up in any traceback, with the account's key in its headers and a password in its proxy."""
    request = HttpRequest(
        "POST",
        "https://up.example/v1?key=sk-query",
        (("Authorization", "Bearer sk-header"),),
        b"sk-body",
        "http://user:sk-proxy@proxy.example",
    )

    assert "sk-" not in repr(request)
    assert "https://up.example/v1" in repr(request)


def test_a_clients_request_shows_no_key() -> None:
    """Clients put their keys into headers and into the query."""
    inbound = Inbound("POST", "/v1/messages", {"key": "sk-1"}, {"x-api-key": "sk-2"}, "127.0.0.1", _nothing)

    assert "sk-" not in repr(inbound)
    assert "/v1/messages" in repr(inbound)
