"""`serve`: from the command to the socket, and back."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.unit.cli.commands import PATIENCE, code_of, started

CONFIG = """
host: 127.0.0.1
port: 0
api-keys: [gateway-key]
shutdown-seconds: 1
claude-api-key:
  - {api-key: sk-hush, base-url: 'http://127.0.0.1:9', models: [{name: m}]}
prot: 1
"""


def speaks_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(file: Path, told: signal.Signals) -> None:
    """Then it leaves with 0, as supervisors expect."""
    with started("-config", file) as command:
        url = command.line_with("listening on ").split()[-1]
        request = urllib.request.Request(f"{url}/v1/models", headers={"x-api-key": "gateway-key"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            assert [model["id"] for model in json.load(response)["data"]] == ["m"]
        command.process.send_signal(told)
        assert command.process.wait(PATIENCE) == 0
        said = [*command.err]

    assert any("1 credentials, 1 models" in line for line in said)
    assert any("unknown key 'prot'" in line for line in said)
    assert command.out == []
    assert "hush" not in "".join(said)


@pytest.mark.skipif(not speaks_ipv6(), reason="this machine has no IPv6")
def test_an_address_of_ipv6_can_be_opened_as_it_is_shown(file: Path) -> None:
    with started("serve", "--config", file, "--host", "::1") as command:
        url = command.line_with("listening on ").split()[-1]
        request = urllib.request.Request(f"{url}/v1/models", headers={"x-api-key": "gateway-key"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            assert response.status == 200


def test_what_it_says_without_keys(tmp_path: Path) -> None:
    """Nobody should wonder why other machines are refused."""
    file = tmp_path / "config.yaml"
    file.write_text("host: 127.0.0.1\nport: 0\n")
    with started("serve", "--config", file) as command:
        assert "only clients on this machine are served" in command.line_with("api-keys")


def test_a_configuration_that_cannot_be_used_starts_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every fault is told, with its line; the exit code says whose fault it is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file.write_text(f"host: 127.0.0.1\nport: {port}\nrequest-retry: -1\nrouting: {{strategy: fastest}}\n")

    assert code_of("serve", "--config", file) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert f"{file}:3: request-retry" in said.err
    assert f"{file}:4: routing.strategy is 'fastest'; expected 'round-robin' or 'fill-first'" in said.err
    assert "nothing was started" in said.err
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commonest beginning of all."""
    assert code_of("--config", tmp_path / "missing.yaml") == 2
    assert "there is no such file" in capsys.readouterr().err


def test_nothing_at_all_is_no_error_to_puzzle_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The beginning after that one: there is no file, no key and no account, and four ways on."""
    monkeypatch.chdir(tmp_path)
    assert code_of("serve") == 2

    said = capsys.readouterr().err
    for way in ("login", "ANTHROPIC_API_KEY", "config.example.yaml", "demo"):
        assert way in said


def test_a_variable_that_cannot_be_used_starts_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named; what stands there may be half a secret."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hush")
    monkeypatch.setenv("OPENAI_BASE_URL", "hush.example")

    assert code_of("serve", "--config", file) == 2
    said = capsys.readouterr().err
    assert "the environment variable OPENAI_BASE_URL: expected an http:// or https:// URL" in said
    assert "hush" not in said


def test_a_port_that_is_taken_is_told_in_a_line(file: Path) -> None:
    """Without a traceback: it is the operator's to mend."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with started("serve", "--config", file, "--port", str(port)) as command:
            assert command.process.wait(PATIENCE) == 1

    complaint = command.err[-1]
    assert complaint.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert "in use" in complaint
    assert "Traceback" not in "".join(command.err)


def test_an_address_that_is_not_this_machine_s(file: Path) -> None:
    """Likewise."""
    with started("serve", "--config", file, "--host", "192.0.2.1") as command:
        assert command.process.wait(PATIENCE) == 1

    assert command.err[-1].startswith("cannot listen on 192.0.2.1:0: ")
