"""
What of a reply can be compared: all of it within one dialect, and what every dialect can tell between two.

Lossy by nature, and so evened out before comparing (`reference` sheet `translation`, sections 8 and 9):
where a dialect cuts its parts (words are joined), reasons for an end that a dialect has no word for, counts that it
does not count, and, within one dialect, the number that a detail of reasoning has among the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Foreign, Media, Part, Reasoning, Text, ToolCall
from cliproxy.conversation.words import Citation
from tests.proof.comparing import plain, short

_STOP = {FinishReason.STOP_SEQUENCE: FinishReason.STOP, FinishReason.PAUSED: FinishReason.STOP}
_FULL = {FinishReason.CONTEXT_FULL: FinishReason.LENGTH}
_OTHER = {FinishReason.OTHER: FinishReason.STOP}
BLURRED: dict[str, dict[FinishReason, FinishReason]] = {
    "openai_chat": _STOP | _FULL | _OTHER,
    "openai_responses": _STOP | _FULL | _OTHER,
    "anthropic_messages": _OTHER,
    "gemini": _STOP | _FULL,
    "openai_completions": _STOP | _FULL | _OTHER | {FinishReason.TOOL_CALL: FinishReason.STOP},
}
UNCOUNTED = {"gemini": ("cache_write_tokens",)}  # no such number there
ONE_CANDIDATE = ("openai_responses", "anthropic_messages")
WORDS_ONLY = ("openai_completions",)  # neither thoughts nor calls have a place there
_MADE_UP = ("id", "model")
_NUMBER = re.compile(r'"index":\d+,?')
_MAY_BE_LOST = {  # beside what must be equal: equal, or told as a loss
    "thoughts": r"reasoning|thought|thinking",
    "proofs": r"proof|signature",
    "calls": r"call",
    "media": r"image|audio|video|document|media",
    "citations": r"citation|annotation",
    "logprobs": r"logprobs",
    "candidates": r"candidate|choice",
    "service_tier": r"service_tier",
    "foreign": r"",
}


def everything(reply: Reply) -> dict[str, Any]:
    """Return all that one dialect tells of a reply, wherever it cuts its parts."""
    return {
        "id": reply.id,
        "model": reply.model,
        "service_tier": reply.service_tier,
        "usage": reply.usage,
        "finish": (reply.finish.reason, reply.finish.stop_sequence),
        "candidates": [_everything_of(other.parts) | {"finish": other.finish.reason} for other in reply.others],
    } | _everything_of(reply.parts)


def _everything_of(parts: Collection[Part]) -> dict[str, Any]:
    texts = [part for part in parts if isinstance(part, Text)]
    thoughts = [part for part in parts if isinstance(part, Reasoning)]
    return {
        "text": "".join(part.text for part in texts if not part.refusal),
        "refusal": "".join(part.text for part in texts if part.refusal),
        "citations": [(c.url, c.title, c.quote, _place(c)) for part in texts for c in part.citations],
        "logprobs": [logprob for part in texts for logprob in part.logprobs],
        "thoughts": "".join(part.text for part in thoughts),
        "proofs": [
            (part.proof.dialect, _NUMBER.sub("", part.proof.value), part.proof.on)
            for part in parts
            if isinstance(part, (Text, Reasoning, ToolCall)) and part.proof is not None
        ],
        "calls": [(part.name, _arguments(part), part.free_text) for part in parts if isinstance(part, ToolCall)],
        "media": [part for part in parts if isinstance(part, Media)],
        "foreign": sorted((part.kind, repr(plain(part.body))) for part in parts if isinstance(part, Foreign)),
    }


def _place(citation: Citation) -> object:
    """Return how a citation stands in its own dialect; a page without a place may stand anywhere, in any spelling."""
    return None if citation.url and citation.start < 0 else plain(citation.body)


def ids_kept(before: Reply, after: Reply) -> bool:
    """Tell whether the calls have the ids they had; those that had none were given one."""
    mine = [part.id for part in before.parts if isinstance(part, ToolCall)]
    theirs = [part.id for part in after.parts if isinstance(part, ToolCall)]
    return all(old in ("", new) for old, new in zip(mine, theirs, strict=False))


def told(reply: Reply, there: str) -> dict[str, Any]:
    """Return what of a reply the other dialect can tell. One without candidates tells all of them as one reply."""
    usage = msgspec.structs.asdict(reply.usage)
    parts = reply.all_parts if there in ONE_CANDIDATE else reply.parts
    candidates = [] if there in ONE_CANDIDATE else [_told_of(other.parts, there) for other in reply.others]
    return _told_of(parts, there) | {
        "finish": _finish(reply.finish, parts, there),
        "usage": Usage(**(usage | dict.fromkeys(UNCOUNTED.get(there, ()), 0))),
        "candidates": candidates,
    }


def _told_of(parts: Collection[Part], there: str) -> dict[str, Any]:
    """Return words and calls; a refusal is words to a dialect without a place for one, as is what stands instead."""
    said: dict[str, Any] = {"text": _text(parts, there)}
    if _says_instead(parts):
        said["text"] = _Instead(said["text"])
    if there in WORDS_ONLY:
        return said
    thoughts = "".join(part.text for part in parts if isinstance(part, Reasoning))
    citations = [citation for part in parts if isinstance(part, Text) for citation in part.citations if citation.url]
    return said | {
        "thoughts": re.sub(r"\n\n", "", thoughts),  # what some dialects put between two stretches of thought
        "calls": [(part.name, _arguments(part)) for part in parts if isinstance(part, ToolCall)],
        "media": [part.source for part in parts if isinstance(part, Media)],
        "citations": Counter((citation.url, citation.title or citation.url) for citation in citations),
    }


def _text(parts: Collection[Part], there: str) -> str:
    """Return all that is said, with what is said instead of parts that the other dialect does not have."""
    words: list[str] = []
    for part in parts:
        if isinstance(part, Text):
            words.append(part.text)
        elif isinstance(part, Foreign) and part.dialect != there:
            words += [spoken.text for spoken in part.instead if isinstance(spoken, Text)]
    return "".join(words)


def _says_instead(parts: Collection[Part]) -> bool:
    return any(isinstance(part, Media) or (isinstance(part, Foreign) and part.instead) for part in parts)


def _finish(finish: Finish, parts: Collection[Part], there: str) -> FinishReason:
    """Return the class of the reason; who declines in words has, elsewhere, been filtered."""
    if any(isinstance(part, Text) and part.refusal for part in parts):
        return FinishReason.FILTERED
    reason = BLURRED[there].get(finish.reason, finish.reason)
    called = there in ONE_CANDIDATE and any(isinstance(part, ToolCall) for part in parts)
    return FinishReason.TOOL_CALL if called and reason is FinishReason.STOP else reason


def _arguments(call: ToolCall) -> object:
    """Return the arguments as a JSON value; of those cut short, what an object can hold of them."""
    return call.arguments if call.free_text else msgspec.json.decode(object_of(call.arguments)[0])


class _Instead(str):
    """
    Words of which some stand for a part that is none.

    Where they meet others does not count, nor does the name of something that cannot be shown.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and _bare(self) == _bare(other)

    def __hash__(self) -> int:
        return hash(_bare(self))


def _bare(text: str) -> str:
    return re.sub(r"\s+|\[[^\]]*cannot be shown here\]", "", text)


def differences(before: dict[str, Any], after: dict[str, Any], losses: Collection[str] = ()) -> Iterator[str]:
    """Give out where two replies differ and nobody said so. What was not told before may have been made up."""
    for name, value in before.items():
        if value == after.get(name) or (name in _MADE_UP and not value):
            continue
        pattern = _MAY_BE_LOST.get(name)
        if pattern is not None and any(re.search(pattern, loss) for loss in losses):
            continue
        yield f"{name}: {short(value)} became {short(after.get(name))}"
