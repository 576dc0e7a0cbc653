"""What a configuration becomes."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from cliproxy import dialects as dialect_package
from cliproxy import providers as provider_package
from cliproxy.access.keys import ClientKeys
from cliproxy.access.locality import LoopbackOnly
from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.config.load import parse
from cliproxy.config.schema import ClaudeKey, Config, GeminiKey, ModelEntry
from cliproxy.conversation.request import Effort, Level
from cliproxy.credentials.selection import fill_first
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.discovery import declared
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.routing.model_name import Suffix
from cliproxy.runtime.snapshot import Snapshot, compiled

DIALECTS = declared(dialect_package, "DIALECT", Dialect)
PROVIDERS = declared(provider_package, "PROVIDER", Provider)
KNOWN = KnownModels.shipped()


def of(config: Config, **settings: Any) -> Snapshot:
    return compiled(config, dialects=DIALECTS, providers=PROVIDERS, known=KNOWN, **settings)


def written(text: str) -> Snapshot:
    return of(parse(text, "config.yaml").config)


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


def test_the_strategy_is_the_configured_one() -> None:
    """By each of its spellings."""
    assert written("routing: {strategy: ff}").strategy is fill_first


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
