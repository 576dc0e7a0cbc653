"""What Codex takes of the Responses API."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cliproxy.credentials.credential import Credential
from cliproxy.providers.codex import CODEX, PROVIDER
from cliproxy.wire.http import Carrier
from tests.unit.providers.calling import call_to, credential, prepared, shaped

SOCKET = next(n for n, endpoint in enumerate(PROVIDER.endpoints) if endpoint.carrier is Carrier.WEBSOCKET)
COMPACT = next(n for n, endpoint in enumerate(PROVIDER.endpoints) if endpoint.path == "/responses/compact")
AT_CODEX = credential(base_url=CODEX)
USER = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}


def restricted(body: dict[str, Any], client: str = "", **settings: Any) -> Any:
    return shaped(PROVIDER, {"model": "m", "input": [USER]} | body, client_dialect=client, **settings)[0]


def test_what_must_be_said_is_said() -> None:
    """Codex answers 400 where one of these is missing, or another."""
    body = {"stream": "true", "store": True, "parallel_tool_calls": False, "include": ["file_search_call.results"]}
    out, lost = shaped(PROVIDER, body)

    assert out == {
        "stream": True,
        "store": False,
        "parallel_tool_calls": True,
        "include": ["reasoning.encrypted_content"],
        "instructions": "",
    }
    assert lost == ["store", "include", "parallel_tool_calls"]
    assert shaped(PROVIDER, out)[1] == []


@pytest.mark.parametrize("name", ["store", "include", "parallel_tool_calls"])
def test_a_number_that_no_float_can_hold_is_another_value(name: str) -> None:
    """It is JSON, so it came through the door."""
    call = call_to(PROVIDER)
    out = msgspec.json.decode(PROVIDER.shaped(call, b'{"%b": 1e999}' % name.encode()))

    assert out[name] == shaped(PROVIDER, {})[0][name]
    assert [loss.field for loss in call.losses.found()] == [name]


REFUSED = "max_output_tokens max_completion_tokens temperature top_p truncation user context_management stream_options"
REFUSED += " previous_response_id prompt_cache_retention prompt_cache_options safety_identifier top_logprobs"


@pytest.mark.parametrize("name", REFUSED.split())
def test_what_is_refused_is_lost_and_told(name: str) -> None:
    """Limits and sampling are Codex's own affair."""
    out, lost = shaped(PROVIDER, {name: "x", "metadata": {name: "x"}})

    assert name not in out
    assert out["metadata"] == {name: "x"}
    assert lost == [name]
    assert shaped(PROVIDER, {name: None})[1] == []


@pytest.mark.parametrize(
    ("tier", "sent", "lost"),
    [
        ("priority", "priority", []),
        ("fast", "priority", []),
        ("flex", None, ["service_tier"]),
        ("default", None, []),
        ("auto", None, []),
        (True, None, ["service_tier"]),
        (None, None, []),
    ],
)
def test_one_tier_is_on_sale(tier: object, sent: str | None, lost: list[str]) -> None:
    """Any other is refused."""
    out, told = shaped(PROVIDER, {"service_tier": tier})

    assert out.get("service_tier") == sent
    assert told == lost


@pytest.mark.parametrize("text", ["hello", "", 'say "system" and web_search_preview'])
def test_a_bare_text_becomes_a_message(text: str) -> None:
    """The input must be a list."""
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}

    assert restricted({"input": text})["input"] == [message]


def test_items_are_edited_where_they_need_it() -> None:
    """Roles, marks of a cache, and reasoning that only its maker could look up; texts are nobody's business."""
    part = {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}
    plain = {"type": "input_text", "text": "a"}
    items: list[Any] = [
        {"role": "system", "content": 'tell of "web_search_preview" and prompt_cache_breakpoint'},
        {"type": "message", "role": "user", "content": [part, plain]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAAA"},
        {"type": "function_call_output", "call_id": "c", "output": [part]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"role": "system"}'},
        "odd",
    ]

    assert restricted({"input": items})["input"] == [
        {**items[0], "role": "developer"},
        {"type": "message", "role": "user", "content": [plain, plain]},
        items[3],
        {"type": "function_call_output", "call_id": "c", "output": [plain]},
        items[5],
        "odd",
    ]


def test_a_long_call_id_is_the_same_short_one_everywhere() -> None:
    """At most 64 characters; a result must still find its call, in this request and the next."""
    long, other = "call_" + "x" * 80, "call_" + "x" * 79 + "y"
    items = [{"type": "function_call", "call_id": long}, {"type": "function_call_output", "call_id": long}]
    items.append({"type": "function_call", "call_id": other})
    first, second, third = restricted({"input": items})["input"]

    assert first["call_id"] == second["call_id"] != third["call_id"]
    assert len(first["call_id"]) <= 64
    assert restricted({"input": items[1:2]})["input"][0]["call_id"] == first["call_id"]


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("web_search_preview", "web_search"),
        ("web_search_preview_2025_03_11", "web_search"),
        ("web_search_2025_08_26", "web_search"),
        ("web_search", "web_search"),
        ("web_search_premium", "web_search_premium"),
    ],
)
def test_web_search_has_one_name(kind: str, known: str) -> None:
    """In the tools, as the choice, and among those allowed."""
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": kind}, {"type": "function", "name": "f"}]}

    assert restricted({"tools": [{"type": kind, "search_context_size": "high"}]})["tools"] == [
        {"type": known, "search_context_size": "high"}
    ]
    assert restricted({"tool_choice": {"type": kind}})["tool_choice"] == {"type": known}
    assert restricted({"tool_choice": allowed})["tool_choice"]["tools"][0] == {"type": known}
    assert restricted({"tool_choice": "auto"})["tool_choice"] == "auto"


def test_a_schema_does_not_say_which_it_is() -> None:
    """`$schema` is refused; a property of that name is data."""
    parameters = {"$schema": "s", "type": "object", "properties": {"$schema": {"type": "string"}}}
    tool = {"type": "function", "name": "f", "parameters": parameters}

    assert restricted({"tools": [tool]})["tools"][0]["parameters"] == {
        "type": "object",
        "properties": {"$schema": {"type": "string"}},
    }


def test_another_dialect_s_instructions_become_a_message() -> None:
    """The field is for Codex's own; a Responses client's stay where they are."""
    message = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be kind"}]}
    foreign = restricted({"instructions": "Be kind"}, "anthropic_messages")

    assert foreign["instructions"] == ""
    assert foreign["input"] == [message, USER]
    assert restricted({"instructions": "Be kind"})["instructions"] == "Be kind"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, {"effort": "medium", "summary": "auto"}),
        ({"effort": "high"}, {"effort": "high", "summary": "auto"}),
        ({"effort": None, "summary": "detailed"}, {"effort": "medium", "summary": "detailed"}),
        ("odd", {"effort": "medium", "summary": "auto"}),
    ],
)
def test_other_clients_get_a_default_effort(given: object, sent: dict[str, str]) -> None:
    """Codex reasons; whoever speaks its own dialect says so himself."""
    assert restricted({"reasoning": given}, "openai_chat")["reasoning"] == sent
    assert restricted({"reasoning": given})["reasoning"] == given
    assert "reasoning" not in restricted({})


@pytest.mark.parametrize(
    ("client", "asked", "sent"),
    [
        ("", False, True),
        ("", None, True),
        ("anthropic_messages", False, False),
        ("anthropic_messages", True, True),
        ("openai_chat", None, True),
    ],
)
def test_parallel_calls(client: str, asked: bool | None, sent: bool) -> None:
    """A Responses client's wish is overwritten, as it always was; the wish of any other is kept."""
    assert restricted({"parallel_tool_calls": asked}, client)["parallel_tool_calls"] is sent


def test_the_cache_is_found_by_the_client_s_key_or_its_user() -> None:
    """The same in every request, and nothing of the user's name in it."""
    first = restricted({"user": "alice@example.com"}, "anthropic_messages")

    assert first["prompt_cache_key"] == restricted({"user": "alice@example.com"}, "openai_chat")["prompt_cache_key"]
    assert first["prompt_cache_key"] != restricted({"user": "bob"}, "openai_chat")["prompt_cache_key"]
    assert "alice" not in first["prompt_cache_key"]
    assert "user" not in first
    assert restricted({"user": "alice", "prompt_cache_key": "k"}, "openai_chat")["prompt_cache_key"] == "k"
    assert "prompt_cache_key" not in restricted({}, "openai_chat")
    assert "prompt_cache_key" not in restricted({"user": "alice"})


def test_a_request_to_compact_is_left_as_it_is() -> None:
    """It is in the plain dialect, but never a stream."""
    body = {"model": "m", "input": "a", "temperature": 1, "stream": False}

    assert shaped(PROVIDER, body, COMPACT, credential=AT_CODEX) == (
        {"model": "m", "input": "a", "temperature": 1},
        [],
    )


@pytest.mark.timeout(10)
def test_a_long_conversation_is_edited_in_no_time() -> None:
    """All requests wait while one is edited."""
    items = [{"role": "system", "content": [{"type": "input_text", "text": "x"}] * 20}] * 5000
    own: Credential = AT_CODEX
    out = prepared(PROVIDER, credential=own, body=msgspec.json.encode({"input": items})).body

    assert out.count(b'"developer"') == 5000


def test_over_a_websocket_a_turn_goes_on_from_the_one_before() -> None:
    """The rest is refused there as well."""
    asked = {"input": [], "previous_response_id": "resp_1", "temperature": 1, "generate": False}
    body, lost = shaped(PROVIDER, asked, SOCKET, credential=AT_CODEX)

    assert (body["previous_response_id"], body["generate"]) == ("resp_1", False)
    assert lost == ["temperature"]


def test_a_cache_is_found_by_the_conversation() -> None:
    """A user has many at a time. Who speaks Codex's own dialect says which it is himself, or nothing."""
    foreign = restricted({"user": "alice"}, "anthropic_messages", conversation="c-1")

    assert foreign["prompt_cache_key"] == "c-1"
    assert restricted({"prompt_cache_key": "k"}, "openai_chat", conversation="c-1")["prompt_cache_key"] == "k"
    assert "prompt_cache_key" not in restricted({}, conversation="c-1")
