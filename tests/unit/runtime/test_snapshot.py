"""What a configuration becomes."""

from __future__ import annotations

import fnmatch
import re
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from cliproxy import dialects as dialect_package
from cliproxy import providers as provider_package
from cliproxy.access.keys import ClientKeys
from cliproxy.access.locality import LoopbackOnly
from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.config.forms import Strategy
from cliproxy.config.load import parse
from cliproxy.config.schema import ClaudeKey, Config, GeminiKey, ModelEntry
from cliproxy.conversation.request import Effort, Level
from cliproxy.credentials.credential import Credential, Quota, Secret
from cliproxy.credentials.policy import Policy
from cliproxy.credentials.selection import STRATEGIES
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.discovery import declared
from cliproxy.errors import AccessDenied, RequestError
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import Suffix
from cliproxy.runtime.snapshot import Snapshot, compiled, menu_key

DIALECTS = declared(dialect_package, "DIALECT", Dialect)
PROVIDERS = declared(provider_package, "PROVIDER", Provider)
KNOWN = KnownModels.shipped()


def of(config: Config, *accounts: Credential, **settings: Any) -> Snapshot:
    return compiled(config, accounts, dialects=DIALECTS, providers=PROVIDERS, known=KNOWN, **settings)


def written(text: str, *accounts: Credential) -> Snapshot:
    return of(parse(text, "config.yaml").config, *accounts)


def account(kind: str, name: str = "a", **more: Any) -> Credential:
    return Credential(f"{name}.json", kind, Secret("token"), document=f"auths/{name}.json", **more)


def asked(snapshot: Snapshot, name: str) -> list[tuple[str, str]]:
    """Return who would be asked for which model."""
    plan = snapshot.catalog.plan(name, DIALECTS["openai_chat"], Operation.GENERATE, stream=False)
    return [(one.credential_id, one.model) for one in plan.candidates]


def names(snapshot: Snapshot) -> list[str]:
    return [model.id for model in snapshot.catalog.models]


TWO_KEYS = """
claude-api-key:
  - {api-key: sk-1, models: [{name: m}]}
  - {api-key: sk-2, models: [{name: m}]}
"""


def test_ids_are_stable_and_hold_no_secret() -> None:
    """Health, logs and usage records hang on them."""
    first, second = written(TWO_KEYS).credentials

    assert [one.id for one in written(TWO_KEYS).credentials] == [first.id, second.id]
    assert re.fullmatch(r"claude:apikey:[0-9a-f]{12}", first.id)
    assert first.id != second.id
    assert "sk-1" not in first.id


def test_an_id_does_not_depend_on_the_place_or_on_other_settings() -> None:
    """Entries are moved around, and priorities changed, without losing their history."""
    moved = written("""
claude-api-key:
  - {api-key: sk-0, models: [{name: m}]}
  - {api-key: sk-2, priority: 5, prefix: team, headers: {x: y}, models: [{name: n}]}
""")

    assert moved.credentials[1].id == written(TWO_KEYS).credentials[1].id


def test_another_key_or_address_is_another_id() -> None:
    """And another kind of upstream, with the same key."""
    entry = "- {api-key: sk-1, base-url: 'https://a.example', models: [{name: m}]}"
    ids = [
        written(f"{section}:\n  {one}").credentials[0].id
        for section in ("claude-api-key", "codex-api-key", "gemini-api-key")
        for one in (entry, entry.replace("sk-1", "sk-2"), entry.replace("a.example", "b.example"))
    ]

    assert len(set(ids)) == 9


def test_an_entry_that_is_repeated_is_told_apart() -> None:
    """Some write one key twice, with another prefix; each is a credential of its own."""
    snapshot = written("""
claude-api-key:
  - {api-key: sk-1, models: [{name: m}]}
  - {api-key: sk-1, prefix: team, models: [{name: m}]}
  - {api-key: sk-1, prefix: other, models: [{name: m}]}
""")
    first, second, third = (one.id for one in snapshot.credentials)

    assert (second, third) == (f"{first}-1", f"{first}-2")
    assert [one.label for one in snapshot.credentials] == [f"claude-api-key[{place}]" for place in range(3)]


def test_an_entry_without_models_offers_all_that_are_known() -> None:
    """Of its own family."""
    snapshot = of(Config(claude_api_key=(ClaudeKey(api_key="k"),)))

    assert names(snapshot) == sorted(model.id for model in KNOWN.section("claude"))
    assert all(model.known for model in snapshot.catalog.models)


def test_an_alias_is_what_clients_call_it() -> None:
    """The upstream is asked by its own name, which clients cannot use."""
    snapshot = written("claude-api-key: [{api-key: k, models: [{name: claude-haiku-4-5-20251001, alias: quick}]}]")
    plan = snapshot.catalog.plan("quick", DIALECTS["anthropic_messages"], Operation.GENERATE, stream=False)

    assert names(snapshot) == ["quick"]
    assert [target.model for target in plan.targets.values()] == ["claude-haiku-4-5-20251001"]


def test_a_named_model_has_the_abilities_of_its_namesake() -> None:
    """But is not relied on: the operator's upstream may do less."""
    snapshot = written("claude-api-key: [{api-key: k, models: [{name: claude-haiku-4-5-20251001, alias: quick}]}]")
    known = KNOWN.get("claude-haiku-4-5-20251001")
    [model] = snapshot.catalog.models

    assert known is not None
    assert (model.thinking, model.output_limit) == (known.thinking, known.output_limit)
    assert not model.known
    assert model.display_name == "quick"


def test_an_upstream_s_name_may_fix_the_effort() -> None:
    """The upstream is asked by the name without it, whose namesake lends its abilities."""
    snapshot = written("claude-api-key: [{api-key: k, models: [{name: claude-haiku-4-5-20251001(high), alias: deep}]}]")
    plan = snapshot.catalog.plan("deep", DIALECTS["anthropic_messages"], Operation.GENERATE, stream=False)
    known = KNOWN.get("claude-haiku-4-5-20251001")
    [target] = plan.targets.values()

    assert known is not None
    assert (target.model, target.info.thinking) == (known.id, known.thinking)
    assert target.suffix == Suffix(Effort(Level.HIGH))
    assert plan.suffix is None


def test_an_upstream_s_name_may_have_brackets_of_its_own() -> None:
    """They go to the upstream, and clients name them too."""
    snapshot = written("claude-api-key: [{api-key: k, models: [{name: Llama 3 (70B)}]}]")
    plan = snapshot.catalog.plan("Llama 3 (70B)(low)", DIALECTS["anthropic_messages"], Operation.GENERATE, stream=False)

    assert [(target.model, target.suffix) for target in plan.targets.values()] == [("Llama 3 (70B)", None)]
    assert plan.suffix == Suffix(Effort(Level.LOW))


@pytest.mark.parametrize(
    ("prefix", "force", "offered"),
    [
        ("", False, ["m"]),
        ("", True, ["m"]),
        ("team", False, ["m", "team/m"]),
        ("team", True, ["team/m"]),
    ],
)
def test_a_prefix_is_another_name(prefix: str, offered: list[str], *, force: bool) -> None:
    """Where the setting says so, the only one."""
    key = ClaudeKey(api_key="k", prefix=prefix, models=(ModelEntry("m"),))

    assert names(of(Config(claude_api_key=(key,), force_model_prefix=force))) == offered


def test_a_prefix_reaches_its_entry_only() -> None:
    """Without it, both serve."""
    snapshot = written("""
claude-api-key:
  - {api-key: sk-1, models: [{name: m}]}
  - {api-key: sk-2, prefix: team, models: [{name: m}]}
""")
    dialect = DIALECTS["anthropic_messages"]
    first, second = (one.id for one in snapshot.credentials)
    served = {
        name: [
            one.credential_id
            for one in snapshot.catalog.plan(name, dialect, Operation.GENERATE, stream=True).candidates
        ]
        for name in ("m", "team/m")
    }

    assert served == {"m": [first, second], "team/m": [second]}


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ([], ["gemini-2.5-flash", "gemini-2.5-pro", "other"]),
        (["gemini-2.5-pro"], ["gemini-2.5-flash", "other"]),
        (["GEMINI-2.5-PRO"], ["gemini-2.5-flash", "other"]),
        (["gemini-*"], ["other"]),
        (["*-pro"], ["gemini-2.5-flash", "other"]),
        (["*2.5*"], ["other"]),
        (["gemini-*-pro", "oth*"], ["gemini-2.5-flash"]),
        (["gemini"], ["gemini-2.5-flash", "gemini-2.5-pro", "other"]),
        (["gemini-2?5-pro", "gemini-2.5-pr[o]"], ["gemini-2.5-flash", "gemini-2.5-pro", "other"]),
        (["*"], []),
    ],
)
def test_excluded_models_are_not_offered(patterns: list[str], left: list[str]) -> None:
    """Only `*` means anything; names are compared without regard to case."""
    lines = ", ".join(f"'{pattern}'" for pattern in patterns)
    snapshot = written(
        "gemini-api-key: [{api-key: k, models: [{name: gemini-2.5-pro}, {name: gemini-2.5-flash}, {name: other}],"
        f" excluded-models: [{lines}]}}]"
    )

    assert names(snapshot) == left


def test_exclusions_are_of_upstream_names() -> None:
    """An alias is how clients call it, not what it is."""
    key = GeminiKey(api_key="k", models=(ModelEntry("large", "small"), ModelEntry("x")), excluded_models=("large",))

    assert names(of(Config(gemini_api_key=(key,)))) == ["x"]


@given(
    pattern=st.text(st.sampled_from("ab*-."), min_size=1, max_size=8),
    model=st.text(st.sampled_from("abAB-."), min_size=1, max_size=8),
)
@example(pattern="a*a", model="a")
@example(pattern="*ab*ab", model="ab")
@example(pattern="**", model="x")
def test_wildcards_match_as_they_do_in_a_shell(pattern: str, model: str) -> None:
    """The oracle is the standard library's, which knows the same star."""
    key = GeminiKey(api_key="k", models=(ModelEntry(model),), excluded_models=(pattern,))
    is_excluded = fnmatch.fnmatchcase(model.lower(), pattern)

    assert names(of(Config(gemini_api_key=(key,)))) == ([] if is_excluded else [model])


def test_a_compatible_upstream_offers_its_models_with_each_of_its_keys() -> None:
    """They are one provider, whose name stands in the listing."""
    snapshot = written("""
openai-compatibility:
  - name: OpenRouter
    base-url: https://p.example/v1
    priority: 3
    headers: {X-Title: mine}
    api-key-entries: [{api-key: sk-1}, {api-key: sk-2, proxy-url: 'socks5://127.0.0.1:1080'}]
    models: [{name: org/large, alias: large}]
""")
    first, second = snapshot.credentials
    [model] = snapshot.catalog.models

    assert re.fullmatch(r"openai-compatibility:openrouter:[0-9a-f]{12}", first.id)
    assert first.id != second.id
    assert {one.provider for one in (first, second)} == {"openrouter"}
    assert (first.priority, dict(first.headers), first.base_url) == (3, {"X-Title": "mine"}, "https://p.example/v1")
    assert (first.proxy.reveal(), second.proxy.reveal()) == ("", "socks5://127.0.0.1:1080")
    assert (model.id, model.owned_by) == ("large", "openrouter")


def test_a_compatible_upstream_without_keys_is_asked_without_one() -> None:
    """It is one credential all the same, whose health counts."""
    snapshot = written("openai-compatibility: [{name: x, base-url: 'http://127.0.0.1:1/v1', models: [{name: m}]}]")
    [only] = snapshot.credentials

    assert not only.secret


def test_the_order_of_credentials_is_that_of_the_file() -> None:
    """Within each section; `fill-first` goes by it."""
    keys = ", ".join(f"{{api-key: sk-{number}, models: [{{name: m}}]}}" for number in range(20))
    snapshot = written(f"claude-api-key: [{keys}]")

    assert [one.secret.reveal() for one in snapshot.credentials] == [f"sk-{number}" for number in range(20)]


def test_the_pool_goes_by_what_is_configured() -> None:
    policy = written("""
routing: {strategy: ff, session-affinity: no, session-affinity-ttl: 10m}
concurrency: {per-credential: 3, per-model: 2}
disable-cooling: true
max-rest-seconds: 60
""").policy

    assert policy == Policy("fill-first", 60, False, 3, 2, False, 600)
    assert written("").policy == Policy()


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_the_pool_knows_every_strategy(strategy: str) -> None:
    """The configuration takes no other."""
    assert written(f"routing: {{strategy: {strategy}}}").policy.strategy in STRATEGIES


def test_client_keys_are_asked_for_where_there_are_any() -> None:
    """Else only the same machine is served."""
    assert [type(one) for one in written("api-keys: [a]").access] == [ClientKeys]
    assert [type(one) for one in written("").access] == [LoopbackOnly]


def test_an_extension_s_checks_come_first() -> None:
    """It may know clients that have no key."""

    class Tickets:
        async def authenticate(self, request: AccessRequest) -> Principal | None:
            return None

    tickets = Tickets()

    assert of(Config(api_keys=("a",)), access=[tickets]).access[0] is tickets


def test_the_same_configuration_makes_the_same_snapshot() -> None:
    """Nothing in it depends on when it was made."""
    first, again = written(TWO_KEYS), written(TWO_KEYS)

    assert first.credentials == again.credentials
    assert first.catalog.models == again.catalog.models
    assert structs.asdict(first.config) == structs.asdict(again.config)


class TestAccounts:
    """Credentials of files, beside those of the configuration."""

    def test_they_offer_what_is_known_of_their_kind_and_follow_the_keys(self) -> None:
        snapshot = written("claude-api-key: [{api-key: k}]", account("claude", "a"), account("gemini-cli", "b"))
        key, *_ = snapshot.credentials

        assert [one.id for one in snapshot.credentials] == [key.id, "a.json", "b.json"]
        assert [id_ for id_, _ in asked(snapshot, "claude-sonnet-4-6")] == [key.id, "a.json"]
        assert [id_ for id_, _ in asked(snapshot, "gemini-2.5-pro")] == ["b.json"]
        assert snapshot.warnings == ()

    def test_one_model_of_several_kinds_is_served_by_all(self) -> None:
        """In the order of the accounts, whatever their kind."""
        accounts = [account(kind, str(place)) for place, kind in enumerate(["gemini-cli", "antigravity"] * 3)]

        served = asked(written("gemini-api-key: [{api-key: k}]", *accounts), "gemini-2.5-flash")
        assert [id_ for id_, _ in served][1:] == [f"{place}.json" for place in range(6)]

    @pytest.mark.parametrize(
        ("plan", "section"),
        [("free", "codex-free"), ("Team", "codex-team"), ("plus", "codex-plus"), ("pro", "codex-pro"),
         ("", "codex-pro"), ("enterprise", "codex-pro")],
    )  # fmt: skip
    def test_codex_offers_what_its_plan_has(self, plan: str, section: str) -> None:
        snapshot = of(Config(), account("codex", plan=plan))

        assert names(snapshot) == sorted(model.id for model in KNOWN.section(section))

    def test_a_kind_that_is_not_served_is_told_of(self) -> None:
        """The others are served all the same."""
        snapshot = of(Config(), account("xai", "x"), account("xai", "y"), account("claude", "a"))

        assert [one.id for one in snapshot.credentials] == ["a.json"]
        assert snapshot.warnings == (
            "'xai' is no kind of account that this version serves; passed over: auths/x.json, auths/y.json",
        )

    def test_one_that_is_switched_off_offers_nothing(self) -> None:
        """But is there, for whoever switches it on again."""
        snapshot = of(Config(), account("claude", disabled=True))

        assert names(snapshot) == []
        assert [one.id for one in snapshot.credentials] == ["a.json"]

    def test_exclusions_of_the_file_and_of_its_kind_add_up(self) -> None:
        snapshot = written(
            "oauth-excluded-models: {claude: ['*-haiku-*'], codex: ['*']}",
            account("claude", "a", excluded_models=("claude-opus-*",)),
            account("claude", "b"),
            account("codex", "c"),
        )
        everything = {model.id for model in KNOWN.section("claude")}
        without_haiku = {name for name in everything if "haiku" not in name}

        assert set(names(snapshot)) == without_haiku
        assert [id_ for id_, _ in asked(snapshot, "claude-opus-4-6")] == ["b.json"]
        assert [id_ for id_, _ in asked(snapshot, "claude-sonnet-4-6")] == ["a.json", "b.json"]

    def test_exclusions_hold_for_models_that_no_list_knows(self) -> None:
        snapshot = of(Config(), account("claude", excluded_models=("claude-next*",)))

        assert asked(snapshot, "claude-other") == [("a.json", "claude-other")]
        with pytest.raises(RequestError):
            asked(snapshot, "claude-next-1")

    def test_a_prefix_is_another_name(self) -> None:
        """Also of models that no list knows."""
        snapshot = of(Config(), account("claude", "a", prefix="team"), account("claude", "b"))

        assert [id_ for id_, _ in asked(snapshot, "team/claude-sonnet-4-6")] == ["a.json"]
        assert [id_ for id_, _ in asked(snapshot, "claude-sonnet-4-6")] == ["a.json", "b.json"]
        assert asked(snapshot, "team/claude-next") == [("a.json", "claude-next")]
        forced = of(Config(force_model_prefix=True), account("claude", "a", prefix="team"), account("claude", "b"))
        assert [id_ for id_, _ in asked(forced, "claude-sonnet-4-6")] == ["b.json"]
        assert asked(forced, "claude-next") == [("b.json", "claude-next")]

    def test_thousands_share_a_few_menus(self) -> None:
        """Equal candidates are made once, too."""
        accounts = [account("claude", str(place)) for place in range(2_000)]
        snapshot = of(Config(), *accounts)
        plans = [
            snapshot.catalog.plan("claude-sonnet-4-6", dialect, Operation.GENERATE, stream=stream)
            for dialect in DIALECTS.values()
            for stream in (False, True)
            if dialect.codec is not None
        ]

        assert len({id(plan.candidates) for plan in plans}) == 1
        assert len(plans[0].candidates) == len(accounts)
        targets = plans[0].targets
        assert targets[plans[0].candidates[0]] is targets[plans[0].candidates[-1]]

    def test_a_token_is_nothing_that_the_catalogue_depends_on(self) -> None:
        """Nor is what the pool goes by: none of it makes anything be compiled."""
        before = account("codex", plan="plus", prefix="team")
        same = structs.replace(
            before, secret=Secret("new"), expires_at=9.0, priority=3, weight=2, quota=Quota(5), label="x", plan="PLUS"
        )

        assert menu_key(before) == menu_key(same)
        for change in ({"plan": "pro"}, {"prefix": ""}, {"excluded_models": ("x",)}, {"disabled": True}):
            assert menu_key(before) != menu_key(structs.replace(before, **change))


class TestAliases:
    """Other names for models of accounts."""

    def test_an_alias_takes_the_place_of_the_name_unless_it_forks(self) -> None:
        snapshot = written(
            "oauth-model-alias: {claude: [{name: Claude-Sonnet-4-6, alias: sonnet},"
            " {name: claude-opus-4-6, alias: opus, fork: true}, {name: claude-opus-4-6, alias: best}]}",
            account("claude"),
        )

        assert asked(snapshot, "sonnet") == [("a.json", "claude-sonnet-4-6")]
        assert asked(snapshot, "opus") == asked(snapshot, "best") == [("a.json", "claude-opus-4-6")]
        assert "claude-opus-4-6" in names(snapshot)
        assert "claude-sonnet-4-6" not in names(snapshot)
        with pytest.raises(RequestError):
            asked(snapshot, "claude-sonnet-4-6")

    def test_a_suffix_of_the_name_goes_with_the_alias(self) -> None:
        snapshot = written(
            "oauth-model-alias: {claude: [{name: claude-sonnet-4-6(high), alias: deep}]}", account("claude")
        )
        plan = snapshot.catalog.plan("deep(low)", DIALECTS["openai_chat"], Operation.GENERATE, stream=False)

        assert [(target.model, target.suffix) for target in plan.targets.values()] == [
            ("claude-sonnet-4-6", Suffix(Effort(Level.HIGH)))
        ]
        assert plan.suffix == Suffix(Effort(Level.LOW))

    def test_they_are_of_accounts_of_that_kind_that_have_the_model(self) -> None:
        """Not of keys; and a free account does not get what others pay for."""
        snapshot = written(
            "oauth-model-alias: {codex: [{name: gpt-5.4, alias: best}]}\n"
            "codex-api-key: [{api-key: k, base-url: 'https://x.example/v1'}]",
            account("codex", "free", plan="free"),
            account("codex", "pro", plan="pro"),
        )

        assert asked(snapshot, "best") == [("pro.json", "gpt-5.4")]

    def test_a_name_that_no_list_knows_is_taken_at_the_operators_word(self) -> None:
        snapshot = written("oauth-model-alias: {claude: [{name: claude-next-1, alias: next}]}", account("claude"))

        assert asked(snapshot, "next") == [("a.json", "claude-next-1")]
        assert "next" in names(snapshot)

    def test_two_accounts_may_mean_different_models_by_one_alias(self) -> None:
        """Both are candidates."""
        snapshot = written(
            "oauth-model-alias: {claude: [{name: claude-sonnet-4-6, alias: coder}],"
            " codex: [{name: gpt-5-codex, alias: coder}]}",
            account("claude", "a"),
            account("codex", "b"),
        )

        assert asked(snapshot, "coder") == [("a.json", "claude-sonnet-4-6"), ("b.json", "gpt-5-codex")]

    def test_a_prefix_stands_before_the_alias(self) -> None:
        snapshot = written(
            "oauth-model-alias: {claude: [{name: claude-sonnet-4-6, alias: sonnet}]}", account("claude", prefix="team")
        )

        assert asked(snapshot, "team/sonnet") == asked(snapshot, "sonnet") == [("a.json", "claude-sonnet-4-6")]


class TestRoutes:
    """Where the operator sends names."""

    def test_a_provider_s_credentials_serve_what_is_sent_there(self) -> None:
        """Whatever the entries list."""
        snapshot = written("""
routes:
  - {pattern: "gpt-4*", provider: local}
  - {pattern: "gpt-*", provider: openai}
openai-compatibility:
  - {name: Local, base-url: 'http://127.0.0.1:1/v1', models: [{name: m, alias: gpt-4-turbo}]}
codex-api-key: [{api-key: k, base-url: 'https://x.example/v1', models: [{name: other}]}]
""")
        codex, local = (one.id for one in snapshot.credentials)

        assert asked(snapshot, "gpt-4o") == [(local, "gpt-4o")]
        assert asked(snapshot, "gpt-4-turbo") == [(local, "m")]
        assert asked(snapshot, "GPT-9(high)") == [(codex, "GPT-9")]

    def test_an_entry_called_openai_is_meant_before_codex(self) -> None:
        snapshot = written("""
routes: [{pattern: "gpt-*", provider: openai}]
openai-compatibility: [{name: openai, base-url: 'https://o.example/v1', models: [{name: m}]}]
codex-api-key: [{api-key: k, base-url: 'https://x.example/v1'}]
""")

        assert [id_.partition(":")[0] for id_, _ in asked(snapshot, "gpt-5")] == ["openai-compatibility"]

    def test_a_route_may_have_an_upstream_of_its_own(self) -> None:
        """Two patterns that lead to the same one share its credential, and so its health."""
        snapshot = written("""
routes:
  - {pattern: "llama-*", provider: openai, base-url: 'https://l.example/v1', api-key: sk-l}
  - {pattern: "Mixtral", provider: openai, base-url: 'https://l.example/v1', api-key: sk-l}
  - {pattern: "opus-*", provider: anthropic, api-key: sk-a}
  - {pattern: "o9", provider: openai, api-key: sk-o}
""")
        by_id = {one.id: one for one in snapshot.credentials}
        [(llama, _)] = asked(snapshot, "llama-3")
        [(opus, _)] = asked(snapshot, "opus-x")
        [(openai, _)] = asked(snapshot, "o9")

        assert asked(snapshot, "mixtral") == [(llama, "mixtral")]
        assert re.fullmatch(r"route:[0-9a-f]{12}", llama)
        assert (by_id[llama].base_url, by_id[llama].secret.reveal()) == ("https://l.example/v1", "sk-l")
        assert (by_id[opus].provider, by_id[opus].base_url) == ("claude", "")
        assert by_id[openai].base_url == "https://api.openai.com/v1"
        assert names(snapshot) == ["mixtral", "o9"]
        assert len(by_id) == 3

    def test_a_route_to_nobody_serves_nothing_and_a_route_to_nowhere_is_told_of(self) -> None:
        """A provider without credentials is somewhere; a name that nobody has is a slip of the pen."""
        snapshot = written("""
routes: [{pattern: "claude-*", provider: gemini}, {pattern: "x-*", provider: clod}]
claude-api-key: [{api-key: k}]
""")

        with pytest.raises(RequestError):
            asked(snapshot, "claude-sonnet-4-6")
        assert snapshot.catalog.listing() == ()
        [warning] = snapshot.warnings
        assert "'x-*' leads to 'clod'" in warning


async def test_a_client_key_may_be_good_for_some_models() -> None:
    snapshot = written("api-keys: [a, b]\napi-key-models: [{api-key: b, models: ['Claude-*']}, {api-key: c}]")

    async def models_of(key: str) -> Any:
        request = AccessRequest("/", {"authorization": f"Bearer {key}"}, {}, "203.0.113.9")
        found = await snapshot.access[0].authenticate(request)
        assert found is not None
        return found.models

    assert await models_of("a") is None
    assert await models_of("b") == ("claude-*",)
    with pytest.raises(AccessDenied):
        await models_of("c")
    assert snapshot.warnings == ("api-key-models[1].api-key is none of the api-keys; nobody is let in with it",)
