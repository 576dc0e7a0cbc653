"""Kimi for coding, as the simulator plays it."""

from cliproxy.simulator import Window
from tests.unit.simulator.asking import Json, json_of
from tests.unit.simulator.hosts.visiting import HELLO, hosts, refusal_of, request, visit

CHAT = "https://api.kimi.com/coding/v1/chat/completions"
MESSAGES = "https://api.kimi.com/coding/v1/messages"
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "sunny"}


def called(**more: str) -> Json:
    assistant = {"role": "assistant", "content": None, "tool_calls": [CALL], **more}
    return {"model": "k2.5", "messages": [*HELLO, assistant, RESULT]}


def test_both_languages_are_answered() -> None:
    """Chat Completions and Messages, and Messages' count of tokens; only Messages know the names with `kimi-`."""
    told: Json = {"model": "kimi-k2.5", "max_tokens": 100, "messages": HELLO}

    assert json_of(visit(CHAT, {"model": "k2.5", "messages": HELLO}))["choices"]
    assert json_of(visit(f"{MESSAGES}?beta=true", told))["content"]
    assert json_of(visit(f"{MESSAGES}/count_tokens", told))["input_tokens"] == 1


def test_turns_with_calls_need_their_reasoning() -> None:
    """Unless thinking is off."""
    status, words = refusal_of(visit(CHAT, called()))

    assert (status, "reasoning_content is missing" in words, "index 1" in words) == (400, True, True)
    assert visit(CHAT, called(reasoning_content="hm")).status == 200
    assert visit(CHAT, {**called(), "thinking": {"type": "disabled"}}).status == 200


def test_what_is_wrong_is_refused() -> None:
    """A name with the prefix is unknown here, as is a model that does not exist."""
    for model in ("kimi-k2.5", "missing"):
        assert refusal_of(visit(CHAT, {"model": model, "messages": HELLO})) == (
            404,
            f"Not found the model {model} or Permission denied",
        )
    assert refusal_of(visit(CHAT, called(), {"authorization": "Bearer ended"}))[0] == 401
    assert refusal_of(visit("https://api.kimi.com/v1/chat/completions", called()))[0] == 404


def test_a_spent_week_is_forbidden() -> None:
    """It has the status of a login that was taken back, and is none."""
    playing = hosts()
    playing.limit("kimi/ann@example.com", Window(1, 604800))
    first, second = (playing.answer(request(CHAT, {"model": "k2.5", "messages": HELLO})) for _ in range(2))

    assert (first.status, second.status) == (200, 403)
    assert json_of(second)["error"]["type"] == "access_terminated_error"
