"""
How likely tokens were, in legacy Completions: parallel lists, and where in the text each token begins.

Source: `reference` sheet `openai-completions`, recordings of together with feature `logprobs` (read 2026-11-21).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw

from cliproxy.conversation.words import Logprob
from cliproxy.dialects.openai_completions import schema
from cliproxy.wire.body import UNREADABLE

_decode = msgspec.json.Decoder(schema.Logprobs).decode
_decode_top = msgspec.json.Decoder(dict[str, float] | None).decode


def logprobs_of(raw: Raw) -> tuple[Logprob, ...]:
    """Return what a choice's `logprobs` tell; of a token of the prompt, which has none, nothing."""
    if bytes(raw)[:1] != b"{":
        return ()
    try:
        told = _decode(raw)
        return tuple(_logprobs(told))
    except UNREADABLE:
        return ()


def _logprobs(told: schema.Logprobs) -> Iterator[Logprob]:
    rows = itertools.zip_longest(told.tokens or (), told.token_logprobs or (), told.top_logprobs or ())
    for token, logprob, top in rows:
        if token is not None and logprob is not None:
            likeliest = (_decode_top(top) if top is not None else None) or {}
            yield Logprob(token, logprob, top=tuple(Logprob(other, likely) for other, likely in likeliest.items()))


def logprobs_object(logprobs: Sequence[Logprob], offset: int) -> dict[str, object]:
    """Return what stands under a choice's `logprobs`; the first token begins at this character of the text."""
    begins = itertools.accumulate((len(logprob.token) for logprob in logprobs), initial=offset)
    return {
        "tokens": [logprob.token for logprob in logprobs],
        "token_logprobs": [logprob.logprob for logprob in logprobs],
        "top_logprobs": [{other.token: other.logprob for other in logprob.top} for logprob in logprobs],
        "text_offset": list(begins)[:-1],
    }
