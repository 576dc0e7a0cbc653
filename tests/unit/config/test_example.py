"""What is generated from the schema is current, and true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cliproxy.config.example import SCHEMA_NAME, example, json_schema, reference
from cliproxy.config.load import Loaded, parse
from cliproxy.config.schema import Config

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.example.yaml", example().encode()),
        (SCHEMA_NAME, json_schema()),
        ("docs/reference/settings.md", reference().encode()),
    ],
)
def test_the_committed_file_is_the_generated_one(name: str, content: bytes) -> None:
    assert (ROOT / name).read_bytes() == content, "run scripts/generate"


def test_the_example_says_what_an_empty_file_says() -> None:
    assert parse(example(), "config.example.yaml") == Loaded(Config(), ())


def test_the_example_names_every_setting() -> None:
    keys = {name.replace("_", "-") for name in Config.__struct_fields__}

    assert {key for key in keys if not re.search(rf"^(# )?{key}:", example(), re.MULTILINE)} == set()


def test_the_made_up_entries_are_sound() -> None:
    """Who takes the `# ` away gets a configuration without warnings, with one entry in each list."""
    text = "\n".join(
        line.removeprefix("# ") if re.match(r"# (  |[a-z-]+:$)", line) else line for line in example().splitlines()
    )
    loaded = parse(text, "config.example.yaml")

    assert loaded.warnings == ()
    lists = ("gemini_api_key", "claude_api_key", "codex_api_key", "openai_compatibility", "routes", "api_key_models")
    for name in lists:
        assert len(getattr(loaded.config, name)) == 1
    assert loaded.config.openai_compatibility[0].models[0].alias == "my-model"


def test_the_examples_in_comments_are_sound() -> None:
    text = "\n".join(re.findall(r"^# For example: (.*)$", example(), re.MULTILINE))

    assert parse(text, "config.example.yaml").warnings == ()
    assert len(text.splitlines()) == 6


def test_editors_find_the_schema_in_the_first_line() -> None:
    assert example().splitlines()[0] == f"# yaml-language-server: $schema=./{SCHEMA_NAME}"


def test_the_schema_is_closed() -> None:
    schema: dict[str, Any] = json.loads(json_schema())

    assert schema["$schema"].startswith("https://json-schema.org/")
    assert all(definition["additionalProperties"] is False for definition in schema["$defs"].values())
    assert schema["$defs"]["Config"]["properties"]["port"]["maximum"] == 65535
    assert "least-connections" in schema["$defs"]["Routing"]["properties"]["strategy"]["enum"]


def test_the_schema_knows_both_ways_to_write_a_time() -> None:
    """Editors would mark one of them as a mistake."""
    definitions = json.loads(json_schema())["$defs"]

    assert definitions["Routing"]["properties"]["session-affinity-ttl"]["type"] == ["integer", "string"]
    assert definitions["ClaudeKey"]["properties"]["quota-period"]["type"] == ["string", "integer"]
    assert "also" not in json_schema().decode()
