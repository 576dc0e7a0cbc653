"""Whole replies."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import Candidate, Finish, FinishReason, Usage
from cliproxy.conversation.request import Inline, Media, MediaKind, Opaque, Reasoning, Text, ToolCall
from cliproxy.conversation.words import Logprob
from cliproxy.dialects.anthropic_messages import DIALECT
from cliproxy.dialects.anthropic_messages.reply import LONGEST_PLACE, CallIds
from tests.unit.dialects.anthropic_messages.home import STOPPED, context, heard, replied
from tests.unit.dialects.translating import Body


@pytest.mark.parametrize(
    ("finish", "called", "word"),
    [
        (Finish(FinishReason.STOP), True, "tool_use"),
        (Finish(FinishReason.OTHER), True, "tool_use"),
        (Finish(FinishReason.TOOL_CALL), False, "end_turn"),
        (Finish(FinishReason.STOP_SEQUENCE), False, "end_turn"),
        (Finish(FinishReason.LENGTH), True, "max_tokens"),
        (Finish(FinishReason.PAUSED), False, "pause_turn"),
        (Finish(FinishReason.OTHER, "compaction"), False, "compaction"),
        (Finish(FinishReason.OTHER, "recitation"), False, "end_turn"),
    ],
)
def test_why_it_ended_agrees_with_what_was_called(finish: Finish, called: bool, word: str) -> None:
    """A loop that tests the reason must see a call, and wait for none that is not there."""
    parts = (ToolCall("a", "f", "{}"),) if called else (Text("x"),)

    assert replied(*parts, finish=finish)["stop_reason"] == word


def test_a_proof_that_hangs_on_words_or_a_call_travels_beside_them() -> None:
    """Clients bring thinking blocks back as they are."""
    text, call = Opaque("gemini", "a", "text"), Opaque("gemini", "b", "call")
    content = replied(Text("x", proof=text), ToolCall("c", "f", "{}", call))["content"]

    assert [(block["type"], block.get("signature")) for block in content] == [
        ("text", None),
        ("thinking", "gemini.text#a"),
        ("thinking", "gemini.call#b"),
        ("tool_use", None),
    ]
    parts = heard(*content).parts
    assert parts[1:3] == (Reasoning("", text), Reasoning("", call))


def test_what_has_no_place_is_told() -> None:
    within = context()
    picture = Media(MediaKind.IMAGE, Inline("iVBO"), "image/png")
    others = (Candidate((Text("y"),), STOPPED),)
    body = replied(Text("x", logprobs=(Logprob("x", -0.1),)), picture, within=within, others=others)

    assert body["content"][1]["text"].startswith("[image")
    assert [loss.field for loss in within.losses.found()] == ["reply: logprobs", "reply: image"]


def test_the_tier_is_heard_and_told_in_each_vendor_s_word() -> None:
    reply = heard(
        {"type": "text", "text": "x"}, usage={"input_tokens": 1, "output_tokens": 1, "service_tier": "standard"}
    )

    assert reply.service_tier == "default"
    assert replied(Text("x"), service_tier="default")["usage"]["service_tier"] == "standard"
    assert "service_tier" not in replied(Text("x"), service_tier="flex")["usage"]


def test_cached_tokens_are_counted_apart() -> None:
    told = replied(Text("x"), usage=Usage(10, 4, 3, 5, 2))["usage"]

    assert told == {
        "input_tokens": 3,
        "output_tokens": 5,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 3,
        "output_tokens_details": {"thinking_tokens": 2},
    }
    assert heard({"type": "text", "text": "x"}, usage=told).usage == Usage(10, 4, 3, 5, 2)


def test_numbers_of_tokens_that_cannot_be_are_mended() -> None:
    told = {"input_tokens": -3, "cache_read_input_tokens": 4, "output_tokens": 10**30}

    assert heard({"type": "text", "text": "x"}, usage=told).usage == Usage(4, 4, 0, 2**53 - 1)


def test_long_ids_stay_apart_under_the_limit() -> None:
    ids = CallIds(context())
    first, second = ids.fitting("a" * 300, 0), ids.fitting("a" * 300, 1)

    assert first != second
    assert len(second) <= 256 - LONGEST_PLACE + 2


def test_models_are_listed_in_one_page() -> None:
    listing: Body = json.loads(DIALECT.list_models([ModelInfo("a", created=1), ModelInfo("b", "B")]))

    assert (listing["first_id"], listing["last_id"], listing["has_more"]) == ("a", "b", False)
    assert [model["display_name"] for model in listing["data"]] == ["a", "B"]
