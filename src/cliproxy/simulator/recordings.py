"""
Real exchanges with vendors, played back: `recordings/<dialect>/<case>.json`, with their source and licence in each.

`<case>.json` was answered whole, `<case>.stream.json` as a stream, `<case>.array.json` as one JSON array that
arrived in parts. See recordings/README.md.
"""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, TypeAlias

import msgspec

from cliproxy.simulator.answer import Answer, JsonObject

DIALECTS = ("openai_chat", "openai_responses", "anthropic_messages", "gemini")
Form: TypeAlias = Literal["whole", "stream", "array"]
ENDINGS: dict[Form, str] = {"whole": "", "stream": ".stream", "array": ".array"}


class Asked(msgspec.Struct, frozen=True):
    """The request as it was recorded. An error taken from an issue thread has neither path nor body."""

    method: str
    path: str | None
    headers: dict[str, str]
    body: JsonObject | None


class Answered(msgspec.Struct, frozen=True):
    """The answer as it was recorded: a JSON body, a stream cut into frames, or a text that is not JSON."""

    status: int
    headers: dict[str, str]
    body: Any = None
    stream: list[str] | None = None
    text: str | None = None

    @property
    def pieces(self) -> list[bytes]:
        if self.stream is not None:
            return [frame.encode() for frame in self.stream]
        if isinstance(self.body, list):
            return _array_in_parts(self.body)
        return [self.text.encode() if self.text is not None else msgspec.json.encode(self.body)]


class Recording(msgspec.Struct, frozen=True):
    """One recorded exchange and where it comes from."""

    id: str
    provider: str
    dialect: str
    source: str
    licence: str
    fidelity: str
    request: Asked
    response: Answered
    features: list[str]

    def answer(self) -> Answer:
        """Return the answer, for another time."""
        kind = "text/event-stream; charset=utf-8" if self.response.stream else "application/json"
        headers = {"content-type": kind, **self.response.headers}
        return Answer(self.response.status, headers, tuple(self.response.pieces))


@cache
def cases(dialect: str) -> tuple[str, ...]:
    """Return the names of a dialect's cases, each once, in alphabetical order."""
    names = (entry.name for entry in _folder(dialect).iterdir() if entry.name.endswith(".json"))
    return tuple(sorted({name.split(".")[0] for name in names}))


@cache
def forms(dialect: str, case: str) -> tuple[Form, ...]:
    """Return in which forms a case was recorded."""
    return tuple(form for form, ending in ENDINGS.items() if _file(dialect, case, ending).is_file())


@cache
def recorded(dialect: str, case: str, stream: bool | Form = False) -> Recording:
    """Return a recording; raise LookupError when there is none of that name and form."""
    form: Form = stream if isinstance(stream, str) else "stream" if stream else "whole"
    file = _file(dialect, case, ENDINGS[form])
    if not file.is_file():
        raise LookupError(f"no {form} recording of {case!r} in {dialect}; there are {', '.join(cases(dialect))}")
    return msgspec.json.decode(file.read_bytes(), type=Recording)


def _array_in_parts(elements: list[Any]) -> list[bytes]:
    """Return an array the way it arrives: an element at a time, and then the bracket."""
    joints = [b"[", *[b"\n,\r\n"] * (len(elements) - 1)]
    return [joint + msgspec.json.encode(element) for joint, element in zip(joints, elements, strict=True)] + [b"\n]\n"]


def _folder(dialect: str) -> Traversable:
    return files("cliproxy.simulator") / "recordings" / dialect


def _file(dialect: str, case: str, ending: str) -> Traversable:
    return _folder(dialect) / f"{case}{ending}.json"
