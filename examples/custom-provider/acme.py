"""
A provider of one's own: Acme, which speaks Chat Completions with three ways of its own.

It wants its key in a header of its own, wraps each reply and each chunk as `{"result": ...}`, and refuses a field that
other servers take. Everything else, the other dialects, retries, usage, is the gateway's.

    python acme.py config.yaml
"""

from __future__ import annotations

import asyncio
import sys

from cliproxy import Call, Endpoint, Gateway, Operation, Provider, TopLevel, held_under, key_header


def without_stream_options(body: TopLevel, call: Call) -> None:
    """Leave out what Acme answers 400 to; it counts tokens without being asked."""
    body.pop("stream_options", None)


PROVIDER = Provider(
    name="acme",
    base_url="https://api.acme.example",
    endpoints=(Endpoint("openai_chat", Operation.GENERATE, "/chat"),),
    authorize=key_header("X-Acme-Key"),
    shape=without_stream_options,
    unwrap=held_under("result"),
)

if __name__ == "__main__":
    file = sys.argv[1] if len(sys.argv) > 1 else "config.yaml"
    asyncio.run(Gateway.from_file(file, providers=[PROVIDER]).serve())
