"""
A call whose arguments come in pieces: `partialArgs`, each a value at a path, words possibly in several.

Source: `reference` sheet `dialects/gemini` section 2, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from cliproxy.dialects.base import given
from cliproxy.dialects.gemini import schema

DEEPEST = 64  # steps of a path

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]""")

_encode = msgspec.json.Encoder().encode


class _List(dict[Any, Any]):
    """A list that is filled by place."""


class PartialCall:
    """Pieces in, the whole arguments out."""

    def __init__(self, index: int) -> None:
        self.index = index
        self._root: dict[Any, Any] = {}
        self._words: dict[str, list[str]] = {}  # path -> pieces of the text there
        self._whole = ""

    def feed(self, call: schema.FunctionCall) -> None:
        """Take what a part tells of the call."""
        if given(call.args) and bytes(call.args) != b"{}":
            self._whole = bytes(call.args).decode("utf-8", "replace")
        for piece in call.partial_args or ():
            self._take(piece)

    def arguments(self) -> str:
        """Return the arguments as JSON text."""
        return self._whole or _encode(_plain(self._root)).decode()

    def _take(self, piece: schema.PartialArgument) -> None:
        path = piece.json_path
        if piece.string_value is not None:
            said = self._words.get(path)
            if said is not None:
                said.append(piece.string_value)
                return
            said = self._words[path] = [piece.string_value]
            self._put(path, said)
        elif given(piece.number_value):
            self._put(path, piece.number_value.copy())
        elif piece.bool_value is not None:
            self._put(path, piece.bool_value)
        elif piece.null_value:
            self._put(path, None)

    def _put(self, path: str, value: object) -> None:
        steps: list[str | int] = [
            int(place[:9]) if place else name or single or double
            for name, place, single, double in _STEP.findall(path.removeprefix("$"))
        ]
        if not steps or len(steps) > DEEPEST:
            return
        node: dict[Any, Any] = self._root
        for step, following in itertools.pairwise(steps):
            inner = node.get(step)
            if not isinstance(inner, dict):
                inner = node[step] = _List() if isinstance(following, int) else {}
            node = inner
        node[steps[-1]] = value


def _plain(value: Any) -> Any:
    if isinstance(value, _List):
        return [_plain(value[place]) for place in sorted(value, key=str if _mixed(value) else None)]
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return "".join(value) if isinstance(value, list) else value


def _mixed(places: Iterable[object]) -> bool:
    return any(isinstance(place, str) for place in places)
