"""
Which conversation a request belongs to, so that it can stay with one account.

Clients tell in a header, in the body, or not at all. A whole team may send one id, so how the conversation begins
counts beside it; and each client key has its own conversations, whatever it sends.

Source: the `real-clients` sheet, section 3: headers of Claude Code, Codex, opencode, pi (read 2026-11-21).
"""

from __future__ import annotations

from hashlib import blake2b

from cliproxy.dialects.base import RequestHead
from cliproxy.wire.http import Headers

HEADERS = (  # the first one that is there counts; `x-client-request-id` is a request's, whatever Codex puts there
    "x-claude-code-session-id",
    "session-id",
    "session_id",
    "thread-id",
    "x-session-id",
    "x-session-affinity",
    "conversation_id",
    "conversation-id",
    "x-conversation-id",
)
_DIGEST_SIZE = 16


def conversation_of(principal_name: str, model: str, head: RequestHead, headers: Headers) -> str:
    """Return the key of a conversation: of one client, with one model. "": nothing tells."""
    told = next((headers[name] for name in HEADERS if headers.get(name)), "")
    start = head.start()
    if not (told or head.session or start):
        return ""
    digest = blake2b(digest_size=_DIGEST_SIZE)
    for text in (principal_name, model, told, head.session, start):
        digest.update(text.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()
