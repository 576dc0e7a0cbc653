"""Codex for an account at ChatGPT, as the simulator plays it."""

import pytest

from cliproxy.simulator import Window
from tests.unit.simulator.asking import CITY, Json, events_of, json_of
from tests.unit.simulator.hosts.visiting import NOW, hosts, refusal_of, request, visit, without

URL = "https://chatgpt.com/backend-api/codex/responses"
WHO = {"chatgpt-account-id": "acc-1"}
UPGRADE = WHO | {"upgrade": "websocket", "openai-beta": "responses_websockets=2026-02-06"}
BODY: Json = {
    "model": "gpt-5.4",
    "instructions": "",
    "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}],
    "store": False,
    "stream": True,
    "include": ["reasoning.encrypted_content"],
}
TOOLS = [{"type": "function", "name": "weather", "parameters": CITY}]


def test_an_account_hears_what_is_left() -> None:
    """In the headers, and in the first event."""
    answer = visit(URL, BODY, WHO)
    (_, limits), (name, _), *_ = events_of(answer)
    resets = int(NOW) + 5 * 3600

    assert answer.headers["x-codex-primary-window-minutes"] == "300"
    assert (limits["type"], limits["plan_type"], name) == ("codex.rate_limits", "plus", "response.created")
    assert limits["rate_limits"]["primary"] == {"used_percent": 0.1, "window_minutes": 300, "reset_at": resets}
    assert limits["rate_limits"]["secondary"]["window_minutes"] == 10080


def test_the_last_event_does_not_repeat_what_was_said() -> None:
    """The items of a stream are all there is of an answer."""
    words = [{"role": "user", "content": "call weather"}]
    events = events_of(visit(URL, {**BODY, "input": words, "tools": TOOLS}, WHO))
    items = [data["item"] for name, data in events if name == "response.output_item.done"]

    assert [item["type"] for item in items] == ["function_call"]
    assert (events[-1][0], events[-1][1]["response"]["output"]) == ("response.completed", [])


def test_a_recorded_answer_is_played() -> None:
    """By its name, as at the other upstreams."""
    assert events_of(visit(URL, {**BODY, "model": "codex"}, WHO))[-1][0] == "response.completed"


def test_a_conversation_is_made_shorter() -> None:
    """Whole, and without the restrictions of a stream."""
    body = {"model": "gpt-5.4", "input": BODY["input"], "instructions": ""}

    assert json_of(visit(f"{URL}/compact", body, WHO))["object"] == "response.compaction"
    assert refusal_of(visit(f"{URL}/compact", {**body, "stream": True}, WHO))[0] == 400
    assert refusal_of(visit(f"{URL}/compact", {**body, "input": "hello"}, WHO)) == (400, "Input must be a list")


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        (WHO | {"authorization": "Bearer ended"}, 401, "token is expired"),
        (WHO | {"authorization": ""}, 401, "Unauthorized"),
        (WHO | {"authorization": "Bearer at-bob"}, 403, "Forbidden"),
        ({}, 403, "Forbidden"),
        (WHO | {"authorization": "Bearer sk-1"}, 401, "token is expired"),
    ],
)
@pytest.mark.parametrize("upgrade", [{}, UPGRADE])
def test_only_the_account_itself_is_let_in(
    headers: dict[str, str], status: int, words: str, upgrade: dict[str, str]
) -> None:
    """The token's account must be named, on a WebSocket too."""
    others = without(upgrade, "chatgpt-account-id") | headers
    found, said = refusal_of(visit(URL, BODY, others, method="GET" if upgrade else "POST"))

    assert (found, words in said) == (status, True), said


def test_a_websocket_is_taken() -> None:
    """With the beta that it needs."""
    assert visit(URL, None, UPGRADE, method="GET").status == 101
    assert refusal_of(visit(URL, None, UPGRADE | {"openai-beta": "x"}, method="GET"))[0] == 400


def test_a_spent_window_refuses() -> None:
    """And says until when, as the plan's limit."""
    playing = hosts()
    playing.limit("codex/ann@example.com", Window(1, 3600))
    first, second = (playing.answer(request(URL, BODY, WHO)) for _ in range(2))
    error = json_of(second)["error"]

    assert (first.status, second.status) == (200, 429)
    assert (error["type"], error["resets_at"]) == ("usage_limit_reached", int(NOW) + 3600)
    assert second.headers["x-codex-primary-used-percent"] == "100"


def test_unknown_paths_and_models_are_refused() -> None:
    """In a sentence."""
    assert "missing" in refusal_of(visit(URL, {**BODY, "model": "missing"}, WHO))[1]
    assert refusal_of(visit("https://chatgpt.com/backend-api/me", BODY, WHO)) == (404, "Not Found")
    assert refusal_of(visit(URL, None, WHO, method="GET"))[0] == 404
