"""Which conversation a request belongs to, told from real requests."""

import itertools
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cliproxy import dialects as dialect_package
from cliproxy.conversation.request import Part, Role, Text
from cliproxy.dialects.base import Dialect, RequestHead
from cliproxy.discovery import declared
from cliproxy.dispatch.conversation import HEADERS, conversation_of
from cliproxy.testing.recordings import kept, played, request_of
from cliproxy.wire.http import Headers

DIALECTS = declared(dialect_package, "DIALECT", Dialect)
RECORDINGS = Path(__file__).parents[2] / "recordings"
TURNS = {"anthropic_messages": "messages", "openai_chat": "messages", "openai_responses": "input", "gemini": "contents"}


def key(dialect: str, body: Any, headers: Headers | None = None, who: str = "alice", model: str = "m") -> str:
    head = DIALECTS[dialect].read_head(msgspec.json.encode(body), {"model": model})
    return conversation_of(who, model, head, headers or {})


def bodies(dialect: str) -> list[Any]:
    """Return all recorded requests that hold the whole of what was said."""
    recordings = [*played(dialect).values(), *kept(RECORDINGS, dialect).values()]
    decoded = [msgspec.json.decode(body) for recording in recordings if (body := request_of(recording))]
    return [body for body in decoded if TURNS[dialect] in body and not body.get("previous_response_id")]


def opening(dialect: str, body: Any) -> tuple[object, ...]:
    """Return what stands before the first answer, as the dialect's own decoder understands it."""
    codec = DIALECTS[dialect].codec
    assert codec is not None
    said = codec.decode_request(msgspec.json.encode({"model": "m", **body}))
    asked = itertools.takewhile(lambda message: message.role is not Role.ASSISTANT, said.messages)
    turns: list[tuple[object, ...]] = [(message.role, *map(plain, message.parts)) for message in asked]
    while turns and turns[-1][0] is not Role.USER:
        turns.pop()
    return (*map(plain, said.instructions), *turns)


def plain(part: Part) -> object:
    return part.text.strip() if isinstance(part, Text) else repr(part)


@pytest.mark.parametrize("dialect", TURNS)
def test_turns_of_one_recorded_talk_have_one_key_and_different_talks_different_ones(dialect: str) -> None:
    """Equal beginnings are one talk, however it went on; others are others."""
    keys_of: dict[object, set[str]] = defaultdict(set)
    turns_of: dict[object, set[int]] = defaultdict(set)
    for body in bodies(dialect):
        talk = opening(dialect, body)
        keys_of[talk].add(key(dialect, {**body, "user": "", "prompt_cache_key": ""}))
        turns_of[talk].add(len(body[TURNS[dialect]]))

    assert all(len(keys) == 1 for keys in keys_of.values())
    talks_of: dict[str, list[object]] = defaultdict(list)
    for said, keys in keys_of.items():
        talks_of[next(iter(keys))].append(said)
    assert [talks for talks in talks_of.values() if len(talks) > 1] == []
    assert sum(len(turns) > 1 for turns in turns_of.values()) > 1


def test_one_id_for_a_whole_team_is_told_apart() -> None:
    """Else all of them would crowd one account."""
    metadata = {"user_id": "team"}
    talks = [[{"role": "user", "content": text}] for text in ("fix the bug", "write the docs")]
    keys = {key("anthropic_messages", {"messages": talk, "metadata": metadata}) for talk in talks}

    assert len(keys) == 2


def test_a_key_is_of_one_client_and_one_model() -> None:
    """No client can reach into another's conversations, whatever it sends."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "user": "u"}
    keys = {key("openai_chat", body, who=who, model=model) for who in ("alice", "bob") for model in ("m", "n")}

    assert len(keys) == 4


@pytest.mark.parametrize("header", HEADERS)
def test_a_session_header_tells_conversations_apart(header: str) -> None:
    """As the clients that people use send it."""
    body = {"messages": [{"role": "user", "content": "hello"}]}

    assert key("openai_chat", body, {header: "a"}) != key("openai_chat", body, {header: "b"})
    assert key("openai_chat", {}, {header: "a"}) == key("openai_chat", {}, {header: "a"}) != ""


def test_the_id_of_a_request_is_not_one_of_a_conversation() -> None:
    """It differs with each of them."""
    assert key("openai_chat", {}, {"x-client-request-id": "a"}) == ""


def test_where_nothing_tells_there_is_no_key() -> None:
    """Then each request goes where the strategy sends it."""
    assert conversation_of("alice", "m", RequestHead(model="m"), {}) == ""


def test_claude_codes_pseudo_header_and_its_moving_cache_mark_change_nothing() -> None:
    """Its first system block differs from call to call, and its mark sits on the last message."""
    mark = {"cache_control": {"type": "ephemeral"}}
    prompt = {"type": "text", "text": "You are an agent."}
    asked = [{"type": "text", "text": "context"}, {"type": "text", "text": "fix it"}]

    def turn(number: int, messages: list[Any]) -> Any:
        pseudo = {"type": "text", "text": f"x-anthropic-billing-header: cch={number};"}
        return {"system": [pseudo, prompt | (mark if number else {})], "messages": messages}

    first = turn(0, [{"role": "user", "content": [asked[0], asked[1] | mark]}])
    answers = [
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": [{"type": "text", "text": "x"} | mark]},
    ]
    second = turn(1, [{"role": "user", "content": asked}, *answers])

    assert key("anthropic_messages", first) == key("anthropic_messages", second) != ""


def test_a_request_that_goes_on_from_a_reply_has_no_beginning() -> None:
    """It holds only what is new; the reply's own account is known."""
    body = {"input": "and now?", "previous_response_id": "resp_1"}

    assert DIALECTS["openai_responses"].read_head(msgspec.json.encode(body), {}).start() == ""


@pytest.mark.parametrize(
    ("dialect", "field", "value"),
    [
        ("openai_responses", "conversation", "conv_1"),
        ("openai_responses", "conversation", {"id": "conv_1"}),
        ("openai_responses", "prompt_cache_key", "thread"),
        ("openai_responses", "user", "u"),
        ("openai_responses", "safety_identifier", "u"),
        ("openai_chat", "prompt_cache_key", "thread"),
        ("openai_chat", "user", "u"),
        ("openai_chat", "safety_identifier", "u"),
        ("openai_completions", "user", "u"),
        ("gemini", "cachedContent", "cachedContents/1"),
        ("anthropic_messages", "metadata", {"user_id": '{"session_id":"s"}'}),
    ],
)
def test_what_a_body_says_of_its_session_counts(dialect: str, field: str, value: object) -> None:
    """Each dialect has its own word for it."""
    assert key(dialect, {field: value}) not in ("", key(dialect, {field: "another"} if field != "metadata" else {}))


@pytest.mark.parametrize(
    ("dialect", "spellings"),
    [
        ("gemini", [{"contents": "hello"}, {"contents": {"parts": [{"text": "hello"}]}}]),
        ("gemini", [{"contents": {"role": "user", "parts": {"text": "hello"}}}]),
        ("openai_responses", [{"input": "hello"}, {"input": [{"role": "user", "content": "hello"}]}]),
        (
            "openai_responses",
            [
                {
                    "input": [
                        {
                            "type": "message",
                            "id": "a",
                            "role": "user",
                            "content": [{"type": "input_text", "text": "hello"}],
                        }
                    ]
                }
            ],
        ),
    ],
)
def test_all_spellings_of_a_beginning_are_one(dialect: str, spellings: list[Any]) -> None:
    """SDKs write the same words in more than one way, some from the second turn on."""
    plain = {
        "gemini": {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
        "openai_responses": {"input": "hello"},
    }

    assert {key(dialect, spelling) for spelling in spellings} == {key(dialect, plain[dialect])}
