"""The Go program's command lines, each with what it means today."""

from __future__ import annotations

import pytest

from cliproxy.cli.go_flags import NotServed, modern


@pytest.mark.parametrize(
    ("line", "today"),
    [
        ("", "serve"),
        ("-config a.yaml", "serve --config a.yaml"),
        ("--config=a.yaml --port 1", "serve --config a.yaml --port 1"),
        ("-no-browser", "serve"),
        ("-login=false", "serve"),
        ("-login", "login gemini-cli"),
        ("--login -project_id p1", "login gemini-cli --project p1"),
        ("-project_id=ALL -login=true", "login gemini-cli --project ALL"),
        ("-claude-login", "login claude"),
        ("--claude-login", "login claude"),
        ("-codex-login -no-browser", "login codex --no-browser"),
        ("-codex-device-login", "login codex --device"),
        ("-qwen-login", "login qwen"),
        ("-iflow-login", "login iflow"),
        ("-iflow-cookie", "login iflow --cookie"),
        ("-antigravity-login", "login antigravity"),
        ("-kimi-login -oauth-callback-port 7000", "login kimi --callback-port 7000"),
        ("-claude-login -oauth-callback-port=0", "login claude"),
        ("-vertex-import key.json", "login vertex --file key.json"),
        ("-vertex-import=key.json -vertex-import-prefix team", "login vertex --file key.json --prefix team"),
        ("-claude-login -config a.yaml -no-browser=1", "login claude --config a.yaml --no-browser"),
        ("-claude-login -project_id p1", "login claude"),
        ("-kimi-login -iflow-cookie -qwen-login -codex-login -login", "login gemini-cli"),
        ("-login -vertex-import key.json", "login vertex --file key.json"),
        ("-h", "--help"),
        ("-help", "--help"),
        ("--version", "--version"),
        ("login claude -config a.yaml", "login claude --config a.yaml"),
        ("serve -config=a.yaml", "serve --config=a.yaml"),
        ("-tui=false", "serve"),
        ("--what -x", "serve --what -x"),
    ],
)
def test_a_command_line(line: str, today: str) -> None:
    """One dash or two, in any order; one action runs, the first in the Go program's order."""
    assert modern(line.split()) == today.split()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("-tui", "no terminal interface"),
        ("-tui -standalone", "no terminal interface"),
        ("-standalone", "no terminal interface"),
        ("-password hush", "no management API"),
        ("-login -password=hush", "no management API"),
        ("-config", "needs a value"),
        ("-claude-login=perhaps", "true or false"),
    ],
)
def test_what_is_not_served_is_said(line: str, told: str) -> None:
    """In a sentence, which does not repeat a password."""
    with pytest.raises(NotServed, match=told) as refusal:
        modern(line.split())
    assert "hush" not in str(refusal.value)
