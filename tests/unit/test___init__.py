"""The public names."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cliproxy

STUB = Path(cliproxy.__file__).with_suffix(".pyi")


def test_every_public_name_is_there() -> None:
    """And is what it is called."""
    for name in cliproxy.__all__:
        assert getattr(cliproxy, name) is not None
    assert cliproxy.Gateway.__name__ == "Gateway"
    with pytest.raises(AttributeError, match="no attribute 'Gatewy'"):
        cliproxy.Gatewy  # type: ignore[attr-defined]  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    """From the same places: the two lists are kept in step by nothing else."""
    tree = ast.parse(STUB.read_text())
    imported = {name.name: node.module for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names}

    assert {*imported, "__version__"} == set(cliproxy.__all__)
    for name, module in imported.items():
        assert getattr(sys.modules[str(module)], name) is getattr(cliproxy, name)


def test_importing_it_loads_next_to_nothing() -> None:
    """`--help` must not wait for what only a gateway needs."""
    code = "import sys, cliproxy; print([name for name in sys.modules if name.startswith('cliproxy.')])"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert said.stdout.strip() == "[]"
