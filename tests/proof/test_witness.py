"""The proof itself: it must see what is lost, and say nothing of what is only said otherwise."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    Effort,
    Inline,
    Level,
    Media,
    MediaKind,
    Message,
    Opaque,
    Reasoning,
    Role,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from tests.proof.asked import kept, lost
from tests.proof.cases.expecting import Expectation, holds, unmet
from tests.proof.cases.paths import MISSING, at, steps
from tests.proof.exceptions import EXCUSES, unexcused
from tests.proof.outcome import Outcome, tried
from tests.proof.told import differences, everything, told
from tests.proof.written import gone

PICTURE = Media(MediaKind.IMAGE, Inline("iVBORw0KGgo="), "image/png")
CALL = ToolCall("a", "f", '{"x":1}')
RESULT = ToolResult("a", (Text("sunny"), PICTURE))
SAID = Conversation(
    "openai_chat",
    "m",
    instructions=(Text("be kind", cache=CacheMark()),),
    messages=(
        Message(Role.USER, (Text("how is it"), PICTURE)),
        Message(Role.ASSISTANT, (Reasoning("hm", Opaque("openai_chat", "p")), CALL)),
        Message(Role.USER, (RESULT,), {"name": Raw(b'"me"')}),
    ),
    tools=(Tool("f", "looks", Raw(b'{"type":"object","properties":{"x":{}}}'), strict=True),),
    sampling=Sampling(max_tokens=10, top_k=3),
    effort=Effort(Level.HIGH),
    user="me",
)


def messages(*turns: Message) -> dict[str, Any]:
    return {"messages": turns}


@pytest.mark.parametrize(
    ("change", "loss"),
    [
        ({"sampling": Sampling(max_tokens=10)}, "top_k"),
        ({"effort": None}, "reasoning effort"),
        ({"user": ""}, "metadata.user_id"),
        ({"tools": ()}, "tools[0]: f"),
        ({"tools": (Tool("f", "looks", Raw(b'{"type":"object","properties":{"x":{}}}')),)}, "tools[0].strict"),
        (messages(SAID.messages[0], Message(Role.ASSISTANT, (CALL,)), SAID.messages[2]), "messages[1]: reasoning"),
        (messages(Message(Role.USER, (Text("how is it"),)), *SAID.messages[1:]), "messages[0].content: image"),
    ],
)
def test_what_is_gone_is_seen_until_a_loss_tells_of_it(change: dict[str, Any], loss: str) -> None:
    after = msgspec.structs.replace(SAID, **change)
    named = ["messages[2].name", "system: cache mark"]

    assert list(lost(SAID, after, named, {}))
    assert list(lost(SAID, after, [*named, loss], {})) == []


@pytest.mark.parametrize(
    "change",
    [
        {"instructions": ()},
        messages(Message(Role.USER, (PICTURE,)), *SAID.messages[1:]),
        messages(*SAID.messages[:2], Message(Role.USER, (ToolResult("a", (Text("rainy"), PICTURE)),))),
        {"tools": (Tool("f", "looks", strict=True),)},
    ],
)
def test_words_and_schemas_are_never_lost_by_right(change: dict[str, Any]) -> None:
    after = msgspec.structs.replace(SAID, **change)

    assert list(lost(SAID, after, ["messages[2].name"], {}))


def test_turns_keep_their_order() -> None:
    asked = [
        Message(Role.USER, (Text("one"),)),
        Message(Role.ASSISTANT, (Text("a"),)),
        Message(Role.USER, (Text("two"),)),
    ]
    before = Conversation("openai_chat", "m", messages=tuple(asked))
    after = Conversation("openai_chat", "m", messages=tuple(asked[::-1]))

    assert list(lost(before, before, [], {})) == []
    assert list(lost(before, after, [], {}))


def test_an_unknown_field_is_a_loss_too() -> None:
    assert list(lost(SAID, SAID, [], {})) == ["extras: name is gone"]


def test_instructions_may_move_and_turns_may_be_cut_otherwise() -> None:
    moved = msgspec.structs.replace(
        SAID,
        instructions=(),
        messages=(
            Message(Role.SYSTEM, SAID.instructions),
            Message(Role.USER, (Text("how is it"),)),
            Message(Role.USER, (PICTURE,)),
            *SAID.messages[1:],
        ),
    )

    assert list(lost(SAID, moved, ["messages[2].name"], {})) == []


def test_tools_that_were_renamed_find_back() -> None:
    renamed = msgspec.structs.replace(
        SAID,
        tools=(msgspec.structs.replace(SAID.tools[0], name="g"),),
        messages=(
            SAID.messages[0],
            Message(Role.ASSISTANT, (SAID.messages[1].parts[0], ToolCall("a", "g", '{"x": 1}'))),
            SAID.messages[2],
        ),
    )

    assert list(lost(SAID, renamed, ["messages[2].name"], {"g": "f"})) == []
    assert list(lost(SAID, renamed, ["messages[2].name"], {}))


def test_at_home_everything_counts() -> None:
    assert list(kept(SAID, SAID, [])) == []
    assert list(kept(SAID, msgspec.structs.replace(SAID, user="you"), []))
    assert list(kept(SAID, SAID, ["top_k"])) == ["a loss at home: top_k"]


def test_a_field_that_a_decoder_passed_over_is_seen() -> None:
    before = {"model": "m", "odd": {"deep": [1]}, "messages": [{"role": "user", "content": "hi"}], "n": None}
    after = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}
    bodies = json.dumps(before).encode(), json.dumps(after).encode()

    assert list(gone(*bodies, [])) == ["the field odd is gone", "the field odd.deep is gone"]
    assert list(gone(*bodies, ["odd", "odd.deep"])) == []
    assert list(gone(b'{"a":"one"}', b'{"a":"two"}', [])) == ["the text 'one' is gone"]
    assert list(gone(b'{"temperature":0,"stream":false}', b"{}", [])) == ["the field temperature is gone"]


REPLY = Reply("r", "m", (Reasoning("hm"), Text("a"), CALL), Finish(FinishReason.TOOL_CALL), Usage(9, 1, 2, 5, 3))


def test_a_reply_that_says_less_is_seen() -> None:
    without = msgspec.structs.replace(REPLY, parts=REPLY.parts[:2], usage=Usage(9, 1, 2, 5, 0))

    found = [problem.partition(":")[0] for problem in differences(told(REPLY, "gemini"), told(without, "gemini"))]
    assert found == ["calls", "usage"]
    assert list(differences(everything(REPLY), everything(REPLY))) == []
    assert list(differences(everything(REPLY), everything(without)))


def test_what_a_dialect_has_no_word_for_is_evened_out() -> None:
    stopped = Reply("r", "m", (Text("a"),), Finish(FinishReason.STOP_SEQUENCE, stop_sequence="x"), REPLY.usage)
    plain = Reply("s", "n", (Text("a"),), Finish(FinishReason.STOP), Usage(9, 1, 0, 5, 3))

    assert list(differences(told(stopped, "gemini"), told(plain, "gemini"))) == []
    assert list(differences(told(stopped, "anthropic_messages"), told(plain, "anthropic_messages")))


def test_a_codec_that_raises_is_a_fault_with_its_place() -> None:
    def look() -> list[str]:
        raise KeyError("gone")

    (fault,) = tried("x", "a", "b", look).faults
    assert fault.startswith("raised KeyError in test_witness.py:")


def test_an_exception_excuses_its_own_look_only() -> None:
    excuse = next(excuse for excuse in EXCUSES if excuse.name == "request abroad" and "became 16" in excuse.fault)
    right = "max_tokens: 1 became 16"
    outcome = Outcome(excuse.name, "gemini", excuse.there, (right, "max_tokens: 100 became 16"))

    assert unexcused(outcome)[0] == ["max_tokens: 100 became 16"]
    assert unexcused(Outcome("request at home", "gemini", excuse.there, (right,)))[0] == [right]
    assert unexcused(Outcome(excuse.name, excuse.there, "gemini", (right,)))[0] == [right]


def test_paths_lead_where_they_say() -> None:
    document = {"a": [{"b": 1}, {"x.y": None}], "content": "hi", "inline_data": {"mime_type": 1}}

    assert steps('a[-1]["x.y"].c') == ["a", -1, "x.y", "c"]
    assert at(document, "a[0].b") == 1
    assert at(document, 'a[-1]["x.y"]') is None
    assert at(document, "a[2]") is MISSING
    assert at(document, "") == document
    assert at(document, "content[0].text") is MISSING
    assert at(document, "content[0].text", text_is_part=True) == "hi"
    assert at(document, "inlineData.mimeType", either_spelling=True) == 1


@pytest.mark.parametrize(
    ("op", "found", "value", "expected"),
    [
        ("equals", 1, 1.0, True),
        ("equals", True, 1, False),
        ("equals", '{"a": 1}', '{"a":1}', True),
        ("equals", "{", "{}", False),
        ("equals", MISSING, None, False),
        ("exists", None, None, True),
        ("absent", None, None, False),
        ("contains", "abc", "b", True),
        ("contains", [{"a": 1}], {"a": 1}, True),
        ("contains", {"a": 1}, "a", True),
        ("contains", MISSING, "a", False),
        ("length", [1], 1, True),
        ("length", MISSING, 0, False),
    ],
)
def test_operators_mean_what_they_say(op: str, found: object, value: object, expected: bool) -> None:
    assert holds(op, found, value) is expected


def test_a_refusal_is_expected_or_a_failure() -> None:
    refused = (Expectation("$error", "exists"),)

    assert list(unmet(refused, None, "no", gemini=False, asks=True)) == []
    assert list(unmet(refused, {}, None, gemini=False, asks=True)) == ["it is not refused"]
    assert list(unmet((Expectation("a", "exists"),), None, "no", gemini=False, asks=True)) == ["it is refused: no"]
