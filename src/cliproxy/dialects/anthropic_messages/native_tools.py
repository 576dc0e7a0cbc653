"""
The tools that Anthropic's models know by a dated type alone and clients run: what other vendors' models are told of
them, so that they can call them as well.

Source: `reference` sheet `claude-messages` section 3; the vendor's pages on the bash, text editor, computer and
memory tools (read 2026-11-21).
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec
from msgspec import Raw

_DATED = re.compile(r"(bash|text_editor|computer|memory)_(\d{8})\Z")
_ZOOMS_SINCE = 20251124
_UNDOES_UNTIL = 20250124

_Schema = dict[str, object]


class NativeTool(NamedTuple):
    """What a model that does not know the tool is told."""

    description: str
    input_schema: Raw
    told: tuple[str, ...]  # fields of the definition that the description tells


def native_tool(kind: str, fields: dict[str, Raw]) -> NativeTool | None:
    """
    Return what is told of a tool, or None where its type is none of these.

    Args:
        kind: The dated type.
        fields: The definition, as the client wrote it.
    """
    match = _DATED.match(kind)
    if match is None:
        return None
    day = int(match[2])
    match match[1]:
        case "bash":
            return NativeTool("Run a command in a bash shell that stays open between calls.", _bash(), ())
        case "text_editor":
            return NativeTool("View, create and edit text files.", _text_editor(undoes=day <= _UNDOES_UNTIL), ())
        case "computer":
            size = tuple(bytes(fields[name]).decode() for name in _SIZE if name in fields)
            told = f" The screen is {' by '.join(size)} pixels." if len(size) == len(_SIZE) else ""
            does = f"See and control a computer's screen, mouse and keyboard.{told}"
            return NativeTool(does, _computer(zooms=day >= _ZOOMS_SINCE), _SIZE if told else ())
        case _:
            return NativeTool("Keep notes in files under /memories, and read them again later.", _memory(), ())


_SIZE = ("display_width_px", "display_height_px")
_STRING: _Schema = {"type": "string"}
_INTEGER: _Schema = {"type": "integer"}
_BOOLEAN: _Schema = {"type": "boolean"}
_PAIR: _Schema = {"type": "array", "items": _INTEGER}
_ACTIONS = (
    "key",
    "type",
    "mouse_move",
    "left_click",
    "left_click_drag",
    "right_click",
    "middle_click",
    "double_click",
    "triple_click",
    "left_mouse_down",
    "left_mouse_up",
    "scroll",
    "hold_key",
    "wait",
    "screenshot",
    "cursor_position",
)


def _bash() -> Raw:
    return _object({"command": _STRING, "restart": _BOOLEAN | {"description": "true: start a new shell"}})


def _text_editor(*, undoes: bool) -> Raw:
    undo = ("undo_edit",) if undoes else ()
    fields = {
        "command": _one_of("view", "create", "str_replace", "insert", *undo),
        "path": _STRING,
        "view_range": _PAIR | {"description": "First and last line to view; the last may be -1"},
        "file_text": _STRING | {"description": "For create: all of the new file"},
        "old_str": _STRING | {"description": "For str_replace: what stands there"},
        "new_str": _STRING | {"description": "For str_replace: what is to stand there"},
        "insert_line": _INTEGER | {"description": "For insert: the line to insert after, 0 for the beginning"},
        "insert_text": _STRING | {"description": "For insert: the text"},
    }
    return _object(fields, "command", "path")


def _computer(*, zooms: bool) -> Raw:
    fields: dict[str, _Schema] = {
        "action": _one_of(*_ACTIONS, *(("zoom",) if zooms else ())),
        "coordinate": _PAIR | {"description": "x and y, in pixels from the top left"},
        "start_coordinate": _PAIR | {"description": "For left_click_drag: where it begins"},
        "text": _STRING | {"description": "What to type, or which keys to press or hold"},
        "scroll_direction": _one_of("up", "down", "left", "right"),
        "scroll_amount": _INTEGER,
        "duration": {"type": "number", "description": "Seconds to hold or wait"},
    }
    region = {"region": _PAIR | {"description": "For zoom: left, top, right and bottom"}} if zooms else {}
    return _object(fields | region, "action")


def _memory() -> Raw:
    fields = {
        "command": _one_of("view", "create", "str_replace", "insert", "delete", "rename"),
        "path": _STRING,
        "view_range": _PAIR | {"description": "First and last line to view"},
        "file_text": _STRING | {"description": "For create: all of the new file"},
        "old_str": _STRING | {"description": "For str_replace: what stands there"},
        "new_str": _STRING | {"description": "For str_replace: what is to stand there"},
        "insert_line": _INTEGER | {"description": "For insert: the line to insert after"},
        "insert_text": _STRING | {"description": "For insert: the text"},
        "old_path": _STRING | {"description": "For rename: from where"},
        "new_path": _STRING | {"description": "For rename: to where"},
    }
    return _object(fields, "command")


def _one_of(*words: str) -> _Schema:
    return {"type": "string", "enum": list(words)}


def _object(properties: dict[str, _Schema], *required: str) -> Raw:
    schema: _Schema = {"type": "object", "properties": properties}
    return Raw(msgspec.json.encode(schema | {"required": list(required)} if required else schema))
