"""From a file to a `Config`: defaults, normal forms, and every fault named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cliproxy.config.load import Loaded, load, parse
from cliproxy.config.schema import (
    ClaudeKey,
    ClientModels,
    CompatibleKey,
    Concurrency,
    Config,
    GeminiKey,
    Limits,
    ModelAlias,
    ModelEntry,
    OAuthClient,
    QuotaExceeded,
    Route,
    Routing,
    Tls,
)
from cliproxy.errors import ConfigError

GO_KEYS = """
host:
port:
tls:
remote-management:
auth-dir:
debug:
pprof:
commercial-mode:
logging-to-file:
logs-max-total-size-mb:
error-logs-max-files:
usage-statistics-enabled:
disable-cooling:
request-retry:
max-retry-credentials:
max-retry-interval:
quota-exceeded:
routing:
ws-auth:
gemini-api-key:
codex-api-key:
codex-header-defaults:
claude-api-key:
claude-header-defaults:
openai-compatibility:
vertex-api-key:
ampcode:
oauth-excluded-models:
oauth-model-alias:
payload:
proxy-url:
force-model-prefix:
request-log:
api-keys:
passthrough-headers:
streaming:
nonstream-keepalive-interval:
""".strip().splitlines()


def config_of(text: str) -> Config:
    """Return the configuration of a text that nothing is wrong with."""
    loaded = parse(text, "config.yaml")
    assert loaded.warnings == ()
    return loaded.config


def warnings_of(text: str) -> list[str]:
    return [str(warning) for warning in parse(text, "config.yaml").warnings]


def faults_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, "config.yaml")
    return list(caught.value.problems)


def fault_of(text: str) -> str:
    (fault,) = faults_of(text)
    return fault


class TestDefaults:
    @pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "{}", "~", "null"])
    def test_an_empty_file_is_all_defaults(self, text: str) -> None:
        assert parse(text, "config.yaml") == Loaded(Config(), ())

    def test_the_documented_defaults_hold(self) -> None:
        """The Go program starts from zeros; its documents promise these."""
        config = Config()

        assert (config.port, config.request_retry, config.max_retry_interval) == (8317, 3, 30)
        assert config.routing.strategy == "round-robin"

    def test_null_means_the_default(self) -> None:
        assert config_of("port:\nhost: ~\ntls: null\nrouting:\n  strategy:\napi-keys:\n") == Config()

    def test_a_block_keeps_the_defaults_of_what_it_leaves_out(self) -> None:
        assert config_of("limits: {max-body-mb: 8}").limits == Limits(max_body_mb=8)


class TestNormalForms:
    def test_client_keys_are_trimmed_and_stand_once(self) -> None:
        loaded = parse("api-keys:\n  - ' a '\n  - ''\n  -\n  - a\n  - b\n", "config.yaml")

        assert loaded.config.api_keys == ("a", "b")
        assert [str(warning) for warning in loaded.warnings] == [
            "config.yaml:3: api-keys[1]: empty; the entry is left out",
            "config.yaml:4: api-keys[2]: empty; the entry is left out",
            "config.yaml:5: api-keys[3] is the same as an earlier one; it is left out",
        ]

    @pytest.mark.parametrize(
        ("written", "strategy"),
        [
            ("''", "round-robin"),
            ("rr", "round-robin"),
            ("RoundRobin", "round-robin"),
            ("FF", "fill-first"),
            ("fillfirst", "fill-first"),
            (" fill-first ", "fill-first"),
        ],
    )
    def test_a_strategy_has_several_spellings(self, written: str, strategy: str) -> None:
        assert config_of(f"routing: {{strategy: {written}}}").routing.strategy == strategy

    def test_numbers_that_once_could_be_negative_are_off(self) -> None:
        config = config_of("max-retry-credentials: -1\nstreaming: {keepalive-seconds: -5}\n")

        assert (config.max_retry_credentials, config.streaming.keepalive_seconds) == (0, 0)

    @pytest.mark.parametrize("word", ["yes", "on", "Y", "TRUE", "true"])
    def test_old_words_for_true_are_understood(self, word: str) -> None:
        """The Go program's YAML library takes them where a boolean is expected, so its users' files hold them."""
        assert config_of(f"debug: {word}").debug is True

    def test_a_prefix_loses_its_outer_slashes(self) -> None:
        assert config_of("claude-api-key: [{api-key: k, prefix: ' /team/ '}]").claude_api_key[0].prefix == "team"

    def test_a_prefix_in_two_parts_is_left_out(self) -> None:
        loaded = parse("claude-api-key:\n- api-key: k\n  prefix: a/b\n", "config.yaml")

        assert loaded.config.claude_api_key[0].prefix == ""
        assert str(loaded.warnings[0]) == (
            "config.yaml:3: claude-api-key[0].prefix is 'a/b'; a prefix cannot have a '/' inside, so it is left out"
        )

    def test_exclusions_are_lower_case_and_stand_once(self) -> None:
        loaded = parse("gemini-api-key: [{api-key: k, excluded-models: [' A-* ', a-*, '']}]", "config.yaml")

        assert loaded.config.gemini_api_key[0].excluded_models == ("a-*",)
        assert len(loaded.warnings) == 2

    def test_headers_without_a_name_or_value_are_left_out(self) -> None:
        loaded = parse(
            "claude-api-key:\n- api-key: k\n  headers:\n    ' X-A ': ' 1 b '\n    X-B: ''\n    ' ': c\n    X-C:\n",
            "config.yaml",
        )

        assert loaded.config.claude_api_key[0].headers == {"X-A": "1 b"}
        assert [warning.line for warning in loaded.warnings] == [5, 6, 7]

    def test_the_proxy_none_is_direct(self) -> None:
        assert config_of("proxy-url: None").proxy_url == "direct"

    def test_one_gemini_key_may_have_two_addresses(self) -> None:
        """The Go program kept only the first of them."""
        loaded = parse(
            "gemini-api-key:\n- {api-key: k}\n- {api-key: k, base-url: 'https://a.example'}\n- {api-key: ' k '}\n",
            "config.yaml",
        )

        assert loaded.config.gemini_api_key == (
            GeminiKey(api_key="k"),
            GeminiKey(api_key="k", base_url="https://a.example"),
        )
        assert [str(warning) for warning in loaded.warnings] == [
            "config.yaml:4: gemini-api-key[2] is the same as an earlier one; it is left out"
        ]

    def test_other_keys_may_repeat(self) -> None:
        assert len(config_of("claude-api-key: [{api-key: k}, {api-key: k}]").claude_api_key) == 2

    def test_a_compatible_upstream_keeps_its_name_as_written(self) -> None:
        text = (
            "openai-compatibility:\n"
            "- name: ' OpenRouter '\n"
            "  base-url: https://o.example/v1\n"
            "  api-key-entries: [{api-key: a}, {proxy-url: direct}]\n"
            "  models: [{name: m, alias: n}, {name: o}]\n"
            "- base-url: http://localhost:1234/v1\n"
        )
        first, second = config_of(text).openai_compatibility

        assert first.name == "OpenRouter"
        assert first.api_key_entries == (CompatibleKey("a"), CompatibleKey("", "direct"))
        assert first.models == (ModelEntry("m", "n"), ModelEntry("o"))
        assert second.name == "openai-compatibility"

    @pytest.mark.parametrize(
        ("text", "warning"),
        [
            ("gemini-api-key: [{}]", "gemini-api-key[0]: api-key is missing; the entry is left out"),
            ("claude-api-key:\n-", "claude-api-key[0]: api-key is missing; the entry is left out"),
            ("codex-api-key: [{api-key: k}]", "codex-api-key[0]: base-url is missing; the entry is left out"),
            (
                "openai-compatibility: [{name: a}]",
                "openai-compatibility[0]: base-url is missing; the entry is left out",
            ),
            (
                "openai-compatibility: [{base-url: 'http://a', api-key-entries: [{api-key: ''}]}]",
                "openai-compatibility[0].api-key-entries[0]: api-key is missing; the entry is left out",
            ),
            (
                "claude-api-key: [{api-key: k, models: [{alias: a}]}]",
                "claude-api-key[0].models[0]: name is missing; the entry is left out",
            ),
        ],
    )
    def test_an_entry_that_cannot_serve_is_left_out_with_a_word(self, text: str, warning: str) -> None:
        (found,) = parse(text, "config.yaml").warnings

        assert found.message == warning


class TestUnknownKeys:
    def test_the_nearest_known_key_is_named(self) -> None:
        assert warnings_of("debug: true\nprot: 1\nrouting:\n  stratgy: rr\n") == [
            "config.yaml:2: unknown key 'prot' in the top level; did you mean 'port'?",
            "config.yaml:4: unknown key 'stratgy' in routing; did you mean 'strategy'?",
        ]

    def test_case_and_underscores_are_no_distance(self) -> None:
        assert warnings_of("API_KEYS: []") == [
            "config.yaml:1: unknown key 'API_KEYS' in the top level; did you mean 'api-keys'?"
        ]

    def test_a_key_like_no_other_is_ignored(self) -> None:
        assert warnings_of("zzz: 1") == ["config.yaml:1: unknown key 'zzz' in the top level; it is ignored"]

    def test_the_rest_is_loaded(self) -> None:
        assert parse("prot: 1\nport: 2", "config.yaml").config.port == 2

    def test_a_long_key_may_be_a_secret_and_is_not_quoted(self) -> None:
        (warning,) = warnings_of(f"sk-{'a' * 50}: 1")

        assert "a" * 20 not in warning

    def test_settings_of_the_go_program_are_named_as_not_served(self) -> None:
        text = "request-log: true\nclaude-api-key:\n- api-key: k\n  cloak: {mode: always}\n"

        assert warnings_of(text) == [
            "config.yaml:1: 'request-log' in the top level is not served by this version and is ignored",
            "config.yaml:4: 'cloak' in claude-api-key[0] is not served by this version and is ignored",
        ]

    def test_every_top_level_key_of_the_go_program_is_known(self) -> None:
        assert len(GO_KEYS) == 37
        assert not [line for line in warnings_of("\n".join(GO_KEYS)) if "unknown" in line]


class TestFaults:
    def test_one_run_names_them_all(self) -> None:
        text = "port: 70000\nhost: 5\napi-keys: k\ntls:\n  enable: maybe\nrouting: [a]\nrequest-retry: -1\nport: 1\n"

        assert faults_of(text) == [
            "config.yaml:1: port is 70000; expected a whole number from 0 to 65535",
            "config.yaml:2: host is 5; expected text: put it in quotes",
            "config.yaml:3: api-keys is text; expected a list",
            "config.yaml:5: tls.enable is 'maybe'; expected true or false",
            "config.yaml:6: routing is a list; expected a mapping of settings",
            "config.yaml:7: request-retry is -1; expected a whole number of 0 or more",
            "config.yaml:8: the key 'port' stands here again; it is in line 1 already",
        ]

    @pytest.mark.parametrize("value", ["true", "1.5", "'8317'", "[1]", "{a: 1}", "9" * 5000, "1_000", ".inf", ".nan"])
    def test_a_port_is_a_whole_number(self, value: str) -> None:
        assert fault_of(f"port: {value}").startswith("config.yaml:1: port is ")

    def test_a_quoted_number_is_told_to_drop_its_quotes(self) -> None:
        assert fault_of("port: '8317'").endswith(
            "port is '8317'; expected a whole number from 0 to 65535, without quotes"
        )

    def test_a_number_as_key_is_not_coerced(self) -> None:
        """Leading zeros and exponents would be lost, and the key with them."""
        assert faults_of("api-keys: [0123456, 1e5, true]") == [
            "config.yaml:1: api-keys[0] is a whole number; expected text: put it in quotes",
            "config.yaml:1: api-keys[1] is a number; expected text: put it in quotes",
            "config.yaml:1: api-keys[2] is true or false; expected text: put it in quotes",
        ]

    def test_a_date_is_text(self) -> None:
        assert config_of("claude-api-key: [{api-key: 2024-05-13}]").claude_api_key[0].api_key == "2024-05-13"

    def test_a_strategy_nobody_knows_lists_the_known(self) -> None:
        assert fault_of("routing:\n  strategy: random") == (
            "config.yaml:2: routing.strategy is 'random'; expected 'round-robin' or 'fill-first' or 'least-connections'"
            " or 'weighted-round-robin'"
        )

    def test_https_needs_its_files(self) -> None:
        assert fault_of("tls:\n  enable: true\n  cert: a.pem\n") == ("config.yaml:2: tls: enable is true without key")
        assert config_of("tls: {enable: true, cert: a, key: b}").tls == Tls(True, "a", "b")

    @pytest.mark.parametrize(
        "url", ["ftp://a", "a.example/v1", "https://", "https://a:port", "http://[::1", "http://a b"]
    )
    def test_a_base_url_is_a_web_address(self, url: str) -> None:
        assert fault_of(f"claude-api-key: [{{api-key: k, base-url: '{url}'}}]").endswith(
            f"claude-api-key[0].base-url is '{url}'; expected an http:// or https:// URL"
        )

    @pytest.mark.parametrize(
        "url",
        ["http://h:1", "https://u:p@h", "socks5://h:1080", "SOCKS5H://u:p@h:1", "direct", "NONE", "''", "http://h"],
    )
    def test_a_proxy_has_many_forms(self, url: str) -> None:
        config_of(f"proxy-url: {url}")

    @pytest.mark.parametrize(
        "url", ["socks4://u:hunter2@h:1", "u:hunter2@h:1", "socks5://u:hunter2@h", "http://u:hunter2@"]
    )
    def test_a_wrong_proxy_names_the_forms_and_no_password(self, url: str) -> None:
        fault = fault_of(f"proxy-url: {url}")

        assert "socks5h://host:port, direct, none or nothing" in fault
        assert "hunter2" not in fault

    def test_secrets_are_never_quoted(self) -> None:
        text = """\
api-keys: [{hunter2: hunter2}, 22222222]
proxy-url: [hunter2]
claude-api-key:
- {api-key: [hunter2], headers: {X-A: [hunter2], X-B: "hunter2\\n"}, proxy-url: hunter2, base-url: "ftp://hunter2@h"}
- {api-key: "hunter2\\nhunter2", headers: hunter2, base-url: "ftp://h?key=hunter2"}
- hunter2
- [hunter2]
- {api-key: 22222222, proxy-url: 22222222, headers: {X-A: 22222222}}
gemini-api-key: hunter2
codex-api-key: {hunter2: 1}
"""
        faults = faults_of(text)

        assert len(faults) == 17
        assert not [fault for fault in faults if "hunter2" in fault or "22222222" in fault]

    def test_a_header_that_cannot_be_sent_is_refused(self) -> None:
        assert faults_of("claude-api-key: [{api-key: k, headers: {'X Y': a, X-Z: \"a\\r\\nb\"}}]") == [
            "config.yaml:1: claude-api-key[0].headers: 'X Y' is no header's name; expected letters, digits and hyphens",
            "config.yaml:1: claude-api-key[0].headers.X-Z is text; "
            "expected text without line breaks, tabs or control characters",
        ]

    @pytest.mark.parametrize(("text", "found"), [("- a", "a list"), ("hunter2", "text"), ("5", "a whole number")])
    def test_a_document_is_a_mapping(self, text: str, found: str) -> None:
        assert fault_of(text) == f"config.yaml:1: the document is {found}; expected a mapping of settings"

    def test_warnings_are_not_faults(self) -> None:
        assert len(faults_of("prot: 1\nport: x\nclaude-api-key: [{}]")) == 1


class TestFiles:
    def test_a_file_is_loaded(self, tmp_path: Path) -> None:
        path = tmp_path / "config.yaml"
        path.write_bytes(b'\xef\xbb\xbfport: 1\r\nhost: "::1"\r\nprot: 2\r\n')

        loaded = load(path)

        assert (loaded.config.port, loaded.config.host) == (1, "::1")
        assert str(loaded.warnings[0]).startswith(f"{path}:3: unknown key 'prot'")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / "config.yaml")

        assert str(caught.value) == f"{tmp_path}/config.yaml: there is no such file"

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="this is a directory; expected a file"):
            load(tmp_path)

    @pytest.mark.parametrize("name", ["a\0b", "n" * 5000])
    def test_a_name_the_system_refuses_is_an_error_like_any_other(self, name: str) -> None:
        with pytest.raises(ConfigError, match="cannot be read"):
            load(Path(name))

    def test_another_encoding_is_named_with_its_line(self, tmp_path: Path) -> None:
        path = tmp_path / "config.yaml"
        path.write_bytes("port: 1\nhost: ü\n".encode("latin-1"))

        with pytest.raises(ConfigError) as caught:
            load(path)

        assert str(caught.value) == f"{path}:2: not UTF-8: the byte 0xfc stands here"

    def test_a_huge_file_is_refused_unread(self, tmp_path: Path) -> None:
        path = tmp_path / "config.yaml"
        with path.open("wb") as file:
            file.truncate(1 << 40)

        with pytest.raises(ConfigError, match="larger than 4 MiB"):
            load(path)


def test_a_routing_block_may_come_from_an_anchor() -> None:
    """Aliases and merge keys are part of YAML, and files use them for what their keys share."""
    text = """\
claude-api-key:
- &shared {api-key: a, prefix: team, priority: 3}
- {<<: *shared, api-key: b}
- *shared
"""
    first, second, third = config_of(text).claude_api_key

    assert (second.api_key, second.prefix, second.priority) == ("b", "team", 3)
    assert third == first
    assert config_of("routing: {strategy: ff}").routing == Routing("fill-first")


def test_unknown_keys_are_told_beside_errors() -> None:
    """A wrong value often stands under a mistyped key's neighbour: one run shows both."""
    with pytest.raises(ConfigError) as caught:
        parse("prot: 1\nport: many\n", "config.yaml")

    assert [problem.split(": ")[0] for problem in caught.value.problems] == ["config.yaml:2"]
    assert caught.value.warnings == ("config.yaml:1: unknown key 'prot' in the top level; did you mean 'port'?",)


class TestAccounts:
    """What may be asked of each credential, and of all."""

    KEY = "claude-api-key: [{api-key: k, "

    def key(self, settings: str) -> ClaudeKey:
        return config_of(f"{self.KEY}{settings}}}]").claude_api_key[0]

    def test_the_documented_defaults_hold(self) -> None:
        config, key = Config(), ClaudeKey(api_key="k")

        assert (config.auth_dir, config.max_rest_seconds, config.disable_cooling) == ("~/.cli-proxy-api", 3600, False)
        assert (config.routing.session_affinity, config.routing.session_affinity_ttl) == (True, 3600)
        assert config.quota_exceeded == QuotaExceeded(switch_project=True, switch_preview_model=True)
        assert config.concurrency == Concurrency(per_credential=0, per_model=0, queue=100, wait_seconds=60)
        assert (key.weight, key.quota, key.quota_unit, key.quota_period) == (1, 0, "tokens", "month")
        assert (key.disabled, key.disable_cooling, key.request_retry, key.max_concurrent) == (False, None, None, None)

    @pytest.mark.parametrize(
        ("written", "seconds"),
        [("3600", 3600), ("'3600'", 3600), ("1h", 3600), ("1h30m", 5400), ("90m", 5400), ("1D", 86400), ("45s", 45)],
    )
    def test_a_time_may_be_a_number_or_have_units(self, written: str, seconds: int) -> None:
        assert config_of(f"routing: {{session-affinity-ttl: {written}}}").routing.session_affinity_ttl == seconds

    @pytest.mark.parametrize("written", ["0", "-1", "soon", "''", "1x", "1.5h", "m", "30m1h"])
    def test_a_time_that_is_none_is_an_error(self, written: str) -> None:
        assert "expected so many seconds, or a text such as 30m" in fault_of(
            f"routing: {{session-affinity-ttl: {written}}}"
        )

    @pytest.mark.parametrize(
        ("written", "period"),
        [
            ("month", "month"),
            ("Monthly", "month"),
            ("day", "day"),
            ("hourly", "hour"),
            ("3600", "3600"),
            ("5h", "18000"),
        ],
    )
    def test_a_quota_has_a_period(self, written: str, period: str) -> None:
        assert self.key(f"quota: 10000000000, quota-period: {written}").quota_period == period

    def test_a_quota_is_more_than_a_number_of_other_settings_may_be(self) -> None:
        assert self.key("quota: 10000000000, quota-unit: Requests").quota == 10**10
        assert self.key("quota: 1, quota-unit: Requests").quota_unit == "requests"
        assert "expected 'requests' or 'tokens'" in fault_of(f"{self.KEY}quota-unit: dollars}}]")

    def test_null_is_as_for_all_and_zero_is_not(self) -> None:
        assert self.key("request-retry: null").request_retry is None
        assert self.key("request-retry: 0, max-concurrent: 0, disable-cooling: no").request_retry == 0
        assert self.key("disable-cooling: no").disable_cooling is False

    def test_who_is_listed_has_a_turn(self) -> None:
        assert [self.key(f"weight: {weight}").weight for weight in (-1, 0, 1, 5)] == [1, 1, 1, 5]


class TestNames:
    """Which models are called how, and where they are sent."""

    def test_channels_are_told_apart_without_regard_to_case(self) -> None:
        loaded = parse("oauth-excluded-models: {Claude: [A*], ' claude ': [b], codex: [], cladue: [x]}", "config.yaml")

        assert loaded.config.oauth_excluded_models == {"claude": ("a*", "b")}
        assert [str(one) for one in loaded.warnings] == [
            "config.yaml:1: oauth-excluded-models is 'cladue'; expected one of gemini-cli, vertex, aistudio,"
            " antigravity, claude, codex, qwen, iflow, kimi, so it is left out"
        ]

    def test_an_alias_stands_for_one_model(self) -> None:
        """The first wins; one that says nothing new is left out."""
        loaded = parse(
            "oauth-model-alias: {codex: [{name: a, alias: b, fork: yes}, {name: c, alias: B}, {name: d, alias: D},"
            " {name: e}, {alias: f}]}",
            "config.yaml",
        )

        assert loaded.config.oauth_model_alias == {"codex": (ModelAlias("a", "b", fork=True),)}
        assert len(loaded.warnings) == 4

    def test_a_client_of_one_s_own_shows_no_secret_and_needs_one_or_an_id(self) -> None:
        """With a secret alone the vendor's id stays: some vendors' programs publish the one and not the other."""
        loaded = parse("oauth-clients: {iflow: {client-id: a, client-secret: hush}}", "config.yaml")

        assert loaded.config.oauth_clients == {"iflow": OAuthClient("a", "hush")}
        assert "hush" not in repr(loaded.config)
        with pytest.raises(ConfigError, match=r"config\.yaml:1: oauth-clients\.iflow: client-id is missing"):
            parse("oauth-clients: {iflow: {}}", "config.yaml")
        alone = parse("oauth-clients: {iflow: {client-secret: hush}}", "config.yaml")
        assert alone.config.oauth_clients == {"iflow": OAuthClient("", "hush")}

    def test_a_route_needs_a_pattern_and_somewhere_to_go(self) -> None:
        loaded = parse(
            "routes:\n- {pattern: GPT-*, provider: Anthropic}\n- {provider: codex}\n- {pattern: x}\n"
            "- {pattern: y, base-url: 'https://y.example/v1'}\n",
            "config.yaml",
        )

        assert loaded.config.routes == (Route("gpt-*", "claude"), Route("y", base_url="https://y.example/v1"))
        assert [one.line for one in loaded.warnings] == [3, 4]

    def test_a_limit_without_models_lets_nothing_through(self) -> None:
        """A slip of the pen must not open a door."""
        config = config_of("api-keys: [a]\napi-key-models: [{api-key: a}]")

        assert config.api_key_models == (ClientModels("a", ()),)
        assert len(parse("api-key-models: [{models: [x]}]", "config.yaml").warnings) == 1
