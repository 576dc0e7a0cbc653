"""Ports of this machine, for what must be told before it listens."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

BELOW_OUTGOING = 20_000, 32_000  # the system takes none of these for a connection going out


def free_port() -> int:
    """Return a port that is free, and that the system gives to no connection going out meanwhile."""
    while True:
        port = random.randrange(*BELOW_OUTGOING)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def is_free(port: int) -> bool:
    """Tell whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
