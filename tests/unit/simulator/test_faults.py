"""Scripted faults."""

import pytest

from cliproxy.simulator import (
    Call,
    Cut,
    CutAt,
    Delay,
    Drip,
    Empty,
    EndAt,
    Fault,
    Hang,
    Match,
    NoContent,
    NotStreamed,
    Pause,
    Refuse,
    RefuseInside,
    Rule,
    Script,
    Upstream,
    WrongType,
    recorded,
    refusal_like,
)
from cliproxy.simulator.recordings import DIALECTS
from tests.unit.simulator.asking import body_of, events_of, json_of, pauses_of, saying

WITHOUT = {dialect: body_of(Upstream().answer(saying(dialect, "hello", stream=True))) for dialect in DIALECTS}


def with_fault(fault: Fault) -> Upstream:
    return Upstream(script=Script(Rule(Match(), fault)))


def call(key: str = "k", model: str = "m", path: str = "/v1/messages") -> Call:
    return Call("POST", path, {}, {}, b"", key, model)


def test_rules_apply_in_order_and_are_counted() -> None:
    """The first rule that is live and fits wins; one that is used up no longer counts."""
    first = Rule(Match(key="a"), Refuse(429), times=2)
    second = Rule(Match(path_contains="messages"), Refuse(529), times=None)
    script = Script(first, second)
    picked = [script.pick(call(key)) for key in ("a", "b", "a", "a")]
    statuses = [fault.status if isinstance(fault, Refuse) else None for fault in picked]

    assert statuses == [429, 529, 429, 529]
    assert (first.applied, second.applied) == (2, 2)
    assert script.pick(call("b", path="/v1/responses")) is None


def test_a_rule_can_be_added_later() -> None:
    """Tests script what comes next; the rule counts for them."""
    upstream = Upstream()
    rule = upstream.script.add(Refuse(503), Match(model="simulated"))

    assert upstream.answer(saying("gemini", "hello")).status == 503
    assert upstream.answer(saying("gemini", "hello")).status == 200
    assert rule.applied == 1


@pytest.mark.parametrize(
    ("dialect", "status", "kind"),
    [
        ("openai_chat", 429, ("type", "requests")),
        ("openai_responses", 401, ("code", "invalid_api_key")),
        ("anthropic_messages", 529, ("type", "overloaded_error")),
        ("anthropic_messages", 418, ("type", "invalid_request_error")),
        ("gemini", 503, ("status", "UNAVAILABLE")),
    ],
)
def test_a_refusal_is_in_the_vendors_words(dialect: str, status: int, kind: tuple[str, str]) -> None:
    """Whichever vendor is asked."""
    answer = with_fault(Refuse(status, headers={"retry-after": "7"})).answer(saying(dialect, "hello"))

    assert (answer.status, answer.headers["retry-after"]) == (status, "7")
    assert json_of(answer)["error"][kind[0]] == kind[1]


def test_a_refusal_can_be_a_recorded_one() -> None:
    """With the recorded body and headers; where none was recorded, in the vendor's usual words."""
    answer = with_fault(refusal_like("gemini", 429)).answer(saying("gemini", "hello"))
    made_up = with_fault(refusal_like("anthropic_messages", 529)).answer(saying("anthropic_messages", "hello"))

    assert json_of(answer) == recorded("gemini", "error-429").response.body
    assert json_of(made_up)["error"] == {"type": "overloaded_error", "message": "Overloaded"}


@pytest.mark.parametrize(
    ("dialect", "opening", "last"),
    [
        ("openai_chat", 1, [""]),
        ("openai_responses", 2, ["error", "response.failed"]),
        ("anthropic_messages", 3, ["error"]),
        ("gemini", 0, [""]),
    ],
)
def test_a_refusal_inside_a_stream_follows_its_opening(dialect: str, opening: int, last: list[str]) -> None:
    """Under 200, after frames without content, the vendor's error event; and then nothing more."""
    answer = with_fault(RefuseInside(message="too busy")).answer(saying(dialect, "hello", stream=True))
    assert answer.status == 200
    assert len(list(answer.pieces)) == opening + len(last)
    events = events_of(answer)

    assert [name for name, _ in events[opening:]] == last
    assert events[opening][1]["error"]["message"] == "too busy"
    assert "said" not in str(events)


def test_a_refusal_may_come_after_content() -> None:
    """Then nothing can be done about it any more; an array is still closed."""
    path = "/v1beta/models/m:streamGenerateContent"
    asked = saying("gemini", "hello")
    answer = with_fault(RefuseInside(503, frames=2)).answer(type(asked)("POST", path, {}, asked.headers, asked.body))
    first, second, third = json_of(answer)

    assert [set(first), set(second)] == [{"candidates", "usageMetadata", "modelVersion", "responseId"}] * 2
    assert third["error"]["status"] == "UNAVAILABLE"


def test_a_refusal_inside_a_whole_reply_is_an_error_under_200() -> None:
    """Some gateways do this."""
    answer = with_fault(RefuseInside(500)).answer(saying("openai_chat", "hello"))

    assert answer.status == 200
    assert json_of(answer)["error"]["type"] == "server_error"


def test_an_answer_can_be_late_or_hang() -> None:
    """Before the head, or in the middle of the body."""
    late = with_fault(Delay(3)).answer(saying("openai_chat", "hello"))
    dead = with_fault(Hang()).answer(saying("openai_chat", "hello"))
    stuck = with_fault(Hang(after=10)).answer(saying("openai_chat", "hello", stream=True))

    assert late.before == (Pause(3),)
    assert [pause.seconds > 10**6 for pause in dead.before if isinstance(pause, Pause)] == [True]
    *pieces, pause = stuck.pieces
    assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) == WITHOUT["openai_chat"][:10]
    assert isinstance(pause, Pause)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dripping_body_is_the_same_body(dialect: str) -> None:
    """A few bytes at a time."""
    answer = with_fault(Drip(7, 0.5)).answer(saying(dialect, "hello", stream=True))
    pieces = list(answer.pieces)

    assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) == WITHOUT[dialect]
    assert all(len(piece) <= 7 for piece in pieces if isinstance(piece, bytes))
    assert pieces[1::2] == [Pause(0.5)] * (len(pieces) // 2)


@pytest.mark.parametrize("byte", [0, 1, 100, 10**6])
def test_a_body_can_be_cut_or_end_anywhere(byte: int) -> None:
    """Dropped with the connection, or as if that were all."""
    cut = list(with_fault(CutAt(byte)).answer(saying("gemini", "hello", stream=True)).pieces)
    ended = with_fault(EndAt(byte)).answer(saying("gemini", "hello", stream=True))

    assert b"".join(piece for piece in cut if isinstance(piece, bytes)) == WITHOUT["gemini"][:byte]
    assert cut[-1] == Cut()
    assert body_of(ended) == WITHOUT["gemini"][:byte]
    assert pauses_of(ended) == []


def test_the_connection_can_be_dropped_before_the_head() -> None:
    """Nothing is answered at all."""
    assert with_fault(CutAt(None)).answer(saying("gemini", "hello")).before == (Cut(),)


def test_something_else_can_come_than_was_asked_for() -> None:
    """A web page, JSON for a stream, or nothing."""
    page = with_fault(WrongType()).answer(saying("openai_chat", "hello", stream=True))
    whole = with_fault(NotStreamed()).answer(saying("anthropic_messages", "hello", stream=True))
    empty = with_fault(Empty()).answer(saying("openai_responses", "hello"))

    assert (page.status, page.headers["content-type"]) == (200, "text/html")
    assert body_of(page).startswith(b"<html>")
    assert whole.headers["content-type"] == "application/json"
    assert json_of(whole)["content"][0]["text"] == 'You said: "hello".'
    assert (empty.status, body_of(empty)) == (200, b"")


@pytest.mark.parametrize(
    ("dialect", "events"),
    [("openai_chat", 3), ("openai_responses", 3), ("anthropic_messages", 3), ("gemini", 1)],
)
def test_a_stream_may_say_nothing(dialect: str, events: int) -> None:
    """Opening and end are as they should be."""
    answer = with_fault(NoContent()).answer(saying(dialect, "hello", stream=True))

    assert len(events_of(answer)) == events
