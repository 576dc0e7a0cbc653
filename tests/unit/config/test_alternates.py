"""Forms of the user's documents, and what they become."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.config.alternates import OPENAI
from cliproxy.config.load import parse
from cliproxy.config.schema import Config
from cliproxy.errors import ConfigError


def config_of(text: str) -> Config:
    loaded = parse(text, "config.yaml")
    assert loaded.warnings == ()
    return loaded.config


def warnings_of(text: str) -> list[str]:
    return [str(warning) for warning in parse(text, "config.yaml").warnings]


def test_a_strategy_becomes_that_of_routing() -> None:
    config = config_of("load-balance: {strategy: least-connections}\nrouting: {session-affinity: false}\n")

    assert (config.routing.strategy, config.routing.session_affinity) == ("least-connections", False)


@pytest.mark.parametrize("routing", ["routing:\n", "", "routing: {}\n"])
def test_a_strategy_needs_no_other_settings(routing: str) -> None:
    assert config_of(f"{routing}load-balance: {{strategy: ff}}").routing.strategy == "fill-first"


def test_the_canonical_form_goes_first() -> None:
    config = config_of("load-balance: {strategy: least-connections}\nrouting: {strategy: fill-first}\n")

    assert config.routing.strategy == "fill-first"


def test_a_strategy_nobody_knows_is_an_error_in_its_own_line() -> None:
    with pytest.raises(ConfigError, match=r"config.yaml:3: routing.strategy is 'random'"):
        parse("load-balance:\n\n  strategy: random\n", "config.yaml")


def test_a_quota_joins_the_entry_of_its_key() -> None:
    """What the entry says itself stays; keys without an entry get one."""
    config = config_of("""
load-balance:
  credentials:
    anthropic:
      - {api-key: k, quota: 1000, priority: 9}
      - {key: n, quota: 5, quota-unit: requests, quota-period: day}
    Google: [{api-key: g, quota: 7}]
claude-api-key: [{api-key: k, priority: 2, prefix: team}]
""")
    first, second = config.claude_api_key

    assert (first.api_key, first.priority, first.prefix, first.quota) == ("k", 2, "team", 1000)
    assert (second.api_key, second.quota, second.quota_unit, second.quota_period) == ("n", 5, "requests", "day")
    assert [(key.api_key, key.quota) for key in config.gemini_api_key] == [("g", 7)]


def test_keys_of_openai_are_asked_at_openai() -> None:
    """Its section has no address of its own; one that an entry names stays."""
    config = config_of("""
load-balance: {credentials: {openai: [{api-key: a, quota: 1}, {api-key: b, quota: 2}]}}
codex-api-key: [{api-key: b, base-url: 'https://other.example/v1'}]
""")

    assert {key.api_key: key.base_url for key in config.codex_api_key} == {"a": OPENAI, "b": "https://other.example/v1"}


def test_what_has_no_place_is_named() -> None:
    """With its line, and without what might be a key."""
    assert warnings_of("""load-balance:
  enabled: true
  credentials:
    qwen: [{api-key: hunter2}]
    claude: hunter2
    gemini: [{name: me, quota: 3}, hunter2]
""") == [
        "config.yaml:2: load-balance.'enabled' is unknown; it is ignored",
        "config.yaml:4: load-balance.credentials.'qwen' has no place here; it is ignored",
        "config.yaml:5: load-balance.credentials.'claude' has no place here; it is ignored",
        "config.yaml:6: load-balance.credentials.gemini[0] has no api-key; what an account may use stands in its file;"
        " it is ignored",
        "config.yaml:6: load-balance.credentials.gemini[1] has no api-key; what an account may use stands in its file;"
        " it is ignored",
    ]
    assert warnings_of("load-balance: 3") == ["config.yaml:1: load-balance is no mapping of settings; it is ignored"]
    assert warnings_of("load-balance:") == []


def test_a_section_that_is_no_list_is_still_an_error() -> None:
    with pytest.raises(ConfigError, match="claude-api-key is text; expected a list"):
        parse("claude-api-key: x\nload-balance: {credentials: {claude: [{api-key: k}]}}", "config.yaml")


def test_what_aliases_share_is_not_changed() -> None:
    """Two places of the file may be one and the same value."""
    config = config_of("""
gemini-api-key: &keys [{api-key: k}]
claude-api-key: *keys
load-balance: {credentials: {claude: [{api-key: k, quota: 3}]}}
""")

    assert (config.claude_api_key[0].quota, config.gemini_api_key[0].quota) == (3, 0)


values: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(["k", "", None, 3, "round-robin"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["api-key", "key", "quota", "strategy", "credentials", "claude"]), inner)
    ),
    max_leaves=8,
)


@given(given_=values, keys=values, routing=values)
def test_whatever_stands_there_is_read_or_told_of(given_: Any, keys: Any, routing: Any) -> None:
    text = json.dumps({"load-balance": given_, "claude-api-key": keys, "routing": routing})
    with contextlib.suppress(ConfigError):
        assert isinstance(parse(text, "config.yaml").config, Config)
