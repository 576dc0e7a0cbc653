"""
A document's tree -> the structs of the schema, and everything that is wrong with it.

The reader goes where the schema leads and reports as it goes, so that one run names every fault. What can be left out
alone (an unknown key, an entry without its API key) is a warning; a setting that cannot be understood is an error.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Hashable
from typing import Any, cast

from msgspec import UNSET, UnsetType
from msgspec.inspect import (
    AnyType,
    BoolType,
    DictType,
    IntType,
    LiteralType,
    Metadata,
    StrType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
)

from cliproxy.config import forms
from cliproxy.config.block import SECRETS, Block
from cliproxy.config.document import LONGEST_KEY, LONGEST_VALUE, Mapping, Node, Scalar, Sequence, quoted, shortened
from cliproxy.config.problem import Problem
from cliproxy.config.unserved import is_unserved

LARGEST_NUMBER = 2**31 - 1
LONGEST_INTEGER = 63  # bits of a number that goes into a request
MOST_GUESSES = 100

# YAML 1.1 had these for booleans, and the Go program still takes them where it expects one.
_OLD_BOOLEANS = dict.fromkeys(("yes", "on", "y"), True) | dict.fromkeys(("no", "off", "n"), False)
_HIDDEN_KEYS = frozenset(name.replace("_", "-") for name in SECRETS)


class Reader:
    """One run over one file."""

    def __init__(self, file: str) -> None:
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self._file = file

    def read(self, node: Node, kind: Type, path: str) -> Any:
        """Return the value of one setting; UNSET where it says nothing, or an error was reported."""
        form: Callable[[Any], Any] | None = None
        also: type | None = None
        if isinstance(kind, Metadata):
            form = (kind.extra or {}).get("form")
            also = _ALSO.get((kind.extra_json_schema or {}).get("also", ""))
            kind = kind.type
        if isinstance(kind, StructType):
            return self._sound_block(node, kind, path)
        if _is_null(node):
            return UNSET
        if isinstance(kind, UnionType):  # with None, which a null says
            return self.read(node, kind.types[0], path)
        if form is not None and isinstance(node, Scalar) and type(node.value) is also:
            return self._formed(form, node.text.strip() if also is str else node.value, node, path)
        match kind:
            case VarTupleType():
                value = self._list(node, kind, path)
            case DictType(value_type=StrType()):
                value = self._headers(node, path)
            case DictType(value_type=AnyType()):
                value = self._json_values(node, path)
            case DictType():
                value = self._mapping(node, kind, path)
            case BoolType():
                value = self._boolean(node, path)
            case IntType():
                value = self._integer(node, kind, path)
            case LiteralType():
                value = self._choice(node, kind, form, path)
            case StrType():
                value = self._text(node, path)
            case _:
                raise TypeError(f"{path}: no way to read {kind}")
        return value if form is None or value is UNSET else self._formed(form, value, node, path)

    def _sound_block(self, node: Node, kind: StructType, path: str) -> Block | UnsetType:
        block = self._block(node, kind, path)
        if block is not UNSET and (flaw := block.flaw()):
            self._error(node.line, path, f"{path}: {flaw}")
            return UNSET
        return block

    def _block(self, node: Node, kind: StructType, path: str) -> Block | UnsetType:
        if _is_null(node):
            node = Mapping(node.line)
        if not isinstance(node, Mapping):
            return self._misshapen(node, path, "a mapping of settings")
        errors = len(self.errors)
        fields = {field.encode_name: field for field in kind.fields}
        values: dict[str, Any] = {}
        for key, entry in node.entries.items():
            if key not in fields:
                self._unknown(key, kind, path, entry.line)
            elif (value := self.read(entry.node, fields[key].type, _join(path, key))) is not UNSET:
                values[fields[key].name] = value
        return UNSET if len(self.errors) > errors else _struct(kind)(**values)

    def _unknown(self, key: str, kind: StructType, path: str, line: int) -> None:
        where = path or "the top level"
        if is_unserved(_struct(kind), key):
            self._warn(line, _join(path, key), f"{key!r} in {where} is not served by this version and is ignored")
            return
        names = [field.encode_name for field in kind.fields]
        # Comparing is slow, and a file with so many unknown keys is no configuration.
        spelling = key.lower().replace("_", "-") if len(self.warnings) < MOST_GUESSES else ""
        near = difflib.get_close_matches(spelling, names, n=1) if len(key) <= LONGEST_KEY else []
        advice = f"did you mean {near[0]!r}?" if near else "it is ignored"
        self._warn(line, _join(path, key), f"unknown key {quoted(key)} in {where}; {advice}")

    def _list(self, node: Node, kind: VarTupleType, path: str) -> Any:
        if not isinstance(node, Sequence):
            return self._misshapen(node, path, "a list")
        kept: list[Any] = []
        seen: set[Hashable] = set()
        for index, item in enumerate(node.items):
            inner = f"{path}[{index}]"
            value = self._item(item, kind.item_type, inner)
            if value is UNSET:
                continue
            identity = value.identity() if isinstance(value, Block) else value
            if identity is not None and identity in seen:
                self._warn(item.line, inner, f"{inner} is the same as an earlier one; it is left out")
            else:
                kept.append(value)
                seen.add(identity)
        return tuple(kept)

    def _item(self, node: Node, kind: Type, path: str) -> Any:
        if isinstance(kind, StructType):
            value: Any = self._block(node, kind, path)
            flaw = "" if value is UNSET else value.flaw()
        else:
            value = "" if _is_null(node) else self.read(node, kind, path)
            flaw = "empty" if value == "" else ""
        if flaw:
            self._warn(node.line, path, f"{path}: {flaw}; the entry is left out")
        return UNSET if flaw else value

    def _mapping(self, node: Node, kind: DictType, path: str) -> Any:
        """Return blocks or lists by the normal form of their keys; the lists of two keys with one form are one."""
        if not isinstance(node, Mapping):
            return self._misshapen(node, path, "a mapping")
        read: dict[str, Any] = {}
        for key, entry in node.entries.items():
            name = self.read(Scalar(key.strip(), entry.line, key, plain=True), kind.key_type, path)
            inner = UNSET if name is UNSET else self.read(entry.node, kind.value_type, f"{path}.{name}")
            if inner is UNSET:
                continue
            if isinstance(inner, Block):
                read[name] = inner
            elif inner:
                read[name] = (*read.get(name, ()), *inner)
        return read

    def _json_values(self, node: Node, path: str) -> Any:
        """Return a mapping of JSON values as they are."""
        if not isinstance(node, Mapping):
            return self._misshapen(node, path, "a mapping of paths")
        values = {key.strip(): self._json(entry.node, path) for key, entry in node.entries.items()}
        return UNSET if UNSET in values.values() else values

    def _json(self, node: Node, path: str) -> Any:
        match node:
            case Mapping():
                return {key: self._json(entry.node, path) for key, entry in node.entries.items()}
            case Sequence():
                return [self._json(item, path) for item in node.items]
            case Scalar(float() as value) if not math.isfinite(value):
                return self._wrong(node, path, "a value that JSON knows")
            case Scalar(int() as value) if value.bit_length() > LONGEST_INTEGER:
                return self._wrong(node, path, f"a number of at most {LONGEST_INTEGER} bits")
        return node.value

    def _headers(self, node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return self._misshapen(node, path, "a mapping of headers")
        headers: dict[str, str] = {}
        for key, entry in node.entries.items():
            name = key.strip()
            if not name or _is_null(entry.node):
                self._warn(entry.line, path, f"{path}: {quoted(name)} lacks a name or a value; it is left out")
            elif not forms.HEADER_NAME.fullmatch(name):
                self._error(
                    entry.line,
                    path,
                    f"{path}: {quoted(name)} is no header's name; expected letters, digits and hyphens",
                )
            elif value := self._header_value(entry.node, f"{path}.{name}"):
                headers[name] = value
        return headers

    def _header_value(self, node: Node, path: str) -> str:
        value = self._text(node, path)
        if value == "":
            self._warn(node.line, path, f"{path} has no value; it is left out")
        formed = value if value is UNSET else self._formed(forms.header_value, value, node, path)
        return "" if formed is UNSET else formed

    def _boolean(self, node: Node, path: str) -> bool | UnsetType:
        match node:
            case Scalar(bool() as value):
                return value
            case Scalar(str() as word, plain=True) if word.lower() in _OLD_BOOLEANS:
                return _OLD_BOOLEANS[word.lower()]
        return self._wrong(node, path, "true or false")

    def _integer(self, node: Node, kind: IntType, path: str) -> int | UnsetType:
        low = -LARGEST_NUMBER if kind.ge is None else kind.ge
        high = LARGEST_NUMBER if kind.le is None else kind.le
        if isinstance(node, Scalar) and type(node.value) is int and low <= node.value <= high:
            return node.value
        limits = "" if kind.ge is None else f" of {low} or more" if kind.le is None else f" from {low} to {high}"
        quotes = ", without quotes" if isinstance(node, Scalar) and not node.plain else ""
        return self._wrong(node, path, f"a whole number{limits}{quotes}")

    def _text(self, node: Node, path: str) -> str | UnsetType:
        match node:
            case Scalar(str() as value):
                return value.strip()
            case Scalar():
                return self._wrong(node, path, "text: put it in quotes")
        return self._wrong(node, path, "text")

    def _choice(self, node: Node, kind: LiteralType, form: Callable[[Any], Any] | None, path: str) -> Any:
        word = self._text(node, path)
        if word is UNSET or form is not None:
            return word
        if word.lower() in kind.values:
            return word.lower()
        return self._wrong(node, path, " or ".join(map(repr, kind.values)))

    def _formed(self, form: Callable[[Any], Any], value: Any, node: Node, path: str) -> Any:
        try:
            return form(value)
        except forms.Discarded as reason:
            self._warn(node.line, path, f"{path} is {_found(node, path)}; {reason}, so it is left out")
        except ValueError as expected:
            self._wrong(node, path, str(expected))
        return UNSET

    def _misshapen(self, node: Node, path: str, expected: str) -> UnsetType:
        """Report a value where a collection belongs. A bare API key is often found there, so no value is quoted."""
        self._error(node.line, path, f"{path or 'the document'} is {_kind(node)}; expected {expected}")
        return UNSET

    def _wrong(self, node: Node, path: str, expected: str) -> UnsetType:
        self._error(node.line, path, f"{path} is {_found(node, path)}; expected {expected}")
        return UNSET

    def _error(self, line: int, path: str, message: str) -> None:
        self.errors.append(Problem(self._file, line, path, message))

    def _warn(self, line: int, path: str, message: str) -> None:
        self.warnings.append(Problem(self._file, line, path, message))


def _struct(kind: StructType) -> type[Block]:
    """Every struct of the schema is a block."""
    return cast(type[Block], kind.cls)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _found(node: Node, path: str) -> str:
    """Say what stands there; of a secret only what kind of value it is."""
    if not isinstance(node, Scalar) or not _HIDDEN_KEYS.isdisjoint(re.split(r"[.\[]", path)):
        return _kind(node)
    if not isinstance(node.value, str):
        return shortened(node.text)
    return quoted(forms.without_secrets(node.text), LONGEST_VALUE)


def _kind(node: Node) -> str:
    return _KINDS[type(node.value if isinstance(node, Scalar) else node)]


_ALSO: dict[str, type] = {"string": str, "integer": int}

_KINDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "nothing",
    Mapping: "a mapping",
    Sequence: "a list",
}
