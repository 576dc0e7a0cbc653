"""
What is fuzzed, and what must hold whatever the bytes are.

A target returns when all is well and raises where it is not. The first byte chooses what the rest does not say: how a
stream is cut, into which dialect it is translated.
"""

from __future__ import annotations

from tests.fuzz import connections, credentials, logins, payload, pieces, refusals, replies, requests
from tests.fuzz.laws import Target
from tests.properties.replaying import CODECS, DIALECTS

TARGETS: dict[str, Target] = {
    "event_stream": pieces.event_stream,
    "json_array": pieces.json_array,
    "envelope": pieces.envelope,
    "data_url": pieces.data_url,
    "schemas": pieces.schemas,
    "diagnosis": refusals.diagnosis,
    "payload": payload.payload,
    "credential_file": credentials.credential_file,
    "pasted": logins.pasted,
    "login": logins.login,
    "refresh": logins.refresh,
    "key": logins.key,
    "id_token": logins.id_token,
    "page": connections.page,
    "socket": connections.socket,
    "environment": connections.environment,
    "proxy": connections.proxy,
    "turns": requests.turns,
    "continuation": requests.continuation,
    **{f"stream.{name}": replies.stream(name) for name in CODECS},
    **{f"reply.{name}": replies.whole(name) for name in CODECS},
    **{f"pipeline.{name}": replies.pipeline(name) for name in CODECS},
    **{f"request.{name}": requests.request(name) for name in CODECS},
    **{f"counting.{name}": requests.counting(one) for name, one in DIALECTS.items() if one.counting is not None},
}
