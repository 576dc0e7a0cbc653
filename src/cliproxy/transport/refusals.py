"""
What keeps a call from being answered -> a sentence for the operator: who was in the way, the upstream or the proxy,
and what to do. No sentence holds a password or a key.
"""

from __future__ import annotations

import os
import socket
import ssl

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

from cliproxy.transport.base import Unreachable
from cliproxy.transport.proxy import place
from cliproxy.transport.tls import SETTING

FAILED = (aiohttp.ClientError, OSError, ProxyConnectionError, ProxyError, ProxyTimeoutError, ValueError)
WANTS_LOGIN = 407

_BAD_LOGIN = "authentication"  # a word in what the SOCKS library says; it never quotes the login


def unreachable(error: BaseException, host: str, proxy: str) -> Unreachable:
    """
    Return why there is no answer.

    Args:
        error: One of `FAILED`.
        host: Of the upstream.
        proxy: URL of the proxy on the way; "": there is none.
    """
    if isinstance(error, TimeoutError | ProxyTimeoutError):
        return _too_late(error, host, proxy)
    if untrusted := _untrusted(error, host):
        return Unreachable(untrusted)
    if proxy and (blamed := _of_proxy(error, host, place(proxy))):
        return Unreachable(blamed)
    return Unreachable(f"{host} could not be reached: {_said(error)}")


def wants_login(proxy: str) -> Unreachable:
    """Return that a proxy does not take the login in its URL, or asks for one."""
    return Unreachable(f"the proxy {place(proxy)} wants another login than the one in its URL, or one at all")


def _too_late(error: BaseException, host: str, proxy: str) -> Unreachable:
    if isinstance(error, aiohttp.ConnectionTimeoutError | ProxyTimeoutError):
        through = f" through the proxy {place(proxy)}" if proxy else ""
        return Unreachable(f"{host} could not be connected to in time{through}", timed_out=True)
    return Unreachable(f"{host} did not answer in time", timed_out=True)


def _untrusted(error: BaseException, host: str) -> str:
    """Return that a certificate was refused, and by whom it was shown; "": it is something else."""
    refused: BaseException | None = error
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        host, refused = error.host, error.certificate_error  # it may have been the proxy's
    elif isinstance(error, aiohttp.ClientOSError):  # at the end of a SOCKS proxy
        refused = error.__cause__
    if not isinstance(refused, ssl.SSLCertVerificationError):
        return ""
    return (
        f"the certificate of {host} is not trusted: {refused.verify_message}; where it comes from an authority of your"
        f" own, put that one's certificate into {SETTING}"
    )


def _of_proxy(error: BaseException, host: str, proxy: str) -> str:
    """Return what the proxy did not do; "": it is not to blame."""
    match error:
        case aiohttp.ClientHttpProxyError(status=status):
            if status == WANTS_LOGIN:
                return str(wants_login(f"//{proxy}"))
            return f"the proxy {proxy} did not connect to {host}: it answered {status}"
        case aiohttp.ClientProxyConnectionError() | ProxyConnectionError():
            return f"the proxy {proxy} on the way to {host} could not be reached"
        case ProxyError() if _BAD_LOGIN in str(error):
            return str(wants_login(f"//{proxy}"))
        case ProxyError():
            return f"the proxy {proxy} did not connect to {host}: {error}"
        case _:
            return ""


def _said(error: BaseException) -> str:
    """Return what went wrong, without addresses that may hold a password."""
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        if cause.errno and not isinstance(cause, socket.gaierror | ssl.SSLError):  # their numbers are of other tables
            return os.strerror(cause.errno)
        return cause.strerror or type(cause).__name__
    return type(error).__name__
