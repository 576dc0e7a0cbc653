"""Qwen by login, as the simulator plays it."""

import pytest

from cliproxy.simulator import Window
from tests.unit.simulator.asking import Json, events_of, json_of
from tests.unit.simulator.hosts.visiting import HELLO, hosts, refusal_of, request, visit

URL = "https://portal.qwen.ai/v1/chat/completions"
BODY = {"model": "coder-model", "messages": HELLO}


def test_an_account_is_answered() -> None:
    """Whole, and in a stream with its usage."""
    stream = events_of(visit(URL, {**BODY, "stream": True, "stream_options": {"include_usage": True}}))

    assert json_of(visit(URL, BODY))["choices"][0]["message"]["content"] == 'You said: "hello".'
    assert stream[-1][1] == "[DONE]"
    assert stream[-2][1]["usage"]["total_tokens"] > 0


@pytest.mark.parametrize(
    ("url", "body", "headers", "status", "words"),
    [
        (URL, BODY, {"authorization": "Bearer ended"}, 401, "token expired"),
        (URL, BODY, {"authorization": ""}, 401, "API key"),
        (URL, {**BODY, "model": "missing"}, {}, 400, "missing"),
        ("https://portal.qwen.ai/chat/completions", BODY, {}, 404, "Invalid URL"),
        (URL, b"{", {}, 400, "JSON"),
    ],
)
def test_what_is_wrong_is_refused(
    url: str, body: Json | bytes, headers: dict[str, str], status: int, words: str
) -> None:
    """As the vendor would."""
    found, said = refusal_of(visit(url, body, headers))

    assert (found, words in said) == (status, True)


def test_a_spent_day_is_no_matter_of_money() -> None:
    """It is called `insufficient_quota` all the same, and no time is told."""
    playing = hosts()
    playing.limit("qwen/ann@example.com", Window(1, 86400))
    first, second = (playing.answer(request(URL, BODY)) for _ in range(2))

    assert (first.status, second.status) == (200, 429)
    assert json_of(second)["error"]["code"] == "insufficient_quota"
    assert "retry-after" not in second.headers
