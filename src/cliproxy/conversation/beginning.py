"""
By what a conversation is known again: how it begins.

Clients send a conversation anew with every turn, and only its end changes. So its instructions, and what its user said
before anybody answered, tell it from others that come from the same place. Where caches and items are marked, and
whether a text stands alone or as the one part of a list, changes from turn to turn and does not count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b

USER = "user"
EDGE = 1024  # characters of a long text that count, at either end
MOST_AHEAD = 16  # turns before the user's first one
_DIGEST_SIZE = 8


def beginning(
    instructions: object, turns: Iterable[object], *, marks: Collection[str] = (), usual_role: str = ""
) -> str:
    """
    Return a digest of how a conversation begins, or "" where its user says nothing.

    Args:
        instructions: What stands apart from the turns, as a JSON value; None: nothing.
        turns: JSON values, read no further than to the first answer; a bare text is the user's.
        marks: The names of fields that say nothing.
        usual_role: Whose a turn is that does not tell.
    """
    words = list(_words(instructions, marks))
    users = False
    for index, turn in enumerate(turns):
        role = turn.get("role", usual_role) if isinstance(turn, dict) else USER
        if role != USER and (users or index >= MOST_AHEAD):
            break
        if role == USER:
            words.append(USER)
            users = True
        if role:
            words += _words(turn, marks)
    if not users:
        return ""
    digest = blake2b(digest_size=_DIGEST_SIZE)
    for text in words:
        digest.update(text.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def _words(value: object, marks: Collection[str]) -> Iterator[str]:
    """Yield all texts of a JSON value, but for those that only mark something; of long ones, what tells them apart."""
    left = [value]
    while left:
        match left.pop():
            case str(text):
                yield _told(text.strip())
            case dict() as fields:
                left += [inner for name, inner in fields.items() if name not in marks]
            case list() as items:
                left += items


def _told(text: str) -> str:
    return text if len(text) <= 2 * EDGE else f"{len(text)} {text[:EDGE]}{text[-EDGE:]}"
