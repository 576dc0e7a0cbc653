"""The command line, and the Go program's way of writing it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cliproxy import __version__
from cliproxy.cli import login, serve
from cliproxy.cli.login import Wish
from cliproxy.login.flow import LoginKind
from tests.unit.cli.commands import code_of


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path | None, str | None, int | None, bool]]:
    """What was to be served; nothing is."""
    calls: list[tuple[Path | None, str | None, int | None, bool]] = []

    def instead(path: Path | None, *, host: str | None, port: int | None, enable_oauth: bool) -> int:
        calls.append((path, host, port, enable_oauth))
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
    assert served == [(Path("a.yaml"), None, None, False)]


def test_without_a_word_the_gateway_is_served(served: list[object]) -> None:
    """With the file that lies there."""
    assert code_of() == 7
    assert served == [(None, None, None, False)]


def test_address_and_port_may_be_said(served: list[object]) -> None:
    """Instead of what the file says."""
    code_of("--config", "a.yaml", "--host", "127.0.0.1", "--port", "0")

    assert served == [(Path("a.yaml"), "127.0.0.1", 0, False)]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """Alone on its line, for scripts."""
    assert code_of("--version") == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And serves nothing."""
    assert code_of(flag) == 0
    shown = capsys.readouterr().out
    for command in ("serve", "login", "demo", "config", "generate-key"):
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


@pytest.mark.parametrize("flag", ["--enable-oauth", "--enable_oauth"])
def test_logins_in_the_browser_are_offered_only_when_asked_for(flag: str, served: list[object]) -> None:
    """In both ways in which it is written in the documents."""
    code_of("serve", flag)
    code_of("-config", "a.yaml", flag)

    assert served == [(None, None, None, True), (Path("a.yaml"), None, None, True)]


@pytest.fixture
def wished(monkeypatch: pytest.MonkeyPatch) -> list[Wish]:
    """What somebody wanted to log in to; nothing happens."""
    wishes: list[Wish] = []

    def instead(wish: Wish) -> int:
        wishes.append(wish)
        return 7

    monkeypatch.setattr(login, "login", instead)
    return wishes


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        (["login", "claude"], Wish(provider="claude")),
        (["auth", "gemini", "--project", "p1"], Wish(provider="gemini", options={"project": "p1"})),
        (["login", "codex", "--device", "--json"], Wish(provider="codex", kind=LoginKind.DEVICE, as_json=True)),
        (["-codex-device-login"], Wish(provider="codex", kind=LoginKind.DEVICE)),
        (["--iflow-cookie"], Wish(provider="iflow", kind=LoginKind.COOKIE)),
        (
            ["-claude-login", "-no-browser", "-oauth-callback-port", "7000", "-config=a.yaml"],
            Wish(provider="claude", opens_browser=False, port=7000, config=Path("a.yaml")),
        ),
        (
            ["login", "vertex", "--file", "key.json", "--location", "global", "--prefix", "team", "--alias", "x"],
            Wish(
                provider="vertex",
                kind=LoginKind.KEY_FILE,
                file=Path("key.json"),
                options={"location": "global", "prefix": "team", "alias": "x"},
            ),
        ),
    ],
)
def test_every_way_of_writing_a_login(words: list[str], wish: Wish, wished: list[Wish]) -> None:
    """Today's words and the Go program's."""
    assert code_of(*words) == 7
    assert wished == [wish]


@pytest.mark.parametrize("words", [["-tui"], ["-password", "x"], ["-config"]])
def test_flags_that_nothing_is_served_for(
    words: list[str], served: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence; nothing is started instead."""
    assert code_of(*words) == 2
    assert served == []
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_who_reads_along_may_leave(unbuffered: str) -> None:
    """As `head` does. The command ends as a shell expects it, and complains to nobody."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "cliproxy", "config", "schema"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        check=False,
    )
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (141, b"")
