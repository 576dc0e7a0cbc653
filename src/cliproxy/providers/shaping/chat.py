"""
What is asked of those who speak Chat Completions, whatever the client asked: that a stream tells what it used.

Source: `reference` sheets `translation` section 8, `providers/qwen` and `providers/kimi` section c (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.providers.base import Call
from cliproxy.wire.body import UNREADABLE, TopLevel, put

_decode = msgspec.json.Decoder(TopLevel).decode


def ask_usage(body: TopLevel, call: Call) -> None:
    """Ask for usage at the end of a stream. A client that did not is not shown it."""
    if not call.stream:
        return
    try:
        options = _decode(body.get("stream_options", b"{}"))
    except UNREADABLE:
        options = {}
    put(options, "include_usage", True)
    put(body, "stream_options", options)
