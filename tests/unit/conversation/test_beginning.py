"""By what a conversation is known again."""

from typing import Any

import pytest

from cliproxy.conversation.beginning import EDGE, MOST_AHEAD, beginning

MARKS = {"type", "role", "cache_control"}
HELLO: dict[str, Any] = {"role": "user", "content": "hello"}
ANSWER = {"role": "assistant", "content": "Hello!"}


def start(*turns: object, instructions: object = None) -> str:
    return beginning(instructions, turns, marks=MARKS)


def test_later_turns_change_nothing() -> None:
    """That is what it is for."""
    assert start(HELLO) == start(HELLO, ANSWER, {"role": "user", "content": "more"}) != ""


def test_marks_and_the_form_of_a_text_change_nothing() -> None:
    """Clients move their cache marks along, and wrap a text in a part to hang one on it."""
    marked = {"role": "user", "content": [{"type": "text", "text": "hello\n", "cache_control": {"type": "ephemeral"}}]}

    assert start(HELLO) == start(marked)


@pytest.mark.parametrize(
    ("turns", "instructions"),
    [
        ([{"role": "user", "content": "hello there"}], None),
        ([HELLO], "Be brief."),
        ([{"role": "system", "content": "Be brief."}, HELLO], None),
        ([HELLO, {"role": "user", "content": "and this"}, ANSWER], None),
        ([{"role": "user", "content": ["hello", {"image": "abc"}]}], None),
    ],
)
def test_another_beginning_is_another_conversation(turns: list[object], instructions: object) -> None:
    """Instructions, everything that the user said before the first answer, and what is no text count."""
    assert start(*turns, instructions=instructions) != start(HELLO)


def test_long_texts_differ_by_their_length_and_their_ends() -> None:
    """A clients' preamble may be long and the same for all; what was asked stands after it."""
    preamble = "x" * 10 * EDGE

    assert start({"role": "user", "content": preamble + "a"}) != start({"role": "user", "content": preamble + "b"})
    assert start({"role": "user", "content": preamble}) != start({"role": "user", "content": preamble + "x"})
    assert start({"role": "user", "content": preamble}) == start({"role": "user", "content": preamble})


def test_where_the_user_says_nothing_there_is_no_beginning() -> None:
    """Then nothing could be told from it."""
    assert start() == start(ANSWER) == start({"role": "system", "content": "Be brief."}) == ""
    assert start(*[ANSWER] * (MOST_AHEAD + 1), HELLO) == ""


def test_turns_are_not_read_beyond_the_first_answer() -> None:
    """A conversation may be long."""

    def turns() -> Any:
        yield HELLO
        yield ANSWER
        raise AssertionError("read on")

    assert start(*[HELLO]) == beginning(None, turns(), marks=MARKS)


def test_a_bare_text_and_a_turn_without_a_role_can_be_the_users() -> None:
    """As in Responses, and in Gemini."""
    assert beginning(None, ["hello"]) == beginning(None, [{"parts": [{"text": "hello"}]}], usual_role="user") != ""


def test_halves_of_characters_do_no_harm() -> None:
    """A text that was cut in the middle of a pair is a text still."""
    assert start({"role": "user", "content": "\ud800"}) != ""
