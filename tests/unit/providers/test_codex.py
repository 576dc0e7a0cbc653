"""The Responses API by key, and what Codex takes of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.providers.codex import CODEX, PROVIDER, REFRESH, SOCKET_VERSION
from cliproxy.wire.http import Carrier
from tests.unit.login.steps import answer, played
from tests.unit.providers.calling import credential, headers_of, prepared, shaped

SOCKET = next(n for n, endpoint in enumerate(PROVIDER.endpoints) if endpoint.carrier is Carrier.WEBSOCKET)
COMPACT = next(n for n, endpoint in enumerate(PROVIDER.endpoints) if endpoint.path == "/responses/compact")
AT_CODEX = credential(base_url=CODEX)
USER = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}


def restricted(body: dict[str, Any], client: str = "", **settings: Any) -> Any:
    return shaped(PROVIDER, {"model": "m", "input": [USER]} | body, client_dialect=client, **settings)[0]


def test_responses_stand_right_under_the_address() -> None:
    """Services of this kind have base URLs of many forms."""
    own = credential(base_url="https://p.example/backend/v1")

    assert prepared(PROVIDER, credential=own).url == "https://p.example/backend/v1/responses"


def test_a_session_goes_on() -> None:
    """The upstream keeps its cache by it."""
    client = {"session_id": "s", "Session-Id": "t", "originator": "codex_cli_rs", "x-codex-turn": "1", "cookie": "c"}
    headers = headers_of(prepared(PROVIDER, credential=credential(base_url="https://p.example"), client_headers=client))

    assert headers["session_id"] == "s"
    assert headers["session-id"] == "t"
    assert headers["originator"] == "codex_cli_rs"
    assert headers["x-codex-turn"] == "1"
    assert "cookie" not in headers
    assert headers["authorization"] == "Bearer sk-1"


@pytest.mark.parametrize(
    ("base", "is_codex_s"),
    [
        ("", True),
        ("https://chatgpt.com/backend-api/codex", True),
        ("https://ChatGPT.com/backend-api", True),
        ("https://relay.example/Codex/v1", True),
        ("https://codex.relay.example", True),
        ("https://api.openai.com/v1", False),
        ("http://127.0.0.1:8000/v1", False),
    ],
)
def test_only_codex_is_restricted(base: str, *, is_codex_s: bool) -> None:
    """A key may lead to a server that takes everything: what it is asked stays the bytes they were."""
    body = b'{ "model": "m", "temperature": 1.0 }'
    out = prepared(PROVIDER, credential=credential(base_url=base), body=body).body

    assert (out != body) is is_codex_s
    assert (b"temperature" not in out) is is_codex_s


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


LOGIN = Credential(
    id="c.json",
    provider="codex",
    secret=Secret("at-1"),
    refresh_token=Secret("rt-1"),
    document="auths/c.json",
    details={"account_id": "acc-1"},
)


def test_a_login_asks_codex_for_its_account() -> None:
    """One person may be in several teams; the token alone does not say for which."""
    request = prepared(PROVIDER, credential=LOGIN)

    assert request.url == "https://chatgpt.com/backend-api/codex/responses"
    assert headers_of(request)["authorization"] == "Bearer at-1"
    assert headers_of(request)["chatgpt-account-id"] == "acc-1"
    assert "chatgpt-account-id" not in headers_of(prepared(PROVIDER, credential=structs.replace(LOGIN, details={})))


def test_a_token_is_exchanged_and_the_id_token_kept() -> None:
    """The plan stands in it, and changes when somebody pays."""
    granted = {"access_token": "at-2", "refresh_token": "rt-2", "id_token": "idt-2", "expires_in": 864000}
    tokens, [request] = played(REFRESH.steps(LOGIN, now=0), answer(granted))

    assert request.url == "https://auth.openai.com/oauth/token"
    assert request.body == (
        b"grant_type=refresh_token&refresh_token=rt-1&client_id=app_EMoamEEZ73f0CkXaXp7hrann&scope=openid+profile+email"
    )
    assert tokens.more == {"id_token": "idt-2"}


def test_a_websocket_is_asked_in_its_version_of_the_talk() -> None:
    """Whatever else a client tells of itself goes along."""
    login = credential(details={"account_id": "a-1"})
    plain = headers_of(prepared(PROVIDER, SOCKET, credential=login))
    with_more = headers_of(prepared(PROVIDER, SOCKET, client_headers={"OpenAI-Beta": "other=v1"}))

    assert plain["openai-beta"] == SOCKET_VERSION
    assert plain["chatgpt-account-id"] == "a-1"
    assert with_more["openai-beta"] == f"other=v1, {SOCKET_VERSION}"
    assert "openai-beta" not in headers_of(prepared(PROVIDER, credential=login))


def test_over_a_websocket_a_turn_goes_on_from_the_one_before() -> None:
    """The rest is refused there as well."""
    asked = {"input": [], "previous_response_id": "resp_1", "temperature": 1, "generate": False}
    body, lost = shaped(PROVIDER, asked, SOCKET, credential=AT_CODEX)

    assert (body["previous_response_id"], body["generate"]) == ("resp_1", False)
    assert lost == ["temperature"]
