"""Payloads as frames."""

from __future__ import annotations

import json
from typing import Any

from cliproxy.wire.frames import Frame

Body = dict[str, Any]
DONE = Frame("", b"[DONE]")


def unnamed(*payloads: Body) -> list[Frame]:
    return [Frame("", json.dumps(payload).encode()) for payload in payloads]


def named(*payloads: Body) -> list[Frame]:
    return [Frame(str(payload.get("type")), json.dumps(payload).encode()) for payload in payloads]


def encoded(payload: Body) -> bytes:
    return json.dumps(payload).encode()
