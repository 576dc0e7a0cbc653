"""
How likely tokens were: `logprobsResult` <-> logprobs.

Source: `reference` sheet `dialects/gemini` section 4 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Raw

from cliproxy.conversation.words import Logprob
from cliproxy.dialects.gemini import reply_schema
from cliproxy.wire.body import UNREADABLE

_decode = msgspec.json.Decoder(reply_schema.LogprobsResult).decode


def logprobs_of(raw: Raw) -> tuple[Logprob, ...]:
    """Return the chosen tokens, each with the likeliest at its place; nothing where it cannot be read."""
    try:
        result = _decode(raw)
    except UNREADABLE:
        return ()
    tops = result.top_candidates or []
    return tuple(
        Logprob(one.token or "", one.log_probability or 0.0, top=_tops(tops[place : place + 1]))
        for place, one in enumerate(result.chosen_candidates or ())
    )


def logprobs_object(logprobs: Sequence[Logprob]) -> dict[str, object]:
    """Return tokens as a `logprobsResult`."""
    return {
        "chosenCandidates": [_token(one) for one in logprobs],
        "topCandidates": [{"candidates": [_token(top) for top in one.top]} for one in logprobs],
    }


def _tops(found: Iterable[reply_schema.TopCandidates]) -> tuple[Logprob, ...]:
    return tuple(Logprob(top.token or "", top.log_probability or 0.0) for one in found for top in one.candidates or ())


def _token(one: Logprob) -> dict[str, object]:
    return {"token": one.token, "logProbability": one.logprob}
