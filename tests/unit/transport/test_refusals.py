"""What is said where no answer comes. Over real sockets: `test_http`, `tests/gateway/test_network.py`."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

from cliproxy.transport.refusals import unreachable

HOST, PROXY = "upstream.example", "socks5://user:hush@10.0.0.1:1080"
KEY = ConnectionKey(HOST, 443, True, True, None, None, None, None)
PROXY_KEY = ConnectionKey("10.0.0.1", 1080, True, True, None, None, None, None)
THERE = "the proxy 10.0.0.1:1080"


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "certificate has expired"
    return error


def at_the_end_of_a_tunnel() -> aiohttp.ClientOSError:
    error = aiohttp.ClientOSError(1, "failed")
    error.__cause__ = untrusted()
    return error


@pytest.mark.parametrize(
    ("error", "proxy", "said"),
    [
        (aiohttp.ConnectionTimeoutError(), "", f"{HOST} could not be connected to in time"),
        (aiohttp.ConnectionTimeoutError(), PROXY, f"{HOST} could not be connected to in time through {THERE}"),
        (ProxyTimeoutError(), PROXY, f"{HOST} could not be connected to in time through {THERE}"),
        (aiohttp.SocketTimeoutError(), PROXY, f"{HOST} did not answer in time"),
        (ProxyConnectionError("hush"), PROXY, f"{THERE} on the way to {HOST} could not be reached"),
        (
            aiohttp.ClientProxyConnectionError(PROXY_KEY, OSError(errno.ECONNREFUSED, "hush")),
            PROXY,
            f"{THERE} on the way to {HOST} could not be reached",
        ),
        (ProxyError("Connection refused", 5), PROXY, f"{THERE} did not connect to {HOST}: Connection refused"),
        (
            ProxyError("Username and password authentication failure"),
            PROXY,
            f"{THERE} wants another login than the one in its URL, or one at all",
        ),
        (
            ProxyError("No acceptable authentication methods were offered"),
            PROXY,
            f"{THERE} wants another login than the one in its URL, or one at all",
        ),
        (
            aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "Connect call failed")),
            "",
            f"{HOST} could not be reached: {os.strerror(errno.ECONNREFUSED)}",
        ),
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "Name not known")),
            "",
            f"{HOST} could not be reached: Name not known",
        ),
        (
            aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "wrong version number")),
            "",
            f"{HOST} could not be reached: wrong version number",
        ),
        (aiohttp.ServerDisconnectedError(), "", f"{HOST} could not be reached: ServerDisconnectedError"),
        (ValueError("hush"), "", f"{HOST} could not be reached: ValueError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_who_was_in_the_way_is_said(error: Exception, proxy: str, said: str) -> None:
    """The upstream, or the proxy; and what libraries say beside it stays behind where it may hold a password."""
    told = unreachable(error, HOST, proxy)

    assert str(told) == said
    assert told.timed_out == isinstance(error, TimeoutError | ProxyTimeoutError)


@pytest.mark.parametrize(
    ("error", "shown_by"),
    [
        (untrusted(), HOST),
        (at_the_end_of_a_tunnel(), HOST),
        (aiohttp.ClientConnectorCertificateError(KEY, untrusted()), HOST),
        (aiohttp.ClientConnectorCertificateError(PROXY_KEY, untrusted()), "10.0.0.1"),
    ],
)
def test_a_refused_certificate_is_said_with_its_host_and_what_to_do(error: Exception, shown_by: str) -> None:
    """Whichever library met it, on whichever part of the way."""
    assert str(unreachable(error, HOST, PROXY)) == (
        f"the certificate of {shown_by} is not trusted: certificate has expired; where it comes from an authority of"
        " your own, put that one's certificate into upstream-tls.ca-file"
    )
