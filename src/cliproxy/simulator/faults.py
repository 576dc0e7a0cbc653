"""
What can go wrong with an upstream, and a script that says when.

A fault is applied to one answer. Those that concern the connection work on any answer; those in a vendor's words
(`Refuse`, `RefuseInside`, `NoContent`) are put into words by the vendor that was asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import msgspec

from cliproxy.simulator import recordings
from cliproxy.simulator.answer import Answer, Call, Cut, Pause, Piece

FOR_EVER = 1e9  # seconds; nobody waits that long
HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


class Refuse(msgspec.Struct, frozen=True):
    """A refusal in place of the answer. Without a body it is the vendor's usual one for that status."""

    status: int
    body: bytes | None = None
    headers: Mapping[str, str] = {}


class RefuseInside(msgspec.Struct, frozen=True):
    """
    A refusal inside a 200: the first frames of the answer, then the vendor's error event.

    `status` chooses the vendor's words, by default those for an overload. `frames` says how many frames come first;
    by default those that open a stream and carry no content. An answer that is not streamed becomes an error body
    under 200.
    """

    status: int | None = None
    message: str | None = None
    frames: int | None = None


class Delay(msgspec.Struct, frozen=True):
    """The head comes late."""

    seconds: float


class Hang(msgspec.Struct, frozen=True):
    """Nothing comes any more: no head, or nothing after `after` bytes of the body."""

    after: int | None = None


class Drip(msgspec.Struct, frozen=True):
    """The body comes a few bytes at a time."""

    size: int = 1  # bytes
    pause: float = 0.01  # seconds


class CutAt(msgspec.Struct, frozen=True):
    """The connection is dropped after so many bytes of the body; before the head, if `byte` is None."""

    byte: int | None = 0


class EndAt(msgspec.Struct, frozen=True):
    """The body ends after so many bytes as if that were all."""

    byte: int


class WrongType(msgspec.Struct, frozen=True):
    """Something else comes than was asked for, under 200: by default a web page."""

    content_type: str = "text/html"
    body: bytes = HTML


class NotStreamed(msgspec.Struct, frozen=True):
    """The answer comes whole, as JSON, although a stream was asked for."""


class Empty(msgspec.Struct, frozen=True):
    """A 200 without a body."""


class NoContent(msgspec.Struct, frozen=True):
    """A well-formed answer in which nothing is said."""


Fault: TypeAlias = (
    Refuse | RefuseInside | Delay | Hang | Drip | CutAt | EndAt | WrongType | NotStreamed | Empty | NoContent
)
WireFault: TypeAlias = Delay | Hang | Drip | CutAt | EndAt | WrongType | Empty


class Match(msgspec.Struct, frozen=True):
    """Which calls a rule is about; what is None does not matter."""

    key: str | None = None
    model: str | None = None
    path_contains: str | None = None
    host: str | None = None

    def fits(self, call: Call) -> bool:
        return (
            self.key in (None, call.key)
            and self.model in (None, call.model)
            and self.host in (None, call.host)
            and (self.path_contains is None or self.path_contains in call.path)
        )


class Rule(msgspec.Struct):
    """A fault, the calls it is for, and how often it happens: `times` calls, or all if that is None."""

    when: Match
    fault: Fault
    times: int | None = 1
    applied: int = 0

    @property
    def is_live(self) -> bool:
        return self.times is None or self.applied < self.times


class Script:
    """Rules in order: the first one that is live and fits a call is applied to it, and counted."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = list(rules)

    def add(self, fault: Fault, when: Match | None = None, *, times: int | None = 1) -> Rule:
        """Append a rule, also while the upstream is running; return it, so that it can be counted."""
        rule = Rule(when or Match(), fault, times)
        self.rules.append(rule)
        return rule

    def pick(self, call: Call) -> Fault | None:
        """Return what goes wrong with a call, and count it."""
        for rule in self.rules:
            if rule.is_live and rule.when.fits(call):
                rule.applied += 1
                return rule.fault
        return None


def refusal_like(dialect: str, status: int, headers: Mapping[str, str] | None = None) -> Refuse:
    """Return a refusal with a recorded body, where there is one; else with the vendor's usual words."""
    for case in recordings.cases(dialect):
        if case.startswith("error-") and "whole" in recordings.forms(dialect, case):
            response = recordings.recorded(dialect, case).response
            if response.status == status:
                return Refuse(status, response.pieces[0], {**response.headers, **(headers or {})})
    return Refuse(status, None, headers or {})


def spoil(fault: WireFault, answer: Answer) -> Answer:
    """Return the answer with something wrong on the wire."""
    match fault:
        case Delay(seconds):
            return msgspec.structs.replace(answer, before=(Pause(seconds), *answer.before))
        case Hang(None):
            return msgspec.structs.replace(answer, before=(Pause(FOR_EVER),))
        case Hang(after) if after is not None:
            return msgspec.structs.replace(answer, pieces=_then(answer.pieces, after, Pause(FOR_EVER)))
        case Drip(size, pause):
            return msgspec.structs.replace(answer, pieces=_dripping(answer.pieces, size, pause))
        case CutAt(None):
            return msgspec.structs.replace(answer, before=(*answer.before, Cut()))
        case CutAt(byte) if byte is not None:
            return msgspec.structs.replace(answer, pieces=_then(answer.pieces, byte, Cut()))
        case EndAt(byte):
            return msgspec.structs.replace(answer, pieces=_until(answer.pieces, byte))
        case WrongType(content_type, body):
            return Answer(200, {"content-type": content_type}, (body,))
        case _:
            return Answer(200, {**answer.headers}, ())


def _until(pieces: Iterable[Piece], byte: int) -> Iterator[Piece]:
    left = byte
    for piece in pieces:
        if not isinstance(piece, bytes):
            yield piece
            continue
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)


def _then(pieces: Iterable[Piece], byte: int, last: Pause | Cut) -> Iterator[Piece]:
    yield from _until(pieces, byte)
    yield last


def _dripping(pieces: Iterable[Piece], size: int, pause: float) -> Iterator[Piece]:
    for piece in pieces:
        if not isinstance(piece, bytes):
            yield piece
            continue
        for start in range(0, len(piece), size):
            yield piece[start : start + size]
            yield Pause(pause)
