"""What is said in a request, compared between two dialects: words and sides, calls and results, thoughts, media."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.request import (
    Conversation,
    Foreign,
    Media,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.conversation.turns import settled
from tests.proof.comparing import first_difference, is_told, plain, short


def words_lost(before: Conversation, after: Conversation, losses: Collection[str]) -> Iterator[str]:
    """Every text is found again, on the same side, in the same order; instructions may have moved to the front."""
    instructions = "\n".join(text for side, text in _spoken_by(after) if side is not Role.ASSISTANT)
    place = offset = 0
    turns = list(_turns(after))
    for side, text in _spoken_by(before):
        if side is Role.SYSTEM:
            if text not in instructions:
                yield f"instructions: {short(text)} is gone"
            continue
        found = _found(text, side, turns, place, offset)
        if found is not None:
            place, offset = found
        elif not is_told(r"^messages.*(?:text|refusal)", losses):
            yield f"{side.value}: {short(text)} is gone or moved"


def _found(text: str, side: Role, turns: list[tuple[Role, str]], place: int, offset: int) -> tuple[int, int] | None:
    """Return where a text ends, in the turn it was found in, at or after the last one."""
    for number in range(place, len(turns)):
        if turns[number][0] is side:
            start = turns[number][1].find(text, offset if number == place else 0)
            if start >= 0:
                return number, start + len(text)
    return None


def _turns(conversation: Conversation) -> Iterator[tuple[Role, str]]:
    """Give out what each side said, until the other spoke."""
    for side, spoken in itertools.groupby(_spoken_by(conversation), key=lambda said: said[0]):
        yield side, "\n".join(text for _, text in spoken)


def _spoken_by(conversation: Conversation) -> Iterator[tuple[Role, str]]:
    """Give out every text with its side; instructions and reminders are one side."""
    for text in conversation.instructions:
        if text.text.strip():
            yield Role.SYSTEM, text.text.strip()
    for message in settled(conversation.messages)[0]:
        side = Role.SYSTEM if message.role is Role.REMINDER else message.role
        for part in message.parts:
            for spoken in part.instead if isinstance(part, Foreign) else (part,):
                if isinstance(spoken, Text) and spoken.text.strip():
                    yield side, spoken.text.strip()


def parts_lost(
    before: Conversation, after: Conversation, losses: Collection[str], names: Mapping[str, str]
) -> Iterator[str]:
    """Give out calls, results, thoughts, media and foreign parts that are not there any more, nor told of."""
    said, heard = list(all_parts(before)), list(all_parts(after))
    calls, again = _calls(said, {}), _calls(heard, names)
    if calls != again and not is_told(r"call|arguments", losses):
        yield f"calls: {first_difference(calls, again)}"
    yield from _results(said, heard, losses)
    thoughts = "\n".join(part.text for part in heard if isinstance(part, Reasoning))
    if any(part.text.strip() not in thoughts for part in said if isinstance(part, Reasoning)) and not is_told(
        r"reasoning|thought|proof", losses
    ):
        yield "reasoning: words are gone"
    if len([*_proofs(said)]) > len([*_proofs(heard)]) and not is_told(r"reasoning|thought|proof", losses):
        yield "reasoning: a proof is gone"
    gone = _without([*_shown(said)], [*_shown(heard)])
    if gone and not is_told(r"image|audio|video|document|media|file", losses):
        yield f"media: {short(gone)} is gone"
    yield from _foreign(said, losses)
    marks = [getattr(part, "cache", None) for part in heard]
    if any(getattr(part, "cache", None) not in (None, *marks) for part in said) and not is_told("cache", losses):
        yield "cache: a mark is gone"


def _without(items: list[object], others: list[object]) -> list[object]:
    """Return the items that are not among the others, each counted."""
    left = list(others)
    gone = []
    for item in items:
        if item in left:
            left.remove(item)
        else:
            gone.append(item)
    return gone


def _foreign(parts: Collection[Part], losses: Collection[str]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Foreign) and not part.instead and part.search is None:
            if is_told(re.escape(part.kind), losses):
                continue
            yield f"foreign: {part.kind} is gone"


def all_parts(conversation: Conversation) -> Iterator[Part]:
    """Give out every part of every turn, those of results among them."""
    for message in settled(conversation.messages)[0]:
        for part in message.parts:
            yield part
            if isinstance(part, ToolResult):
                yield from part.content


def _calls(parts: Collection[Part], names: Mapping[str, str]) -> list[tuple[str, object]]:
    return [
        (
            names.get(part.name, part.name),
            plain(object_of(part.arguments)[0]) if not part.free_text else part.arguments,
        )
        for part in parts
        if isinstance(part, ToolCall)
    ]


def _results(before: Collection[Part], after: Collection[Part], losses: Collection[str]) -> Iterator[str]:
    mine = [part for part in before if isinstance(part, ToolResult)]
    theirs = [part for part in after if isinstance(part, ToolResult)]
    if len(mine) != len(theirs):
        if theirs or not is_told(r"result", losses):
            yield f"results: {len(mine)} became {len(theirs)}"
        return
    for result, again in zip(mine, theirs, strict=True):
        heard = "\n".join(_unfolded(_spoken(again)))
        if any(text not in heard and not _same_json(text, heard) for text in _spoken(result)):
            yield f"results: {short(list(_spoken(result)))} became {short(heard)}"
        if result.is_error and not again.is_error and not is_told(r"is_error", losses):
            yield "results: an error is one no more"


def _spoken(result: ToolResult) -> Iterator[str]:
    for part in result.content:
        for spoken in part.instead if isinstance(part, Foreign) else (part,):
            if isinstance(spoken, Text) and spoken.text.strip():
                yield spoken.text.strip()


def _unfolded(texts: Iterable[str]) -> Iterator[str]:
    """Give out texts, and those inside a text that is JSON: an object is all that some dialects take as a result."""
    for text in texts:
        yield text
        if text[:1] in "{[":
            with contextlib.suppress(ValueError):
                yield from _strings(json.loads(text))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def _shown(parts: Collection[Part]) -> Iterator[object]:
    """Give out what is shown, but for texts: those may be said instead."""
    for part in parts:
        if isinstance(part, Media) and not part.mime_type.startswith("text/"):
            yield part.source
        elif isinstance(part, Foreign):
            yield from _shown(part.instead)


def _proofs(parts: Collection[Part]) -> Iterator[Opaque]:
    for part in parts:
        if isinstance(part, (Text, Reasoning, ToolCall)) and part.proof is not None:
            yield part.proof
