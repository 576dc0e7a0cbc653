"""`config check` and `config schema`."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.unit.cli.commands import code_of

FINE = "port: 8317\n"
IGNORED = "prot: 8317\nclaude-api-key: [{base-url: 'https://a.example'}]\n"
UNUSABLE = "port: many\nrouting: {strategy: fastest}\nprot: 1\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


@pytest.mark.parametrize(("text", "code"), [(FINE, 0), ("", 0), (IGNORED, 1), (UNUSABLE, 2), ("a: [", 2)])
def test_the_exit_code_tells_how_bad_it_is(file: Path, text: str, code: int) -> None:
    """For scripts that deploy one."""
    file.write_text(text)

    assert code_of("config", "check", file) == code


def test_a_file_that_is_not_there_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named."""
    missing = tmp_path / "missing.yaml"

    assert code_of("config", "check", missing) == 2
    assert f"{missing}: there is no such file" in capsys.readouterr().out


def test_every_fault_is_told_with_its_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One run is enough to mend them all."""
    file.write_text(UNUSABLE)
    code_of("config", "check", file)
    shown = capsys.readouterr().out.splitlines()

    assert [(line.split()[0], line.split(":")[1]) for line in shown] == [
        ("error", "1"),
        ("error", "2"),
        ("warning", "3"),
    ]
    assert all(str(file) in line for line in shown)


def test_what_is_ignored_is_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what was meant, where that can be guessed."""
    file.write_text(IGNORED)
    code_of("config", "check", file)
    first, second = capsys.readouterr().out.splitlines()

    assert first.startswith("warning")
    assert f"{file}:1: unknown key 'prot' in the top level; did you mean 'port'?" in first
    assert "claude-api-key[0]: api-key is missing" in second


def test_a_fine_file_is_said_to_be(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence would leave a doubt."""
    file.write_text(FINE)
    code_of("config", "check", file)

    assert capsys.readouterr().out == f"{file} is fine\n"


def test_square_brackets_in_a_message_are_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are places in lists, not colours."""
    file.write_text("api-keys: ['']\n")
    code_of("config", "check", file)

    assert "api-keys[0]: empty" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "usable", "errors", "warnings"), [(FINE, True, 0, 0), (IGNORED, True, 0, 2), (UNUSABLE, False, 2, 1)]
)
def test_programs_get_json(
    file: Path, text: str, errors: int, warnings: int, capsys: pytest.CaptureFixture[str], *, usable: bool
) -> None:
    """With the same exit code."""
    file.write_text(text)
    code = code_of("config", "check", file, "--json")
    found = msgspec.json.decode(capsys.readouterr().out)

    assert found["file"] == str(file)
    assert found["usable"] is usable
    assert (len(found["errors"]), len(found["warnings"])) == (errors, warnings)
    assert all(problem.startswith(f"{file}:") for problem in found["errors"] + found["warnings"])
    assert code == (2 if errors else 1 if warnings else 0)


def test_no_secret_is_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output goes into issues."""
    file.write_text(
        "api-keys: hush-1\nproxy-url: 'http://user:hush-2@'\nclaude-api-key: [{api-key: [hush-3]}, hush-4]\n"
    )

    assert code_of("config", "check", file) == 2
    assert "hush" not in "".join(capsys.readouterr())


def test_the_schema_is_json(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Editors complete and check by it."""
    assert code_of("config", "schema") == 0
    schema = msgspec.json.decode(capfdbinary.readouterr().out)

    assert schema["$schema"].startswith("https://json-schema.org/")
