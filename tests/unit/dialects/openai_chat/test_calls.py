"""Calls, however their fragments come."""

from __future__ import annotations

import pytest

from cliproxy.conversation.events import PartEnd, TextStart, ToolCallDelta, ToolCallStart
from cliproxy.conversation.reply import FinishReason
from cliproxy.conversation.request import Opaque, ToolCall
from tests.unit.dialects.openai_chat.chunks import DONE, call, chunk, events_of, reply_of, whole_reply
from tests.unit.dialects.translating import Body

END = chunk(finish="tool_calls")


@pytest.mark.parametrize(
    "deltas",
    [
        [call(id="a", name="f", arguments='{"x"'), call(arguments=":1}")],
        [call(id="a", name="f", arguments=""), call(id="", arguments='{"x"'), call(id=None, arguments=":1}")],
        [call(id="a", name="f", arguments='{"x"'), call(id="a", name="f", arguments=":1}")],
        [call(name="f", arguments='{"x"'), call(id="a", arguments=":1}")],
        [call(id="a", name="", arguments='{"x"'), call(name="f", arguments=":1}")],
        [call(id="a", name=None, arguments='{"x":1}'), call(name="f")],
        [call(None, id="a", name="f", arguments='{"x"'), call(None, arguments=":1}")],
        [call(id="a", name="f", arguments={"x": 1})],
        [{"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": '{"x":1}'}}]}],
    ],
    ids=[
        "by the book",
        "empty ids later",
        "named in every fragment",
        "id late",
        "name late",
        "name after all arguments",
        "no index",
        "arguments an object",
        "no type, no index, whole",
    ],
)
def test_one_call_whatever_its_fragments_leave_out(deltas: list[Body]) -> None:
    """Qwen, OpenRouter, Hugging Face, Z.ai, xAI, Groq, Cerebras, Mistral: each its own way."""
    (part,) = reply_of(*map(chunk, deltas), END, DONE).parts

    assert isinstance(part, ToolCall)
    assert (part.id, part.name, part.arguments.replace(" ", "")) == ("a", "f", '{"x":1}')


def test_calls_that_all_have_index_0_are_told_apart_by_id() -> None:
    """OpenRouter serving Gemini."""
    reply = reply_of(*(chunk(call(id=id_, name="f", arguments="{}")) for id_ in "abc"), END)

    assert [part.id for part in reply.parts if isinstance(part, ToolCall)] == ["a", "b", "c"]


def test_a_call_without_an_id_before_one_with_an_id_stays_apart() -> None:
    reply = reply_of(chunk(call(name="f", arguments="{}")), chunk(call(id="b", name="f", arguments='{"x":1}')), END)

    assert [part.arguments for part in reply.parts if isinstance(part, ToolCall)] == ["{}", '{"x":1}']


def test_interleaved_calls_keep_their_arguments() -> None:
    first, second = call(0, id="a", name="f", arguments='{"x"'), call(1, id="b", name="g", arguments='{"y"')
    reply = reply_of(*map(chunk, (first, second, call(1, arguments=":2}"), call(0, arguments=":1}"))), END)

    assert [part.arguments for part in reply.parts if isinstance(part, ToolCall)] == ['{"x":1}', '{"y":2}']


@pytest.mark.parametrize("id_", ["functions.add:0", "toolu_bdrk_01", "chatcmpl-tool-1", "tool_0_name_x", "fc_1"])
def test_an_id_of_any_shape_is_kept(id_: str) -> None:
    (part,) = reply_of(chunk(call(id=id_, name="f", arguments="{}")), END).parts

    assert isinstance(part, ToolCall)
    assert part.id == id_


def test_a_call_that_is_never_named_is_kept() -> None:
    (part,) = reply_of(chunk(call(id="a", arguments="{}")), END).parts

    assert part == ToolCall("a", "tool_0", "{}")


def test_a_whole_call_ends_when_words_follow() -> None:
    """A client need not wait for the end of the reply to run it."""
    events = events_of(chunk(call(id="a", name="f", arguments="{}")), chunk({"content": "x"}), END)

    assert [type(event) for event in events[1:5]] == [ToolCallStart, ToolCallDelta, PartEnd, TextStart]


def test_calls_in_words_come_in_pieces_too() -> None:
    first = {"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "g", "input": "p"}}]}
    more = {"tool_calls": [{"index": 0, "custom": {"input": "wd"}}]}

    assert reply_of(chunk(first), chunk(more), END).parts == (ToolCall("a", "g", "pwd", free_text=True),)


def test_the_proof_of_a_call_comes_with_its_beginning() -> None:
    google = {"extra_content": {"google": {"thought_signature": "S"}}}
    (part,) = reply_of(chunk(call(id="a", name="f", arguments="{}", **google)), END).parts

    assert part == ToolCall("a", "f", "{}", Opaque("openai_chat", "S", "call"))


def test_the_call_of_the_older_api_is_one() -> None:
    reply = whole_reply({"content": None, "function_call": {"name": "f", "arguments": "{}"}}, "function_call")

    assert reply.parts == (ToolCall("", "f", "{}"),)
    assert reply.finish.reason is FinishReason.TOOL_CALL
