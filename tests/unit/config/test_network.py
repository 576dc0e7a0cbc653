"""How calls go out, as it is written down."""

from __future__ import annotations

import pytest

from cliproxy.config.load import parse
from cliproxy.config.network import ClaudeHeaderDefaults, CodexHeaderDefaults, UpstreamTimeouts
from cliproxy.config.schema import Config
from cliproxy.errors import ConfigError


def read(text: str) -> Config:
    loaded = parse(text, "config.yaml")
    assert loaded.warnings == ()
    return loaded.config


def test_an_answer_is_awaited_as_long_as_silence_lasts_unless_it_is_said() -> None:
    """Who set `idle-seconds` before there was a setting for the first byte means both."""
    assert UpstreamTimeouts().for_answer == 300
    assert read("upstream-timeouts: {idle-seconds: 20}").upstream_timeouts.for_answer == 20
    assert read("upstream-timeouts: {idle-seconds: 20, answer-seconds: 60}").upstream_timeouts.for_answer == 60
    assert read("upstream-timeouts: {answer-seconds: null}").upstream_timeouts.for_answer == 300


def test_header_defaults_of_the_go_program_are_read() -> None:
    """Nothing is written there by default."""
    config = read(
        "claude-header-defaults: {user-agent: my-tool/1, package-version: '1.2', runtime-version: v1, timeout: '600'}\n"
        "codex-header-defaults: {user-agent: ' my-tool/1 ', beta-features: x}\n"
        "upstream-tls: {ca-file: /etc/ca.pem}\n"
    )

    assert config.claude_header_defaults == ClaudeHeaderDefaults("my-tool/1", "1.2", "v1", "600")
    assert config.codex_header_defaults == CodexHeaderDefaults("my-tool/1", "x")
    assert config.upstream_tls.ca_file == "/etc/ca.pem"
    assert Config().claude_header_defaults == ClaudeHeaderDefaults("", "", "", "")


def test_a_header_that_would_break_every_request_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"codex-header-defaults\.user-agent .* expected text without line breaks"):
        parse('codex-header-defaults: {user-agent: "a\\nb"}', "config.yaml")
