"""Keys that stand in the environment."""

from __future__ import annotations

import pytest

from cliproxy.config.environment import DASHSCOPE, QWEN_MODELS, Environment
from cliproxy.config.load import parse
from cliproxy.config.routing import OAuthClient
from cliproxy.config.schema import ClaudeKey, CodexKey, CompatibleKey, Config, GeminiKey, UpstreamKey
from cliproxy.errors import ConfigError


def added(config: Config | None = None, **variables: str) -> Config:
    return Environment.read(variables).added_to(config or Config())


def test_each_vendor_s_key_becomes_an_entry() -> None:
    """As if it stood in the file."""
    config = added(OPENAI_API_KEY="sk-o", ANTHROPIC_API_KEY="sk-a", GEMINI_API_KEY="AIza", QWEN_API_KEY="sk-q")

    assert config.codex_api_key == (CodexKey(api_key="sk-o", base_url="https://api.openai.com/v1"),)
    assert config.claude_api_key == (ClaudeKey(api_key="sk-a"),)
    assert config.gemini_api_key == (GeminiKey(api_key="AIza"),)
    [qwen] = config.openai_compatibility
    assert (qwen.name, qwen.base_url, qwen.api_key_entries) == ("qwen", DASHSCOPE, (CompatibleKey(api_key="sk-q"),))
    assert tuple(model.name for model in qwen.models) == QWEN_MODELS


@pytest.mark.parametrize("vendor", ["OPENAI", "ANTHROPIC", "GEMINI", "QWEN"])
def test_an_address_of_one_s_own(vendor: str) -> None:
    variables = {f"{vendor}_API_KEY": " sk-1\n", f"{vendor}_BASE_URL": "http://upstream.example/v1"}
    config = Environment.read(variables).added_to(Config())

    keys: tuple[UpstreamKey, ...] = (*config.codex_api_key, *config.claude_api_key, *config.gemini_api_key)
    addresses = [key.base_url for key in keys] + [upstream.base_url for upstream in config.openai_compatibility]
    assert addresses == ["http://upstream.example/v1"]


def test_an_address_alone_says_nothing() -> None:
    """It is there for clients, mostly."""
    assert added(ANTHROPIC_BASE_URL="http://upstream.example") == Config()
    assert added(OPENAI_API_KEY="  ") == Config()


def test_what_stands_in_the_file_is_not_added_twice() -> None:
    """There it may have a prefix, a priority, other models."""
    config = parse(
        "api-keys: [mine]\nclaude-api-key: [{api-key: sk-a, prefix: team}]\n"
        "openai-compatibility: [{name: q, base-url: 'http://q.example/v1', api-key-entries: [{api-key: sk-q}]}]\n",
        "config.yaml",
    ).config

    assert added(config, ANTHROPIC_API_KEY="sk-a", QWEN_API_KEY="sk-q", CLI_PROXY_API_KEY="mine") == config
    more = added(config, ANTHROPIC_API_KEY="sk-b", CLI_PROXY_API_KEY="yours")
    assert [key.api_key for key in more.claude_api_key] == ["sk-a", "sk-b"]
    assert more.api_keys == ("mine", "yours")


def test_adding_again_changes_nothing() -> None:
    """A reload goes over it once more."""
    environment = Environment.read({"OPENAI_API_KEY": "sk-o", "QWEN_API_KEY": "sk-q", "CLI_PROXY_API_KEY": "c"})
    once = environment.added_to(Config())

    assert environment.added_to(once) == once


def test_a_client_of_one_s_own_at_a_vendor_s_login() -> None:
    """The file goes first; a secret alone is enough."""
    file = parse("oauth-clients: {iflow: {client-id: file}}", "config.yaml").config
    config = added(
        file,
        OAUTH_CLIENTS_IFLOW_CLIENT_ID="environment",
        OAUTH_CLIENTS_GEMINI_CLI_CLIENT_SECRET="hush",
        OAUTH_CLIENTS_NOBODY_CLIENT_ID="x",
    )

    assert config.oauth_clients == {"iflow": OAuthClient("file"), "gemini-cli": OAuthClient("", "hush")}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_an_address_that_leads_to_the_gateway_itself_is_for_its_clients(host: str) -> None:
    """Both were started from one shell; it would ask itself for ever."""
    environment = Environment.read({"ANTHROPIC_API_KEY": "sk-a", "ANTHROPIC_BASE_URL": f"http://{host}:8317"})

    assert environment.added_to(Config()) == Config()
    assert environment.told(Config()) == [
        "ANTHROPIC_BASE_URL leads to this gateway; ANTHROPIC_API_KEY is left out",
    ]
    assert environment.added_to(Config(port=9000)).claude_api_key


def test_what_is_taken_is_told_by_its_name() -> None:
    """And never by its value."""
    variables = {
        "OPENAI_API_KEY": "sk-hush",
        "OPENAI_BASE_URL": "https://elsewhere.example/v1",
        "GEMINI_API_KEY": "AIza-hush",
        "CLI_PROXY_API_KEY": "hush",
        "OAUTH_CLIENTS_GEMINI_CLI_CLIENT_SECRET": "hush",
    }
    environment = Environment.read(variables)

    assert environment.told(Config()) == [
        "an upstream's key is taken from OPENAI_API_KEY, its address from OPENAI_BASE_URL",
        "an upstream's key is taken from GEMINI_API_KEY",
        "a client key is taken from CLI_PROXY_API_KEY",
        "an OAuth client is taken from OAUTH_CLIENTS_GEMINI_CLI_CLIENT_...",
    ]
    assert environment.told(environment.added_to(Config())) == []
    assert "hush" not in repr(environment)
    assert "hush" not in repr(environment.keys)


def test_all_that_cannot_be_used_is_named_at_once() -> None:
    """By variable, for there is no line; and without what stands there."""
    with pytest.raises(ConfigError) as wrong:
        Environment.read(
            {
                "OPENAI_API_KEY": "sk-hush\nmore",
                "GEMINI_API_KEY": "AIza",
                "GEMINI_BASE_URL": "hush.example",
            }
        )

    assert wrong.value.problems == (
        "the environment variable OPENAI_API_KEY: expected text without line breaks, tabs or control characters",
        "the environment variable GEMINI_BASE_URL: expected an http:// or https:// URL",
    )
