"""
The schema, written out for people (`config.example.yaml`, `docs/reference/settings.md`) and for editors
(`config.schema.json`).

Settings stand with their default, lists of upstreams as a comment with one made-up entry.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec.inspect import DictType, Field, Metadata, StructType, Type, VarTupleType, type_info

from cliproxy.config.schema import Config

SCHEMA_NAME = "config.schema.json"
WIDTH = 118

_HEADER = f"""\
# yaml-language-server: $schema=./{SCHEMA_NAME}

# Every setting, with its default. Written by scripts/generate; copy it to config.yaml and keep what you change.
"""

_REFERENCE = """\
# Settings

Every setting of `config.yaml`, with its default. Written by `scripts/generate` from the code. How they work together:
[docs/guide/](../guide/).

| setting | default | what it does |
|---|---|---|"""


def example() -> str:
    """Return a file that says what an empty one says, and explains it."""
    config = type_info(Config)
    assert isinstance(config, StructType)
    sections = (_section(field) for field in config.fields)
    return "\n".join([_HEADER, *("\n".join(lines) + "\n" for lines in sections)])


def json_schema() -> bytes:
    """Return the JSON Schema of the file. An editor marks as unknown what the loader would warn of."""
    schema = msgspec.json.schema(Config)
    for definition in schema["$defs"].values():
        definition["additionalProperties"] = False
        definition.pop("required")
        for known in definition["properties"].values():
            if also := known.pop("also", None):
                known["type"] = [known["type"], also]
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of CLI Proxy API",
        **schema,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def reference() -> str:
    """Return a page with every setting in a table."""
    config = type_info(Config)
    assert isinstance(config, StructType)
    rows = [f"| `{path}` | {default} | {help_} |" for path, default, help_ in _settings(config, "")]
    return "\n".join([_REFERENCE, *rows]) + "\n"


def _settings(kind: StructType, where: str) -> Iterator[tuple[str, str, str]]:
    """Yield each setting's path, default and sentence of help; blocks and lists before what they hold."""
    for field in kind.fields:
        inner, known = _opened(field.type)
        path = f"{where}{field.encode_name}"
        held, step = _held(inner)
        default = "" if held else f"`{_flow(_default(field))}`"
        yield path, default, known["description"].replace("|", "\\|")
        if held:
            yield from _settings(held, path + step)


def _held(kind: Type) -> tuple[StructType | None, str]:
    """Return the block that a block, list or mapping of lists holds, and how one gets to it."""
    match kind:
        case StructType():
            return kind, "."
        case VarTupleType(item_type=StructType() as held):
            return held, "[]."
        case DictType(value_type=VarTupleType(item_type=StructType() as held)):
            return held, ".*[]."
        case DictType(value_type=StructType() as held):
            return held, ".*."
    return None, ""


def _section(field: Field) -> Iterator[str]:
    kind, known = _opened(field.type)
    if isinstance(kind, VarTupleType) and isinstance(kind.item_type, StructType):
        yield from _comment(known["description"])
        yield from (f"# {line}" for line in (f"{field.encode_name}:", *_indented(_entry(kind.item_type))))
    elif isinstance(kind, StructType):
        yield from _comment(known["description"])
        yield f"{field.encode_name}:"
        for inner in kind.fields:
            yield from _indented(_setting(inner))
    else:
        yield from _setting(field)


def _setting(field: Field) -> Iterator[str]:
    _, known = _opened(field.type)
    yield from _comment(known["description"])
    for value in known.get("examples", ()):
        yield f"# For example: {field.encode_name}: {_flow(value)}"
    yield f"{field.encode_name}: {_flow(_default(field))}"


def _entry(kind: StructType) -> Iterator[str]:
    """Yield one made-up item of a list: each field's example, or its default."""
    for field in kind.fields:
        first = field is kind.fields[0]
        inner, known = _opened(field.type)
        comment = _comment(known["description"])
        yield from comment if first else _indented(comment)
        lead = "- " if first else "  "
        if isinstance(inner, VarTupleType) and isinstance(inner.item_type, StructType):
            yield f"{lead}{field.encode_name}:"
            yield from _indented(_indented(_entry(inner.item_type)))
        else:
            value = known["examples"][0] if "examples" in known else _default(field)
            yield f"{lead}{field.encode_name}: {_flow(value)}"


def _opened(kind: Type) -> tuple[Type, dict[str, Any]]:
    """Return a field's type, and what is said about it."""
    return (kind.type, kind.extra_json_schema or {}) if isinstance(kind, Metadata) else (kind, {})


def _default(field: Field) -> Any:
    return field.default_factory() if field.default is NODEFAULT else field.default


def _flow(value: Any) -> str:
    """Return a value on one line. JSON is YAML too."""
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
