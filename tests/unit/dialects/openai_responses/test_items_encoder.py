"""Turns as items."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.request import (
    Conversation,
    Foreign,
    Inline,
    Media,
    MediaKind,
    Message,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.openai_responses.items_encoder import ItemsEncoder
from cliproxy.dialects.openai_responses.request_encoder import IDS, NAMES
from cliproxy.dialects.wording import Wording

HOME, ABROAD = "openai_responses", "anthropic_messages"
CALL, RESULT = ToolCall("c", "f", '{"a":1}'), ToolResult("c", (Text("4"),))
DRAWN = Media(MediaKind.IMAGE, Inline("AA=="), "image/png")


def written(
    *turns: Message, origin: str = ABROAD, namespaces: dict[str, str] | None = None, custom: tuple[str, ...] = ()
) -> tuple[list[Any], list[str]]:
    wording = Wording(Conversation(origin, "m", messages=turns), HOME, names=NAMES, ids=IDS)
    items = list(ItemsEncoder(wording.turns, wording, namespaces or {}, set(custom)).items())
    return items, [loss.field for loss in wording.losses.found()]


def spoken(*parts: Part, origin: str = ABROAD, **fields: Any) -> tuple[list[Any], list[str]]:
    return written(Message(Role.ASSISTANT, parts), origin=origin, **fields)


def kinds(items: list[Any]) -> list[str]:
    return [item["type"] for item in items]


def test_every_call_and_result_is_an_item_in_the_order_they_came() -> None:
    """Words after a call stay after it; an answer with calls only gives no empty message."""
    items, _ = written(Message(Role.ASSISTANT, (Text("a"), CALL, Text("b"))), Message(Role.USER, (RESULT, Text("c"))))

    assert kinds(items) == ["message", "function_call", "message", "function_call_output", "message"]
    assert items[1] == {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a":1}'}
    assert items[3] == {"type": "function_call_output", "call_id": "c", "output": "4"}


@pytest.mark.parametrize(
    ("role", "written_role", "text"),
    [
        (Role.SYSTEM, "developer", "a"),
        (Role.USER, "user", "a"),
        (Role.REMINDER, "user", "<system-reminder>\na\n</system-reminder>"),
    ],
)
def test_what_instructs_further_down_stays_there(role: Role, written_role: str, text: str) -> None:
    items, _ = written(Message(role, (Text("a"),)))

    assert items == [{"type": "message", "role": written_role, "content": [{"type": "input_text", "text": text}]}]


@pytest.mark.parametrize(
    ("content", "output"),
    [
        ((Text(" 5 "),), " 5 "),
        ((Text(""),), ""),
        ((Text("a"), Text("b")), [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]),
        ((DRAWN,), [{"type": "input_image", "image_url": "data:image/png;base64,AA=="}]),
    ],
    ids=str,
)
def test_an_output_is_a_string_or_a_list(content: tuple[Any, ...], output: object) -> None:
    """Pictures are kept, which only a list can hold."""
    items, _ = written(Message(Role.ASSISTANT, (CALL,)), Message(Role.USER, (ToolResult("c", content),)))

    assert items[1]["output"] == output


def test_a_tool_that_takes_words_is_called_in_words_whoever_told_of_it() -> None:
    """Some chat clients tell of such calls as a function's."""
    call = ToolCall("d", "patch", '{"input":"w"}')
    words = ToolCall("e", "other", "w", free_text=True)
    results = (ToolResult("d", (Text("1"),)), ToolResult("e", (Text("2"),)))
    items, _ = written(Message(Role.ASSISTANT, (call, words)), Message(Role.USER, results), custom=("patch",))

    assert kinds(items) == ["custom_tool_call"] * 2 + ["custom_tool_call_output"] * 2
    assert [item["input"] for item in items[:2]] == ["w", "w"]


def test_a_tool_of_a_namespace_is_called_in_it() -> None:
    items, _ = spoken(ToolCall("c", "crm__find", ""), namespaces={"crm__find": "crm"})

    assert items[0] == {
        "type": "function_call",
        "call_id": "c",
        "name": "find",
        "namespace": "crm",
        "arguments": "{}",
    }


def test_ids_and_names_fit() -> None:
    items, _ = spoken(ToolCall("c" * 70, "f" * 70 + ".", "{}"))

    assert (len(items[0]["call_id"]), len(items[0]["name"])) == (64, 64)


@pytest.mark.parametrize(
    ("thought", "origin", "item"),
    [
        (
            Reasoning("a", Opaque(HOME, "e")),
            HOME,
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}], "encrypted_content": "e"},
        ),
        (Reasoning("a", Opaque(HOME, "e")), ABROAD, {"type": "reasoning", "summary": [], "encrypted_content": "e"}),
        (
            Reasoning("a", Opaque(ABROAD, "gAAAAe")),
            ABROAD,
            {"type": "reasoning", "summary": [], "encrypted_content": "gAAAAe"},
        ),
        (
            Reasoning("a"),
            HOME,
            {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "a"}]},
        ),
        (
            Reasoning("", extras={"id": Raw(b'"rs_1"')}),
            HOME,
            {"type": "reasoning", "summary": [], "id": Raw(b'"rs_1"')},
        ),
    ],
    ids=str,
)
def test_thoughts_go_back_with_openai_s_own_proof(thought: Reasoning, origin: str, item: dict[str, Any]) -> None:
    """The words shown elsewhere are not sent along; a proof that can be nobody else's counts without its tag."""
    assert spoken(thought, origin=origin) == ([item], [])


@pytest.mark.parametrize(
    ("thought", "origin", "loss"),
    [
        (Reasoning("a"), ABROAD, "messages[0].content: unsigned reasoning"),
        (Reasoning("a", Opaque(ABROAD, "Es")), ABROAD, "messages[0].content: reasoning proof"),
        (Reasoning("a", Opaque("gemini", "s")), HOME, "messages[0].content: reasoning proof"),
    ],
    ids=str,
)
def test_other_thoughts_are_not_sent(thought: Reasoning, origin: str, loss: str) -> None:
    assert spoken(thought, origin=origin) == ([], [loss])


def test_another_vendor_s_proof_of_words_is_told_as_lost() -> None:
    items, losses = spoken(Text("a", proof=Opaque("gemini", "s", "text")))

    assert kinds(items) == ["message"]
    assert losses == ["messages[0].content: proof of gemini"]


def test_a_picture_that_the_model_drew_is_an_item() -> None:
    """Its messages hold nothing but words."""
    items, _ = spoken(Text("a"), DRAWN)

    assert items[1] == {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "AA=="}


@pytest.mark.parametrize("role", [Role.USER, Role.ASSISTANT])
def test_an_item_that_only_this_dialect_knows_goes_home_as_it_came(role: Role) -> None:
    item = Foreign(HOME, "item_reference", Raw(b'{"type":"item_reference","id":"x"}'))
    part = Foreign(HOME, "input_video", Raw(b'{"type":"input_video"}'))
    items, _ = written(Message(role, (part, item)), origin=HOME)

    assert {"type": "item_reference", "id": "x"} in items
    assert {"type": "input_video"} in next(one for one in items if one["type"] == "message")["content"]


def test_what_nobody_else_knows_is_told_as_lost() -> None:
    items, losses = spoken(Foreign(ABROAD, "server_tool_use", Raw(b"{}")), Text("a"))

    assert kinds(items) == ["message"]
    assert losses == ["messages[0].content: server_tool_use"]
