"""
What replies and streams may look like, dialect by dialect: checkers that share no code with the codecs.

They are as strict as the strictest client that was measured, so they hold for what we write; many upstreams would
fail. Each dialect's file has a `Stream`, which is fed frames, and `whole`, which is given a body; `events` holds the
same for the neutral events that decoders give.

Source: `reference` sheets `translation` section 12.2, `dialects/*`, `real clients` section 2 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence

from cliproxy.testing.grammar.chat import Stream as Chat
from cliproxy.testing.grammar.chat import whole as whole_chat
from cliproxy.testing.grammar.completions import Stream as Completions
from cliproxy.testing.grammar.completions import whole as whole_completion
from cliproxy.testing.grammar.gemini import Stream as Gemini
from cliproxy.testing.grammar.gemini import whole as whole_gemini
from cliproxy.testing.grammar.messages import Stream as Messages
from cliproxy.testing.grammar.messages import whole as whole_message
from cliproxy.testing.grammar.reading import Grammar, payload
from cliproxy.testing.grammar.responses import Stream as Responses
from cliproxy.testing.grammar.responses import whole as whole_response
from cliproxy.wire.frames import Frame

_STREAMS: dict[str, type[Grammar]] = {
    "openai_chat": Chat,
    "openai_responses": Responses,
    "anthropic_messages": Messages,
    "gemini": Gemini,
    "openai_completions": Completions,
}
_WHOLE = {
    "openai_chat": whole_chat,
    "openai_responses": whole_response,
    "anthropic_messages": whole_message,
    "gemini": whole_gemini,
    "openai_completions": whole_completion,
}


def violations(dialect_name: str, frames: Sequence[Frame]) -> list[str]:
    """
    Return what the frames of one whole stream do that their dialect forbids, in the order it happens.

    Raises:
        LookupError: No grammar is written for this dialect.
    """
    grammar = _STREAMS[dialect_name]()
    found = [f"{place}: {problem}" for place, frame in enumerate(frames) for problem in grammar.feed(frame)]
    return found + list(grammar.close())


def reply_violations(dialect_name: str, body: bytes) -> list[str]:
    """
    Return what a whole reply, which is no error, does that its dialect forbids.

    Raises:
        LookupError: No grammar is written for this dialect.
    """
    check = _WHOLE[dialect_name]
    reply = payload(Frame("", body))
    return ["no JSON object"] if reply is None else list(check(reply))
