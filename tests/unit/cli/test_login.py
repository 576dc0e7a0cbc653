"""`login` before a person at a real terminal, and before a script."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from cliproxy import discovery
from tests.ports import free_port, is_free
from tests.unit.cli.acme import announced
from tests.unit.cli.commands import code_of
from tests.unit.cli.terminal import PATIENCE, Terminal, at_terminal

ACME = "tests.unit.cli.acme"
BOB = "claude-bob@acme.example.json"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(f"auth-dir: {tmp_path / 'auths'}\n")
    return file


def files(config: Path) -> list[str]:
    return sorted(path.name for path in (config.parent / "auths").glob("*.json"))


def visited(port: int, terminal: Terminal) -> str:
    """Follow the address that stands on the terminal."""
    shown = terminal.shows("/callback?code=bob&state=")
    address = next(word for word in shown.split() if word.startswith(f"http://127.0.0.1:{port}/callback"))
    with urllib.request.urlopen(address, timeout=PATIENCE) as page:
        text: str = page.read().decode()
        return text


def test_a_browser_that_comes_back(config: Path) -> None:
    """What a person sees: the notice first, the address, the account, and what is next."""
    port = free_port()
    with at_terminal(ACME, "login", "acme", "--config", config, ACME_PORT=str(port)) as terminal:
        assert "You are logged in" in visited(port, terminal)
        assert terminal.code() == 0
        assert terminal.echoes()

    shown = terminal.written
    assert shown.index("https://acme.example/terms") < shown.index("Open this page")
    assert "bob@acme.example" in shown
    assert str(config.parent / "auths" / BOB) in shown
    assert "at-bob" not in shown
    assert files(config) == [BOB]
    assert is_free(port)


def test_a_browser_that_is_opened(config: Path) -> None:
    """By `$BROWSER`; what it prints is not seen. The address is shown all the same."""
    port = free_port()
    browser = config.parent / "browser.py"
    browser.write_text("import sys, urllib.request as u; print('noise', u.urlopen(sys.argv[1]).read())")
    words = ("login", "acme", "--config", config)
    with at_terminal(ACME, *words, ACME_PORT=str(port), BROWSER=f"{sys.executable} {browser} %s") as terminal:
        assert terminal.code() == 0

    assert "Your browser opens this page:" in terminal.written
    assert "noise" not in terminal.written
    assert files(config) == [BOB]


def test_an_address_that_is_pasted(config: Path) -> None:
    """At once, without waiting; a slip costs another try and nothing else."""
    words = ("login", "acme", "--no-browser", "--config", config)
    with at_terminal(ACME, *words, ACME_PORT=str(free_port())) as terminal:
        shown = terminal.shows("paste here")
        state = shown.partition("state=")[2].split()[0]
        terminal.type("what?\n")
        terminal.shows("neither a code nor an error")
        terminal.type(f"http://localhost/callback?code=eve&state={'0' * 32}\n")
        terminal.shows("another login")
        terminal.type(f"http://localhost/callback?code=eve\x15http://localhost/callback?code=bx\x7fob&state={state}\r")
        assert terminal.code() == 0
        assert terminal.echoes()

    assert files(config) == [BOB]


def test_how_to_get_here_from_another_machine(config: Path) -> None:
    """Over SSH no browser is opened, whatever is set; the tunnel is spelled out."""
    port = free_port()
    environment = {"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 2222", "BROWSER": "false %s", "ACME_PORT": str(port)}
    with at_terminal(ACME, "auth", "acme", "--config", config, **environment) as terminal:
        terminal.shows(f"ssh -L {port}:127.0.0.1:{port} ")
        shown = terminal.shows("paste here")
        terminal.interrupt()
        assert terminal.code() == 130

    assert "@10.0.0.2 -p 2222" in shown
    assert "Your browser opens" not in shown


def test_ctrl_c_leaves_nothing_behind(config: Path) -> None:
    """No file, no listener, and a terminal as it was."""
    port = free_port()
    with at_terminal(ACME, "login", "acme", "--config", config, ACME_PORT=str(port)) as terminal:
        terminal.shows("4:5")
        assert not is_free(port)
        assert not terminal.echoes()
        terminal.interrupt()
        assert terminal.code() == 130
        assert terminal.echoes()

    assert "given up" in terminal.written
    assert "Traceback" not in terminal.written
    assert files(config) == []
    assert is_free(port)


def test_a_code_that_is_typed_elsewhere(config: Path) -> None:
    """It is shown large; the vendor's question comes while we wait, and takes a number or a name."""
    with at_terminal(ACME, "login", "acme", "--device", "--config", config) as terminal:
        terminal.shows(" AB-12 ")
        terminal.shows("2. two")
        terminal.type("four\n")
        terminal.shows("from 1 to 3")
        terminal.type("2\n")
        assert terminal.code() == 0

    assert json.loads((config.parent / "auths" / "claude-ann@acme.example.json").read_text())["alias"] == "two"


def test_a_secret_is_not_shown(config: Path) -> None:
    """While it is typed, or after."""
    with at_terminal(ACME, "login", "acme", "--cookie", "--config", config) as terminal:
        terminal.shows("Your cookie")
        terminal.type("hush")
        terminal.shows("••••")
        terminal.type("\n")
        assert terminal.code() == 0

    assert "> hush" not in terminal.written
    assert "hush@acme.example" in terminal.written  # the vendor's name for the account


def test_a_port_that_is_taken(config: Path) -> None:
    """A person can paste the address all the same."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        words = ("login", "acme", "--no-browser", "--config", config)
        with at_terminal(ACME, *words, ACME_PORT=str(port)) as terminal:
            assert f"port {port}" in terminal.shows("paste here")
            terminal.type("code=bob\n")
            assert terminal.code() == 0


def test_a_script_gets_json(config: Path) -> None:
    """One object on the standard output; what a person reads is on the other."""
    words = ("login", "acme", "--cookie", "--json", "--config", str(config))
    ended = subprocess.run(
        [sys.executable, "-m", ACME, *words], input="bob\n", capture_output=True, text=True, timeout=60, check=False
    )

    found = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert found["ok"]
    assert (found["account"], found["replaced"]) == ("bob@acme.example", False)
    assert found["file"] == str(config.parent / "auths" / BOB)
    assert "at-bob" not in ended.stdout + ended.stderr
    assert "\x1b" not in ended.stderr


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor is known in this process too."""
    monkeypatch.setattr(discovery, "entry_points", announced)


def test_a_script_gets_plain_lines(config: Path, acme: None, capsys: pytest.CaptureFixture[str]) -> None:
    """No box, no colour, no line broken in two."""
    assert code_of("login", "acme", "--device", "--config", config) == 0

    told = capsys.readouterr().out
    assert "Code: AB-12" in told
    assert f"file: {config.parent / 'auths' / 'claude-ann@acme.example.json'}\n" in told
    assert "\x1b" not in told


def test_a_key_file(config: Path, acme: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Its content is what counts; one that is not there is named."""
    key = config.parent / "key.json"
    key.write_text("bob")
    assert code_of("login", "acme", "--file", key, "--config", config) == 0
    assert files(config) == [BOB]
    capsys.readouterr()

    assert code_of("login", "acme", "--file", config.parent / "none.json", "--config", config, "--json") == 1
    told = capsys.readouterr()
    assert "none.json cannot be read: No such file" in told.err
    assert json.loads(told.out)["ok"] is False


def test_a_browser_cannot_be_waited_for_where_another_program_listens(
    config: Path, acme: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The Go program's exit code; nothing is left to be done without a person."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        words = ("--callback-port", port, "--no-browser", "--config", config)
        assert code_of("login", "acme", *words) == 13

    told = capsys.readouterr().err
    assert f"port {port}" in told
    assert "--oauth-callback-port" in told


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("login", "globex"), 2, "nobody can log in at 'globex'"),
        (("login", "claude", "--device"), 2, "it has these: browser"),
        (("login", "claude", "--config", "none.yaml"), 2, "none.yaml"),
        (("login", "claude", "--config", "untrusting.yaml"), 2, "none.pem"),
    ],
)
def test_what_cannot_begin(
    words: tuple[str, ...],
    code: int,
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is opened, and the exit code says so."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "untrusting.yaml").write_text("upstream-tls: {ca-file: none.pem}\n")

    assert code_of(*words) == code
    assert told in capsys.readouterr().err
