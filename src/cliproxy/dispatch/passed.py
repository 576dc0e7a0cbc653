"""An upstream's headers -> those that go on to the client, where the operator wants that."""

from __future__ import annotations

from cliproxy.wire.headers import can_go_on
from cliproxy.wire.http import HeaderList, Headers

_NOT_PASSED = {  # about this hop, or about a body that we may have changed
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "set-cookie",
    "content-length",
    "content-encoding",
    "content-type",
    "date",
    "server",
}


def passed(headers: Headers, ours: HeaderList) -> HeaderList:
    """Return what goes on of an upstream's headers, and ours, which stand in place of its own of that name."""
    named = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    left_out = _NOT_PASSED | named | {name for name, _ in ours}
    theirs = [one for one in headers.items() if one[0].lower() not in left_out and can_go_on(*one)]
    return (*theirs, *ours)
