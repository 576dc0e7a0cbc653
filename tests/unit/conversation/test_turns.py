"""Calls and results, put where strict upstreams want them."""

from __future__ import annotations

import time

import pytest
from msgspec import Raw

from cliproxy.conversation.request import Message, Part, Role, Text, ToolCall, ToolResult
from cliproxy.conversation.turns import NOT_RUN, settled


def user(*parts: Part) -> Message:
    return Message(Role.USER, parts)


def assistant(*parts: Part) -> Message:
    return Message(Role.ASSISTANT, parts)


def call(id_: str) -> ToolCall:
    return ToolCall(id_, "tool", "{}")


def result(call_id: str, text: str = "done") -> ToolResult:
    return ToolResult(call_id, (Text(text),))


def test_results_follow_their_calls_in_the_order_of_the_calls() -> None:
    """Clients send them as the tools finish."""
    turns, lost = settled((assistant(call("a"), call("b")), user(result("b")), user(result("a"))))

    assert turns == [assistant(call("a"), call("b")), user(result("a"), result("b"))]
    assert lost == []


def test_what_the_user_said_comes_after_the_results() -> None:
    turns, _ = settled((assistant(call("a")), user(Text("and then?")), user(result("a"))))

    assert turns == [assistant(call("a")), user(result("a")), user(Text("and then?"))]


def test_a_call_that_nobody_answered_is_said_not_to_have_run() -> None:
    """Every vendor that checks refuses a conversation that goes on over an open call."""
    turns, _ = settled((assistant(call("a")), user(Text("never mind"))))

    assert turns[1] == user(ToolResult("a", (Text(NOT_RUN),), is_error=True))


def test_calls_at_the_end_stay_open() -> None:
    """The conversation does not go on: somebody may still answer."""
    assert settled((assistant(call("a")),)) == ([assistant(call("a"))], [])


def test_of_two_results_the_last_counts() -> None:
    turns, _ = settled((assistant(call("a")), user(result("a", "old")), user(result("a", "new"))))

    assert turns[1:] == [user(result("a", "new"))]


def test_a_call_told_twice_is_left_out_the_second_time() -> None:
    turns, _ = settled((assistant(call("a")), user(result("a")), assistant(call("a"), Text("x"))))

    assert turns[2:] == [assistant(Text("x"))]


def test_a_result_without_a_call_is_reported() -> None:
    """The history was cut; what the result answered is gone."""
    assert settled((user(result("gone"), Text("hello")),)) == ([user(Text("hello"))], ["gone"])


def test_turns_with_open_calls_join() -> None:
    """Some clients send every call as a message of its own."""
    turns, _ = settled((assistant(call("a")), assistant(call("b")), user(result("a"), result("b"))))

    assert turns[0] == assistant(call("a"), call("b"))


def test_a_result_without_id_answers_the_oldest_open_call() -> None:
    """The older API, and some hosts of the newer one, give no ids."""
    turns, lost = settled((assistant(call(""), call("")), user(result("", "1")), user(result("", "2"))))
    made = [part.id for part in turns[0].parts if isinstance(part, ToolCall)]

    assert len(set(made)) == 2
    assert turns[1] == user(result(made[0], "1"), result(made[1], "2"))
    assert lost == []


def test_made_ids_are_the_same_every_time() -> None:
    """A retried request reads the same to the upstream's cache."""
    messages = (assistant(call("")), user(result("")))

    assert settled(messages) == settled(messages)


def test_a_conversation_in_order_is_left_as_it_is() -> None:
    """Nearly all are; fields that only the client's dialect knows stay on their turns."""
    answers = Message(Role.USER, (result("a"), result("b")), {"x": Raw(b"1")})
    messages = (user(Text("go")), assistant(call("a"), call("b")), answers, assistant(Text("done")))

    assert settled(messages) == (list(messages), [])


def test_words_beside_results_become_a_turn_of_their_own() -> None:
    """So that every encoder finds results alone."""
    turns, _ = settled((assistant(call("a")), user(result("a"), Text("and?"))))

    assert turns == [assistant(call("a")), user(result("a")), user(Text("and?"))]


def test_fields_of_a_turn_that_only_answers_stay_with_the_answers() -> None:
    answers = Message(Role.USER, (result("b"), result("a")), {"x": Raw(b"1")})

    assert settled((assistant(call("a"), call("b")), answers))[0][1].extras == {"x": Raw(b"1")}


@pytest.mark.parametrize("id_", ["", "c{}"])
def test_many_calls_at_once_take_their_time_and_no_more(id_: str) -> None:
    """Ten times the calls, about ten times the time: a history of 20,000 open calls must not stop the gateway."""

    def seconds(count: int) -> float:
        calls = tuple(assistant(call(id_.format(n))) for n in range(count))
        results = tuple(user(result(id_.format(n))) for n in reversed(range(count)))
        began = time.process_time()
        turns, lost = settled((*calls, *results))
        assert (len(turns), lost) == (2, [])
        return time.process_time() - began

    assert seconds(20_000) < 40 * seconds(2_000) + 0.1


def test_nothing_but_results_without_calls_stays_as_it_is() -> None:
    """Left out, nothing would be left; the upstream says best what is wrong."""
    turns = (Message(Role.USER, (ToolResult("gone", (Text("42"),)),)),)

    assert settled(turns) == (list(turns), [])
