"""
YAML text -> a tree of values that know their line.

Scalars follow the core schema of YAML 1.2; what only looks like a date stays text. Aliases and merge keys (`<<`) are
followed without copying, and what they add up to is bounded, so that a few lines cannot become a billion values.

Source: YAML 1.2.2, section 10.3 (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from cliproxy.config.problem import Problem
from cliproxy.errors import ConfigError

LARGEST_FILE = 4 * 1024 * 1024  # bytes
MOST_VALUES = 100_000  # with every alias written out
DEEPEST = 64  # collections within each other
LONGEST_KEY = 36  # characters; what is longer is no setting's name, and may be a misplaced secret
LONGEST_VALUE = 100  # characters worth quoting


class Scalar(msgspec.Struct, frozen=True):
    """A single value. A whole number too long to be one is a float."""

    value: bool | int | float | str | None
    line: int
    text: str  # as written, without its quotes
    plain: bool  # written without quotes


class Sequence(msgspec.Struct):
    """A list."""

    line: int
    items: list[Node] = []
    size: int = 1  # values in it, itself included


class Entry(msgspec.Struct, frozen=True):
    """A key's value, and where the key stands."""

    line: int
    node: Node


class Mapping(msgspec.Struct):
    """Keys and values. Keys are text as written."""

    line: int
    entries: dict[str, Entry] = {}
    size: int = 1  # values in it, itself included


Node: TypeAlias = Scalar | Sequence | Mapping


def read(text: str, file: str) -> tuple[Node, list[Problem]]:
    """
    Return the document, and what is wrong with it that does not keep the rest from being checked.

    An empty document is an empty mapping.

    Raises:
        ConfigError: The text is not YAML, or holds more than a configuration ever does.
    """
    if len(text) > LARGEST_FILE:
        raise refusal(file, 0, f"larger than {LARGEST_FILE >> 20} MiB; a configuration never is")
    composer = _Composer(file)
    for event in _events(text, file):
        composer.feed(event)
    return composer.root or Mapping(1), composer.problems


def refusal(file: str, line: int, message: str) -> ConfigError:
    """Return the error for a file of which nothing can be used."""
    return ConfigError([str(Problem(file, line, "", message))])


def _events(text: str, file: str) -> Iterator[Event]:
    line = 1
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            line = event.start_mark.line + 1
            yield event
    except ConfigError:
        raise
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise refusal(file, line, f"a character that YAML forbids (U+{ord(text[error.position]):04X})") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise refusal(file, mark.line + 1 if mark else line, f"not YAML: {_complaint(error)}") from None
    except Exception as error:  # noqa: BLE001 (broken escapes and directives raise ValueError, AttributeError, ...)
        raise refusal(file, line, f"not YAML: the parser stopped with {type(error).__name__}") from None


def _complaint(error: MarkedYAMLError) -> str:
    """Say what the parser found. It quotes single characters only, and names of tags: a misplaced secret, perhaps."""
    said = ", ".join(filter(None, (error.context, error.problem)))
    if "'\\t'" in said:
        return "a tab stands where only spaces may"
    return "a tag (!) that means nothing here" if "tag handle" in said else said


class _Open(msgspec.Struct):
    """A collection whose end has not come yet."""

    node: Sequence | Mapping
    anchor: str | None
    key: Scalar | None = None  # the key whose value is next


class _Composer:
    """Events in, `root` and `problems` out."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._file = file
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}  # None: still open

    def feed(self, event: Any) -> None:
        line = event.start_mark.line + 1
        match event:
            case ScalarEvent():
                scalar = self._scalar(event, line)
                self._name(event.anchor, scalar)
                self._add(scalar, line)
            case AliasEvent():
                self._add(self._target(event.anchor, line), line)
            case SequenceStartEvent() | MappingStartEvent():
                self._enter(event, line)
            case SequenceEndEvent() | MappingEndEvent():
                self._leave()
            case DocumentStartEvent() if self.root is not None:
                raise refusal(self._file, line, "a second document begins here; a configuration is one document")

    def _scalar(self, event: Any, line: int) -> Scalar:
        plain = event.style is None and event.tag is None
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            self._complain(line, "a tag (!) that means nothing here")
        return Scalar(_resolve(event.value) if plain else event.value, line, event.value, plain)

    def _target(self, anchor: str, line: int) -> Node:
        target = self._anchors.get(anchor)
        if target is None:
            why = "stands inside what it refers to" if anchor in self._anchors else "refers to no anchor (&) above it"
            raise refusal(self._file, line, f"an alias (*) {why}; text that begins with * needs quotes")
        return target

    def _enter(self, event: Any, line: int) -> None:
        if len(self._open) == DEEPEST:
            raise refusal(self._file, line, f"nested more than {DEEPEST} levels deep")
        node = Sequence(line) if isinstance(event, SequenceStartEvent) else Mapping(line)
        if event.tag not in (None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"):
            self._complain(line, "a tag (!) that means nothing here")
        self._name(event.anchor, None)
        self._open.append(_Open(node, event.anchor))

    def _leave(self) -> None:
        closed = self._open.pop()
        if isinstance(closed.node, Mapping):
            self._merge(closed.node)
        self._name(closed.anchor, closed.node)
        self._add(closed.node, closed.node.line)

    def _name(self, anchor: str | None, node: Node | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _add(self, node: Node, line: int) -> None:
        """Put a finished node where it belongs: into the innermost open collection, as a key, a value or an item."""
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.node.size += 1 if isinstance(node, Scalar) else node.size
        if parent.node.size > MOST_VALUES:
            raise refusal(self._file, line, f"more than {MOST_VALUES} values, with every alias (*) written out")
        if isinstance(parent.node, Sequence):
            parent.node.items.append(node)
        elif parent.key is not None:
            self._put(parent.node.entries, parent.key, node)
            parent.key = None
        elif isinstance(node, Scalar):
            parent.key = Scalar(node.value, line, node.text, node.plain)
        else:
            raise refusal(self._file, line, "a list or mapping where a key is expected")

    def _put(self, entries: dict[str, Entry], key: Scalar, node: Node) -> None:
        if key.text in entries:
            first = entries[key.text].line
            self._complain(key.line, f"the key {quoted(key.text)} stands here again; it is in line {first} already")
        else:
            entries[key.text] = Entry(key.line, node)

    def _merge(self, mapping: Mapping) -> None:
        """Follow `<<`: what the mapping says itself goes first, then the merged ones in their order."""
        merged = mapping.entries.pop("<<", None)
        if merged is None:
            return
        for source in merged.node.items if isinstance(merged.node, Sequence) else [merged.node]:
            if isinstance(source, Mapping):
                for key, entry in source.entries.items():
                    mapping.entries.setdefault(key, entry)
            else:
                self._complain(merged.line, "the key '<<' merges mappings, and this is none")

    def _complain(self, line: int, message: str) -> None:
        self.problems.append(Problem(self._file, line, "", message))


def quoted(text: str, longest: int = LONGEST_KEY) -> str:
    """Return the text in quotes, or of a longer one the beginning."""
    return repr(shortened(text, longest))


def shortened(text: str, longest: int = LONGEST_VALUE) -> str:
    return text if len(text) <= longest else f"{text[:8]}..."


_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MOST_DIGITS = 30


def _resolve(text: str) -> bool | int | float | str | None:
    """Return what a plain scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= _MOST_DIGITS:
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(re.sub(r"\.(?=[a-z])", "", text.lower()))
    return text
