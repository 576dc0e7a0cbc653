"""
What an id token says of its account. The signature is not checked: nothing here opens a door, and the vendor knows.

Source: `reference` sheet `providers/codex` ("id_token claims").
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import msgspec

from cliproxy.wire.body import UNREADABLE

_PARTS = 3  # header, payload, signature
_OPENAI = "https://api.openai.com/auth"

_decode = msgspec.json.Decoder(dict[str, object]).decode


def claims(token: str) -> Mapping[str, object]:
    """Return the claims of a JSON web token; none where it is something else."""
    parts = token.split(".", _PARTS)
    if len(parts) != _PARTS:
        return {}
    payload = parts[1].rstrip("=")
    try:
        return _decode(base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True))
    except (*UNREADABLE, binascii.Error, ValueError):
        return {}


def openai_claims(token: str) -> Mapping[str, object]:
    """Return what OpenAI says of an account, among it `chatgpt_account_id` and `chatgpt_plan_type`."""
    own = claims(token).get(_OPENAI)
    return own if isinstance(own, dict) else {}
