"""The command line, and the Go program's way of writing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cliproxy import __version__
from cliproxy.cli import serve
from tests.unit.cli.commands import code_of


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str | None, int | None]]:
    """What was to be served; nothing is."""
    calls: list[tuple[Path, str | None, int | None]] = []

    def instead(path: Path, *, host: str | None, port: int | None) -> int:
        calls.append((path, host, port))
        return 7

    monkeypatch.setattr(serve, "serve", instead)
    return calls


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--config", "a.yaml"],
        ["serve", "--config=a.yaml"],
        ["serve", "-config", "a.yaml"],
        ["--config", "a.yaml"],
        ["--config=a.yaml"],
        ["-config", "a.yaml"],
        ["-config=a.yaml"],
    ],
)
def test_every_way_of_writing_serve(words: list[str], served: list[object]) -> None:
    """Scripts and unit files for the Go program go on working. The command's exit code is the process's."""
    assert code_of(*words) == 7
    assert served == [(Path("a.yaml"), None, None)]


def test_without_a_word_the_gateway_is_served(served: list[object]) -> None:
    """With the file that lies there."""
    assert code_of() == 7
    assert served == [(Path("config.yaml"), None, None)]


def test_address_and_port_may_be_said(served: list[object]) -> None:
    """Instead of what the file says."""
    code_of("--config", "a.yaml", "--host", "127.0.0.1", "--port", "0")

    assert served == [(Path("a.yaml"), "127.0.0.1", 0)]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """Alone on its line, for scripts."""
    assert code_of("--version") == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And serves nothing."""
    assert code_of(flag) == 0
    shown = capsys.readouterr().out
    for command in ("serve", "demo", "config", "generate-key"):
        assert command in shown


def test_help_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Its flags, with what they mean."""
    assert code_of("serve", "--help") == 0
    assert "--config" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["surf"], ["serve", "--prot", "1"], ["serve", "--port", "many"], ["--nothing"]])
def test_what_is_not_understood_is_refused(
    words: list[str], served: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started by a slip of the pen."""
    assert code_of(*words) != 0
    assert served == []
    assert capsys.readouterr() != ("", "")
