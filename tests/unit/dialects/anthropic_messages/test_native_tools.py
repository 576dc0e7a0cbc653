"""Tools that clients run and Anthropic's models know by a dated type."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cliproxy.conversation.request import Tool
from tests.unit.dialects.anthropic_messages.home import abroad, decoded, encoded, written_at_home


def native(**fields: Any) -> Tool:
    tool = decoded(tools=[fields]).tools[0]
    assert isinstance(tool, Tool)
    return tool


@pytest.mark.parametrize(
    ("kind", "name", "argument"),
    [
        ("bash_20250124", "bash", "command"),
        ("text_editor_20250728", "str_replace_based_edit_tool", "insert_text"),
        ("computer_20251124", "computer", "region"),
        ("memory_20250818", "memory", "new_path"),
    ],
)
def test_other_vendors_get_a_function_that_they_can_call(kind: str, name: str, argument: str) -> None:
    """An empty schema would be no use; at home the tool is what it was."""
    tool = native(type=kind, name=name)
    schema = msgspec.json.decode(tool.input_schema or b"")

    assert (tool.name, bool(tool.description)) == (name, True)
    assert argument in schema["properties"]
    assert written_at_home(tools=[{"type": kind, "name": name}])["tools"] == [{"type": kind, "name": name}]
    assert encoded(abroad(decoded(tools=[{"type": kind, "name": name}])))[0]["tools"][0]["input_schema"] == schema


def test_only_older_editors_undo_and_only_newer_screens_zoom() -> None:
    """A command that the client does not know would fail."""
    editors = [native(type=f"text_editor_{day}", name="e").input_schema for day in (20250124, 20250728)]
    screens = [native(type=f"computer_{day}", name="c").input_schema for day in (20250124, 20251124)]

    assert [b"undo_edit" in bytes(schema or b"") for schema in editors] == [True, False]
    assert [b"zoom" in bytes(schema or b"") for schema in screens] == [False, True]


def test_the_size_of_the_screen_is_told_in_words() -> None:
    tool = native(type="computer_20250124", name="c", display_width_px=1024, display_height_px=768, display_number=1)

    assert "1024 by 768" in tool.description
    assert list(tool.extras) == ["display_number"]
