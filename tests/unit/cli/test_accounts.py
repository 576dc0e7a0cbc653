"""`accounts` before a person and before a script; `tests/gateway/test_account_commands.py` has it beside a gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.unit.cli.commands import code_of
from tests.unit.cli.terminal import at_terminal

ANN, BEN = "claude-ann@x.example.json", "team/qwen-ben.json"


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Commands that run in this process say where logs go, which ends with the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "auths" / "team").mkdir(parents=True)
    (tmp_path / "auths" / ANN).write_text(
        '{\n  "type": "claude",\n  "email": "ann@x.example",\n  "access_token": "hush-a",\n'
        '  "refresh_token": "hush-r",\n'
        '  "expired": "2099-01-01T00:00:00Z",\n  "organization": "Acme",\n  "priority": 3\n}\n'
    )
    (tmp_path / "auths" / BEN).write_text('{"type": "qwen", "email": "ben", "access_token": "hush-b", "expired": 1}')
    (tmp_path / "auths" / "half.json").write_text('{"type": "clau')
    file = tmp_path / "config.yaml"
    file.write_text(f"auth-dir: {tmp_path / 'auths'}\ngemini-api-key: [{{api-key: hush-key}}]\n")
    return file


def test_a_table_for_pipes_has_no_colour_and_no_secret(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert code_of("accounts", "list", "--config", config) == 0
    out, err = capfd.readouterr()
    head, *rows = out.splitlines()

    assert head.split() == ["provider", "account", "plan,", "project", "state", "file"]
    told = {row.split()[-1]: row for row in rows}
    assert set(told) == {ANN, BEN, "half.json", "gemini-api-key[0]"}
    assert "ready, token ends 2099-01-01 00:00 UTC" in told[ANN]
    assert "Acme" in told[ANN]
    assert "token ran out: there is no refresh token; log in again" in told[BEN]
    assert "unreadable: it is not JSON, or half written" in told["half.json"]
    assert "\x1b" not in out
    assert "hush" not in out + err


def test_a_table_on_a_terminal_is_coloured(config: Path) -> None:
    with at_terminal("cliproxy", "accounts", "list", "--config", config) as terminal:
        assert terminal.code() == 0
    assert b"\x1b[32mready" in terminal._raw
    assert "hush" not in terminal.written


def test_what_a_script_gets(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert code_of("accounts", "list", "--json", "--config", config) == 0
    listed = json.loads(capfd.readouterr().out)
    assert [one["state"] for one in listed] == ["ready", "unreadable", "token ran out", "ready"]
    assert [one["file"] for one in listed] == [ANN, "half.json", BEN, ""]
    assert listed[-1]["key"] == "gemini-api-key[0]"
    assert listed[-1]["account"] == listed[-1]["handle"] != ""

    assert code_of("accounts", "show", "ann", "ben", "--json", "--config", config) == 0
    ann, ben = json.loads(capfd.readouterr().out)
    assert ann["told"] == {"e-mail": "ann@x.example", "organization": "Acme"}
    assert ann["settings"] == {"token ends": "2099-01-01 00:00 UTC", "priority": "3"}
    assert ben["account"] == "ben"


def test_a_page_of_an_account(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert code_of("accounts", "show", "ann", "half", "--config", config) == 0
    out = capfd.readouterr().out
    assert "organization: Acme\n" in out
    assert "priority: 3\n" in out
    assert "state: unreadable: it is not JSON" in out
    assert "hush" not in out


def test_several_at_once_and_one_that_is_not_there(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What can be done is done, and the exit code says that something could not."""
    assert code_of("accounts", "disable", "ann", "nobody", "ben", "--config", config) == 1
    out, err = capfd.readouterr()
    assert out == f"{ANN}: disabled\n{BEN}: disabled\n"
    assert "there is no account 'nobody'" in err
    assert (config.parent / "auths" / ANN).read_text().endswith(',\n  "disabled": true\n}\n')

    assert code_of("accounts", "enable", "ann", "ben", "half", "--config", config) == 1
    out, err = capfd.readouterr()
    assert out == f"{ANN}: enabled\n{BEN}: enabled\n"
    assert "half.json: auths/half.json cannot be used" in err

    assert code_of("accounts", "enable", "ann", "--config", config) == 0
    assert capfd.readouterr().out == f"{ANN}: was enabled already\n"


@pytest.mark.parametrize(("said", "is_left", "code"), [("y\n", False, 0), ("\n", True, 1), ("no\n", True, 1)])
def test_a_person_is_asked_before_a_file_is_removed(config: Path, said: str, is_left: bool, code: int) -> None:
    with at_terminal("cliproxy", "accounts", "remove", "ann", "--config", config) as terminal:
        terminal.shows(f"Remove auths/{ANN}? y/N")
        terminal.type(said)
        assert terminal.code() == code
    assert (config.parent / "auths" / ANN).exists() is is_left


def test_ctrl_c_is_an_answer_too(config: Path) -> None:
    """At once, without another key."""
    with at_terminal("cliproxy", "accounts", "remove", "ann", "ben", "--config", config) as terminal:
        terminal.shows(f"Remove auths/{ANN}? y/N")
        terminal.interrupt()
        assert terminal.code() == 130
    assert "Traceback" not in terminal.written
    assert (config.parent / "auths" / ANN).exists()


def test_nothing_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"auth-dir: {tmp_path / 'none'}\n")
    assert code_of("accounts", "list", "--config", file) == 0
    assert "there are no accounts in" in capfd.readouterr().out
    assert code_of("accounts", "test", "--all", "--config", file) == 0
    assert code_of("accounts", "test", "--config", file) == 1


def test_a_configuration_that_cannot_be_used(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("port: many\n")
    for words in (("list",), ("show", "a"), ("disable", "a"), ("remove", "a", "--yes"), ("test", "--all")):
        assert code_of("accounts", *words, "--config", file) == 2
        assert f"{file}:1" in capfd.readouterr().err


def test_what_is_not_tested_says_why(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert code_of("accounts", "test", "half", "--json", "--config", config) == 1
    verdict = json.loads(capfd.readouterr().out)
    assert (verdict["ok"], verdict["account"]) == (False, "half.json")
    assert "half written" in verdict["problem"]
    assert verdict["remedy"]
