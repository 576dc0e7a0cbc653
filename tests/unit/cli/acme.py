"""
Our command with one more vendor, announced as an installed package would: `python -m tests.unit.cli.acme login acme`.

Whoever opens its page has consented: the page is the callback already. `ACME_PORT` says where that is.
"""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints

from cliproxy import discovery
from cliproxy.cli.main import run
from cliproxy.login.flow import Callback, LoginKind
from cliproxy.wire.http import Ask
from tests.unit.runtime.logging_in import NAME, Flow, provider

PATH = "/callback"
PORT = int(os.environ.get("ACME_PORT", "1"))
NOTICE = "Acme has nothing against this: https://acme.example/terms"

PROVIDER = replace(
    provider(
        Flow(callback=Callback(PORT, PATH), url=f"http://127.0.0.1:{PORT}{PATH}?code=bob&state=STATE"),
        Flow(LoginKind.DEVICE, waits=0.3, asks=Ask("Which?", ("one", "two", "three"), "one")),
        Flow(LoginKind.COOKIE, question="Your cookie"),
        Flow(LoginKind.KEY_FILE, question="Path of the key file"),
    ),
    notice=NOTICE,
)


def announced(*, group: str) -> EntryPoints:
    """Return what `importlib.metadata` would find, were this installed."""
    return EntryPoints([EntryPoint(NAME, "tests.unit.cli.acme:PROVIDER", group)])


if __name__ == "__main__":
    discovery.entry_points = announced  # type: ignore[assignment, attr-defined]
    run()
