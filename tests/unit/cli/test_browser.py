"""When a browser is opened, and what is said where it cannot be."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from cliproxy.cli.browser import can_open, open_page, tunnel_hint
from cliproxy.login.flow import Callback


@pytest.mark.parametrize(
    ("environment", "opens"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"BROWSER": "firefox"}, True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}, False),
        ({}, False),
    ],
)
def test_when_a_browser_opens(environment: dict[str, str], opens: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never at the other end of an SSH connection, where it would be the wrong machine's, or a text browser."""
    monkeypatch.setattr(sys, "platform", "linux")
    assert can_open(environment) is opens


def test_opening_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser may stay open as long as it likes."""
    seen = tmp_path / "seen"
    browser = tmp_path / "browser.py"
    browser.write_text("import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])")
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} {seen} %s")

    open_page("https://acme.example/?a=1&b=2")

    ends = time.monotonic() + 10
    while not (seen.exists() and seen.read_text()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    assert seen.read_text() == "https://acme.example/?a=1&b=2"


@pytest.mark.parametrize(
    ("connection", "told"),
    [("10.0.0.1 5 10.0.0.2 22", "@10.0.0.2"), ("10.0.0.1 5 10.0.0.2 2222", "@10.0.0.2 -p 2222"), ("odd", "@")],
)
def test_the_way_through_a_tunnel(connection: str, told: str) -> None:
    """From the port that the vendor sends browsers to, to where we listen."""
    hint = tunnel_hint(Callback(54545, "/callback"), 7000, {"SSH_CONNECTION": connection})

    assert hint.startswith("ssh -L 54545:127.0.0.1:7000 ")
    assert told in hint


def test_nothing_is_run_from_the_folder_that_we_are_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may have put a program there that is called like one of ours."""
    (tmp_path / "webbrowser.py").write_text("import pathlib; pathlib.Path('trapped').touch()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BROWSER", f"{sys.executable} -c 'import pathlib; pathlib.Path(\"seen\").touch()' %s")

    open_page("https://acme.example/")

    ends = time.monotonic() + 10
    while not list(tmp_path.glob("[st]*n")) and not (tmp_path / "trapped").exists():
        assert time.monotonic() < ends
        time.sleep(0.02)
    assert not (tmp_path / "trapped").exists()
