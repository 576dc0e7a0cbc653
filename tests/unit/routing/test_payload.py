"""Which rules change a request, in which order, and what they leave alone."""

from typing import Any

import msgspec
import pytest

from cliproxy.config.load import parse
from cliproxy.dialects.base import Operation
from cliproxy.providers.base import Endpoint
from cliproxy.routing.payload import Amendments, amendments

BODY = '{"model":"gpt-5","temperature":1.0,"messages":[{"role":"user","content":"\\u00e9"}]}'


def rules(yaml: str) -> Amendments:
    """Return the rules in a `payload` block."""
    indented = "\n".join(f"  {line}" for line in yaml.strip().splitlines())
    loaded = parse(f"payload:\n{indented}\n", "a test")
    found = amendments(loaded.config.payload)
    assert found is not None
    return found


def sent(
    rules: Amendments,
    body: str = BODY,
    *,
    provider: str = "acme",
    dialect: str = "openai_chat",
    operation: Operation = Operation.GENERATE,
    names: tuple[str, ...] = ("gpt-5",),
) -> str:
    amendment = rules.find(provider, Endpoint(dialect, operation, "/"), names)
    return body if amendment is None else amendment.applied(body.encode()).decode()


def added(rules: Amendments, body: dict[str, Any], **place: Any) -> Any:
    return msgspec.json.decode(sent(rules, msgspec.json.encode(body).decode(), **place))


ANY = 'models: [{name: "*"}]'


def test_without_rules_there_is_nothing_to_ask() -> None:
    """Most gateways have none, and no request pays for that."""
    assert amendments(parse("port: 1\n", "a test").config.payload) is None


def test_a_request_that_no_rule_is_for_stays_the_bytes_it_was() -> None:
    """Also one in which rules find nothing to do."""
    some = rules(f"default: [{{{ANY}, params: {{temperature: 0}}}}]\nfilter: [{{{ANY}, params: [top_p]}}]")
    body = '{ "temperature" : 1.0 }'

    assert sent(some, body) == body
    assert sent(rules('override: [{models: [{name: "other"}], params: {x: 1}}]')) == BODY


def test_a_default_gives_way_to_what_is_there_and_the_first_one_wins() -> None:
    """A null that the client wrote is there."""
    some = rules(f"""
default:
  - {{{ANY}, params: {{temperature: 0, top_p: 0.5, user: a}}}}
  - {{{ANY}, params: {{top_p: 0.9, seed: 1}}}}
default-raw:
  - {{{ANY}, params: {{top_p: "0.1", stop: '["x"]'}}}}
""")

    assert added(some, {"temperature": 1, "user": None}) == {
        "temperature": 1,
        "user": None,
        "top_p": 0.5,
        "seed": 1,
        "stop": ["x"],
    }


def test_defaults_look_at_the_request_before_any_rule() -> None:
    """Else one default for a part would keep out the next."""
    some = rules(f"default: [{{{ANY}, params: {{reasoning.effort: high}}}}, {{{ANY}, params: {{reasoning: {{}}}}}}]")

    assert added(some, {}) == {"reasoning": {}}
    assert added(some, {"reasoning": {"summary": "auto"}}) == {"reasoning": {"summary": "auto", "effort": "high"}}


def test_the_last_override_wins_and_a_filter_comes_after_all() -> None:
    """In the order of the sections, whatever their order in the file."""
    some = rules(f"""
filter: [{{{ANY}, params: [user, reasoning.summary]}}]
override-raw: [{{{ANY}, params: {{seed: "3", reasoning: '{{"effort": "low","summary":1}}'}}}}]
override: [{{{ANY}, params: {{seed: 1}}}}, {{{ANY}, params: {{seed: 2, user: x}}}}]
""")

    assert added(some, {"seed": 0}) == {"seed": 3, "reasoning": {"effort": "low"}}


def test_what_no_rule_names_keeps_its_bytes() -> None:
    """A number's spelling may matter, and a conversation is long."""
    assert sent(rules(f"override: [{{{ANY}, params: {{seed: 1}}}}]")) == f'{BODY[:-1]},"seed":1}}'


@pytest.mark.parametrize(
    ("pattern", "names", "fits"),
    [
        ("gpt-5", ("gpt-5",), True),
        ("GPT-5", ("gpt-5",), False),
        ("gpt-*", ("gpt-5",), True),
        ("*-5", ("gpt-5",), True),
        ("g*t*5", ("gpt-5",), True),
        ("g*5*t", ("gpt-5",), False),
        ("gpt-5*5", ("gpt-5",), False),
        ("gpt.5", ("gpt-5",), False),
        ("team/mine", ("gpt-5", "team/mine", "team/mine(high)"), True),
        ("*(high)", ("gpt-5", "mine", "mine(high)"), True),
        ("mine", ("gpt-5", "yours", "yours(mine)"), False),
    ],
)
def test_a_name_is_tried_in_all_its_forms_and_case_counts(pattern: str, names: tuple[str, ...], fits: bool) -> None:
    """The upstream's, the client's, and the client's with what it says about effort."""
    some = rules(f'override: [{{models: [{{name: "{pattern}"}}], params: {{seed: 1}}}}]')

    assert ("seed" in sent(some, names=names)) is fits


def test_a_long_name_costs_little_whatever_the_pattern() -> None:
    """Names come from clients; trying each way to lay three stars over one would take minutes."""
    some = rules('override: [{models: [{name: "a*a*a*a*a*b"}], params: {seed: 1}}]')

    assert "seed" not in sent(some, names=("a" * 100_000,))


@pytest.mark.parametrize(
    ("protocol", "provider", "dialect", "operation", "fits"),
    [
        ("openai", "acme", "openai_chat", Operation.GENERATE, True),
        ("OpenAI", "kimi", "openai_chat", Operation.GENERATE, True),
        ("openai", "acme", "openai_responses", Operation.GENERATE, False),
        ("openai-response", "acme", "openai_responses", Operation.GENERATE, True),
        ("responses", "codex", "openai_responses", Operation.GENERATE, True),
        ("codex", "codex", "openai_responses", Operation.GENERATE, True),
        ("openai-response", "codex", "openai_responses", Operation.GENERATE, False),
        ("openai-response", "codex", "openai_responses", Operation.COMPACT, True),
        ("codex", "codex", "openai_responses", Operation.COMPACT, False),
        ("claude", "claude", "anthropic_messages", Operation.GENERATE, True),
        ("claude", "claude", "anthropic_messages", Operation.COUNT_TOKENS, False),
        ("gemini", "gemini", "gemini", Operation.GENERATE, True),
        ("gemini-cli", "gemini", "gemini", Operation.GENERATE, False),
        ("", "acme", "openai_completions", Operation.GENERATE, True),
        ("openai", "acme", "openai_completions", Operation.GENERATE, False),
    ],
)
def test_a_protocol_is_what_the_upstream_speaks(
    protocol: str, provider: str, dialect: str, operation: Operation, fits: bool
) -> None:
    """By the names that rules were always written with; how many tokens a request has is asked of it as it is."""
    some = rules(f'override: [{{models: [{{name: "*", protocol: "{protocol}"}}], params: {{seed: 1}}}}]')

    assert ("seed" in sent(some, provider=provider, dialect=dialect, operation=operation)) is fits


@pytest.mark.parametrize(
    ("protocol", "provider"), [("gemini", "gemini-cli"), ("gemini-cli", "gemini-cli"), ("antigravity", "antigravity")]
)
def test_a_path_begins_within_the_envelope(protocol: str, provider: str) -> None:
    """The operator knows the vendor's request, and not how it is wrapped."""
    params = "{generationConfig.topK: 5}"
    some = rules(f"default: [{{models: [{{name: '*', protocol: {protocol}}}], params: {params}}}]")
    body = {"model": "m", "request": {"contents": [], "generationConfig": {}}}

    assert added(some, body, provider=provider, dialect="gemini") == {
        "model": "m",
        "request": {"contents": [], "generationConfig": {"topK": 5}},
    }


def test_a_path_that_is_none_is_left_out_and_named() -> None:
    """The others of its rule hold."""
    some = rules(f'override: [{{{ANY}, params: {{"messages.#.role": 1, seed: 1}}}}]')

    assert added(some, {}) == {"seed": 1}
    assert len(some.flaws) == 1
    assert "messages.#.role" in some.flaws[0]
