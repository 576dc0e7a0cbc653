"""What an upstream is sent: the effort that a model's name says, and what is lost by it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cliproxy import dialects as dialect_package
from cliproxy.access.principal import Principal
from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.base import Dialect, Edits, Encoded, Operation
from cliproxy.discovery import declared
from cliproxy.dispatch.exchange import Exchange
from cliproxy.dispatch.request import request_for
from cliproxy.errors import RequestError
from cliproxy.providers import claude, openai_compatible
from cliproxy.providers.base import Provider
from cliproxy.routing.model_name import Suffix, read
from cliproxy.routing.plan import Plan, Target

DIALECTS = declared(dialect_package, "DIALECT", Dialect)
CHAT, MESSAGES = DIALECTS["openai_chat"], DIALECTS["anthropic_messages"]
PROVIDERS = {CHAT.name: openai_compatible.provider("chat"), MESSAGES.name: claude.PROVIDER}

LEVELS = ModelInfo("m", thinking=Thinking(levels=("low", "medium", "high")), known=True)
RANGE = ModelInfo("m", thinking=Thinking(min=1024, max=20000), known=True)
UNABLE = ModelInfo("m", known=True)
UNKNOWN = ModelInfo("m")


class Editor:
    """A dialect's edits, noted."""

    def __init__(self) -> None:
        self.asked: list[Edits] = []

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        self.asked.append(edits)
        return b"edited"


def exchange_of(dialect: Dialect, name: str, operation: Operation = Operation.GENERATE, **more: Any) -> Exchange:
    """Return an exchange for the model of this name, whose plan leads nowhere."""
    body = {"model": name, "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}], **more}
    data = json.dumps(body).encode()
    parts = read(name)
    plan = Plan(name, parts.base, (), {}, parts.suffix)
    return Exchange("x", dialect, operation, dialect.read_head(data, {}), data, {}, Principal("who"), plan)


def target_of(dialect: Dialect, info: ModelInfo, model: str = "upstream-m", suffix: Suffix | None = None) -> Target:
    provider: Provider = PROVIDERS[dialect.name]
    [endpoint] = [
        one for one in provider.endpoints if (one.dialect, one.operation) == (dialect.name, Operation.GENERATE)
    ]
    return Target(provider, endpoint, model, info, suffix)


def translated(
    client: Dialect, upstream: Dialect, name: str, info: ModelInfo, suffix: Suffix | None = None, **more: Any
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the body that is sent, and what was lost."""
    encoded = request_for(
        target_of(upstream, info, suffix=suffix), upstream, exchange_of(client, name, **more), stream=False
    )
    return json.loads(encoded.body), tuple(loss.field for loss in encoded.losses)


def relayed(name: str, info: ModelInfo, suffix: Suffix | None = None, **settings: Any) -> list[Edits]:
    """Return the edits that a relayed request gets."""
    editor = Editor()
    dialect = replace(CHAT, edit_request=editor.edit_request)
    exchange = exchange_of(dialect, name, settings.pop("operation", Operation.GENERATE))
    encoded = request_for(target_of(dialect, info, suffix=suffix, **settings), dialect, exchange, stream=False)
    assert encoded == Encoded(b"edited" if editor.asked else exchange.body)
    return editor.asked


@pytest.mark.parametrize(
    ("name", "info", "said"),
    [
        ("m(low)", LEVELS, "low"),
        ("m(xhigh)", LEVELS, "high"),
        ("m(512)", LEVELS, "low"),
        ("m(8192)", LEVELS, "medium"),
        ("m(auto)", LEVELS, "medium"),
        ("m(none)", LEVELS, "low"),
        ("m(64000)", UNKNOWN, "xhigh"),
        ("m(minimal)", UNKNOWN, "minimal"),
        ("m(none)", UNKNOWN, "none"),
        ("m(high)", UNABLE, None),
        ("m(none)", UNABLE, None),
        ("m(foo)", LEVELS, None),
        ("m()", LEVELS, None),
        ("m", LEVELS, "medium"),
    ],
)
def test_a_suffix_goes_before_the_body(name: str, info: ModelInfo, said: str | None) -> None:
    """One that means nothing switches the body's off as well; without one, the body counts."""
    thinking = {"type": "enabled", "budget_tokens": 8000}
    body, _ = translated(MESSAGES, CHAT, name, info, thinking=thinking)

    assert body["model"] == "upstream-m"
    assert body.get("reasoning_effort") == said


@pytest.mark.parametrize(
    ("name", "info", "thinking"),
    [
        ("m(medium)", RANGE, {"type": "enabled", "budget_tokens": 8192}),
        ("m(64000)", RANGE, {"type": "enabled", "budget_tokens": 20000}),
        ("m(1)", RANGE, {"type": "enabled", "budget_tokens": 1024}),
        ("m(none)", RANGE, {"type": "disabled"}),
        ("m(0)", RANGE, {"type": "disabled"}),
        ("m(-1)", RANGE, {"type": "enabled", "budget_tokens": 10512}),
        ("m(high)", UNABLE, None),
        ("m(foo)", RANGE, None),
    ],
)
def test_a_suffix_is_told_in_the_upstream_s_words(name: str, info: ModelInfo, thinking: dict[str, Any] | None) -> None:
    """Fitted to the model: nearest, and never refused."""
    body, _ = translated(CHAT, MESSAGES, name, info, reasoning_effort="low", max_tokens=200_000)

    assert body.get("thinking") == thinking


@pytest.mark.parametrize(
    ("name", "info", "lost"),
    [
        ("m(high)", LEVELS, ()),
        ("m(none)", UNABLE, ()),
        ("m(high)", UNABLE, ("reasoning effort",)),
        (
            "m(foo)",
            LEVELS,
            ("model: a suffix that says no effort", "reasoning effort: not used beside a suffix that says none"),
        ),
    ],
)
def test_what_a_suffix_cannot_say_is_a_loss(name: str, info: ModelInfo, lost: tuple[str, ...]) -> None:
    """It is a wish like any other."""
    thinking = {"type": "enabled", "budget_tokens": 8000}

    assert translated(MESSAGES, CHAT, name, info, thinking=thinking)[1] == lost


def test_the_losses_of_a_suffix_stand_beside_the_others() -> None:
    """And the body's effort is none of them where there was none."""
    assert translated(MESSAGES, CHAT, "m(foo)", LEVELS, mood="good")[1] == (
        "model: a suffix that says no effort",
        "mood",
    )


@pytest.mark.parametrize(("operation", "budget"), [(Operation.GENERATE, 4999), (Operation.COUNT_TOKENS, 5000)])
def test_what_the_vendor_would_refuse_is_put_right_in_a_relay(operation: Operation, budget: int) -> None:
    """Where it generates: a question of how many tokens there are is bound to no limit."""
    thinking = {"type": "enabled", "budget_tokens": 5000}
    exchange = exchange_of(MESSAGES, "m", operation, max_tokens=5000, thinking=thinking)
    encoded = request_for(target_of(MESSAGES, RANGE), MESSAGES, exchange, stream=False)

    assert json.loads(encoded.body)["thinking"]["budget_tokens"] == budget
    assert encoded.losses == ()


def test_an_operator_s_suffix_goes_before_the_client_s() -> None:
    """He named the upstream's model so."""
    low = Suffix(Effort(Level.LOW))

    assert translated(MESSAGES, CHAT, "m(high)", LEVELS, low)[0]["reasoning_effort"] == "low"
    assert translated(MESSAGES, CHAT, "m(foo)", LEVELS, low)[0]["reasoning_effort"] == "low"
    assert [edits.effort for edits in relayed("m(high)", LEVELS, low)] == [Effort(Level.LOW)]


@pytest.mark.parametrize(
    ("name", "info", "effort"),
    [
        ("m(low)", LEVELS, Effort(Level.LOW)),
        ("m(none)", LEVELS, Effort(Level.LOW, visible=False)),
        ("m(64000)", RANGE, Effort(budget=20000)),
        ("m(xhigh)", UNKNOWN, Effort(Level.XHIGH)),
        ("m(high)", UNABLE, None),
        ("m(foo)", LEVELS, None),
    ],
)
def test_a_relayed_request_is_edited(name: str, info: ModelInfo, effort: Effort | None) -> None:
    """The suffix goes, and what it says comes, in words that the model takes."""
    assert relayed(name, info) == [Edits(model="upstream-m", effort=effort)]


def test_a_relayed_request_is_refused_a_level_that_its_model_lacks() -> None:
    with pytest.raises(RequestError, match="valid levels"):
        relayed("m(xhigh)", LEVELS)


def test_a_relayed_request_without_a_suffix_stays_as_it_is() -> None:
    """Its effort is between the client and the upstream."""
    assert relayed("upstream-m", LEVELS) == []
    assert relayed("m", LEVELS) == [Edits(model="upstream-m")]


@pytest.mark.parametrize("operation", [Operation.COUNT_TOKENS, Operation.COMPACT])
def test_effort_is_for_replies(operation: Operation) -> None:
    """Nothing reasons over a count; the suffix goes all the same."""
    assert relayed("upstream-m(high)", LEVELS, operation=operation) == [Edits(model="upstream-m")]


def test_whether_thoughts_are_shown_is_the_body_s_to_say() -> None:
    """A suffix says how hard, not who sees it."""
    exchange = exchange_of(MESSAGES, "m(high)", thinking={"type": "adaptive", "display": "omitted"})
    seen: list[Effort | None] = []
    assert CHAT.codec is not None
    encode = CHAT.codec.encode_request

    def noting(conversation: Any, model: ModelInfo, stream: bool) -> Encoded:
        seen.append(conversation.effort)
        return encode(conversation, model, stream)

    upstream = replace(CHAT, codec=replace(CHAT.codec, encode_request=noting))
    request_for(target_of(upstream, LEVELS), upstream, exchange, stream=False)
    said = exchange.conversation().effort

    assert said is not None
    assert said.visible is False
    assert seen == [Effort(Level.HIGH, visible=said.visible)]


def test_a_conversation_is_about_the_model_that_the_client_is_told() -> None:
    """No suffix finds its way into a reply."""
    assert exchange_of(CHAT, "team/m(high)").conversation().model == "team/m"
