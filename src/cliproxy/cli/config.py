"""`config check` and `config schema`."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from rich.console import Console

from cliproxy.config.example import json_schema
from cliproxy.config.load import load
from cliproxy.errors import ConfigError

FINE, IGNORED, UNUSABLE = 0, 1, 2  # exit codes


def check(path: Path, *, as_json: bool) -> int:
    """Print what is wrong with a configuration."""
    try:
        loaded = load(path)
    except ConfigError as error:
        return _told(path, error.problems, error.warnings, as_json=as_json)
    return _told(path, (), tuple(str(warning) for warning in loaded.warnings), as_json=as_json)


def schema() -> int:
    """Print the JSON Schema."""
    sys.stdout.buffer.write(json_schema())
    return 0


def _told(path: Path, errors: tuple[str, ...], warnings: tuple[str, ...], *, as_json: bool) -> int:
    code = UNUSABLE if errors else IGNORED if warnings else FINE
    if as_json:
        found = {"file": str(path), "usable": not errors, "errors": errors, "warnings": warnings}
        print(msgspec.json.encode(found).decode())
        return code
    console = Console(highlight=False, soft_wrap=True)
    for problem in errors:
        console.print("[red]error[/red]  ", end=" ")
        console.print(problem, markup=False)
    for problem in warnings:
        console.print("[yellow]warning[/yellow]", end=" ")
        console.print(problem, markup=False)
    if not errors and not warnings:
        console.print(f"{path} is fine", markup=False)
    return code
