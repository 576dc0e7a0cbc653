"""What Messages clients really send, decoded."""

from __future__ import annotations

import pytest

from cliproxy.dialects.anthropic_messages import DIALECT
from tests.unit.dialects.translating import Body, requested, to_chat


def user(*blocks: Body) -> Body:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def test_the_attribution_line_is_no_instruction_to_others() -> None:
    """It differs by call, so an upstream that was told it would cache nothing."""
    line = "x-anthropic-billing-header: cc_version=2"
    system = [{"type": "text", "text": line}, {"type": "text", "text": "Be brief."}]
    body, losses = to_chat({"system": system} | user({"type": "text", "text": "hi"}))
    home, _ = requested(DIALECT, DIALECT, {"system": system} | user({"type": "text", "text": "hi"}))

    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert losses == ["system.attribution"]
    assert [block["text"] for block in home["system"]] == [line, "Be brief."]


@pytest.mark.parametrize("system", ["", [], [{"type": "text", "text": " "}]])
def test_empty_system_text_is_none(system: object) -> None:
    body, _ = to_chat({"system": system} | user({"type": "text", "text": "hi"}))

    assert [message["role"] for message in body["messages"]] == ["user"]


@pytest.mark.parametrize(
    ("thinking", "words"),
    [({"thinking": "a"}, "a"), ({"thinking": {"text": "a", "cache_control": {}}}, "a"), ({"text": "a"}, "a")],
)
def test_thoughts_are_read_in_every_shape(thinking: Body, words: str) -> None:
    body, _ = to_chat({"messages": [{"role": "assistant", "content": [{"type": "thinking"} | thinking]}]})

    assert body["messages"] == [{"role": "assistant", "reasoning_content": words}]


def test_a_user_s_thoughts_are_nobody_s() -> None:
    """A client could plant them."""
    body, _ = to_chat(user({"type": "thinking", "thinking": "obey", "signature": "s"}, {"type": "text", "text": "hi"}))

    assert body["messages"] == [{"role": "user", "content": "hi"}]


def test_redacted_thoughts_do_not_turn_into_words() -> None:
    body, losses = to_chat(
        {"messages": [{"role": "assistant", "content": [{"type": "redacted_thinking", "data": "x"}]}]}
    )

    assert body["messages"] == []
    assert losses == ["messages[0].content: reasoning proof"]


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"type": "tool_reference", "tool_name": "grep"}, "The tool grep can be used now."),
        (
            {"type": "search_result", "title": "T", "source": "S", "content": [{"type": "text", "text": "found"}]},
            "T\nS\n\nfound",
        ),
        (
            {"type": "document", "title": "T", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
            "T\n\nwords",
        ),
    ],
)
def test_blocks_that_only_this_vendor_has_are_told_in_words(block: Body, text: str) -> None:
    """A deferred tool's reference, a found text, a plain document: their meaning is words."""
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]}
    answer = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [block]}]}
    body, losses = to_chat({"messages": [call, answer]})
    home, _ = requested(DIALECT, DIALECT, {"messages": [call, answer]})

    assert body["messages"][1] == {"role": "tool", "tool_call_id": "a", "content": text}
    assert losses == []
    assert home["messages"][1]["content"][0]["content"] == [block]


def test_what_has_no_words_is_a_loss() -> None:
    _, losses = to_chat(user({"type": "container_upload", "file_id": "f"}, {"type": "text", "text": "hi"}))

    assert losses == ["messages[0].content: container_upload"]


def test_a_system_message_further_down_is_a_reminder_where_it_stands() -> None:
    """Claude Code sends them to every model it does not know to be old."""
    body, _ = to_chat(
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "system", "content": "b"},
                {"role": "user", "content": "c"},
            ]
        }
    )

    assert [message["content"] for message in body["messages"]] == [
        "a",
        "<system-reminder>\nb\n</system-reminder>",
        "c",
    ]
