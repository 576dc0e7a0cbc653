"""`generate-key`."""

from __future__ import annotations

import re

import pytest

from tests.unit.cli.commands import code_of


def test_a_key_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """It can be piped on; and it is long enough that nobody guesses it."""
    keys = set()
    for _ in range(20):
        assert code_of("generate-key") == 0
        keys.add(capsys.readouterr().out)

    assert len(keys) == 20
    assert all(re.fullmatch(r"sk-[\w-]{43}\n", key) for key in keys)
