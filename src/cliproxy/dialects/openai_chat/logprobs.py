"""
How likely tokens were, in Chat Completions. Together writes the lists of legacy completions instead.

Source: https://platform.openai.com/docs/api-reference/chat/object (read 2026-11-21), recordings of openai, together,
cerebras and deepseek with feature `logprobs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Raw

from cliproxy.conversation.words import Logprob
from cliproxy.dialects.base import ABSENT
from cliproxy.dialects.openai_chat import reply_schema
from cliproxy.wire.body import UNREADABLE

_decode_bytes = msgspec.json.Decoder(tuple[int, ...] | None).decode
_decode_tokens = msgspec.json.Decoder(list[reply_schema.Token] | None).decode


def logprobs_of(told: Mapping[str, Raw]) -> tuple[tuple[Logprob, ...], tuple[Logprob, ...]]:
    """Return what a choice's `logprobs` tell of its content and of its refusal."""
    return _list(told.get("content", ABSENT)), _list(told.get("refusal", ABSENT))


def _list(raw: Raw) -> tuple[Logprob, ...]:
    return tuple(map(_logprob, _tokens(raw)))


def _logprob(token: reply_schema.Token) -> Logprob:
    return Logprob(token.token, token.logprob, _odd_bytes(token), _list(token.top_logprobs))


def _odd_bytes(token: reply_schema.Token) -> tuple[int, ...] | None:
    """Return the bytes of a token that is no text of its own."""
    try:
        told = _decode_bytes(token.bytes) if token.bytes else None
    except UNREADABLE:
        return None
    return None if told is None or told == tuple(token.token.encode()) else told


def _tokens(raw: Raw) -> Iterable[reply_schema.Token]:
    try:
        return (_decode_tokens(raw) if raw else None) or ()
    except UNREADABLE:
        return ()


def logprobs_object(logprobs: Sequence[Logprob], refused: Sequence[Logprob] = ()) -> dict[str, object]:
    """Return what stands under a choice's `logprobs`."""
    return {
        "content": [_token(logprob) for logprob in logprobs] or None,
        "refusal": [_token(logprob) for logprob in refused] or None,
    }


def _token(logprob: Logprob) -> dict[str, object]:
    return _plain(logprob) | {"top_logprobs": [_plain(other) for other in logprob.top]}


def _plain(logprob: Logprob) -> dict[str, object]:
    spelled = logprob.token.encode() if logprob.raw_bytes is None else logprob.raw_bytes
    return {"token": logprob.token, "logprob": logprob.logprob, "bytes": list(spelled)}
