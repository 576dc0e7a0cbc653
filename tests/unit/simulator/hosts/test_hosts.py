"""All hosts at one place."""

import pytest

from cliproxy.simulator import Cut, CutAt, Match, NoContent, NotStreamed, Pause, Refuse, Rule, Script, Window, WrongType
from tests.unit.simulator.asking import body_of, json_of, pauses_of
from tests.unit.simulator.hosts.test_antigravity import DAILY, enclosed
from tests.unit.simulator.hosts.visiting import HELLO, TOKEN, hosts, request

URL = "https://portal.qwen.ai/v1/chat/completions"
BODY = {"model": "coder-model", "messages": HELLO}
WRAPPED = f"{DAILY}/v1internal:streamGenerateContent?alt=sse"


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("api.anthropic.com", True),
        ("chatgpt.com", True),
        ("cloudcode-pa.googleapis.com", True),
        ("daily-cloudcode-pa.sandbox.googleapis.com", True),
        ("generativelanguage.googleapis.com", True),
        ("aiplatform.googleapis.com", True),
        ("europe-west4-aiplatform.googleapis.com", True),
        ("portal.qwen.ai", True),
        ("apis.iflow.cn", True),
        ("api.kimi.com", True),
        ("oauth2.googleapis.com", False),
        ("chatgpt.com.example.com", False),
        ("", False),
    ],
)
def test_vendors_are_known_by_their_hosts(host: str, is_known: bool) -> None:
    """Those of logins are not among them."""
    assert hosts().knows(host) is is_known


def test_an_unknown_host_is_not_found() -> None:
    """Nobody should have sent it here."""
    assert hosts().answer(request("https://example.com/", None)).status == 404


def test_calls_are_remembered_as_they_came() -> None:
    """With host, token and model; only the last ones."""
    playing = hosts(keep_calls=2)
    for _ in range(2):
        playing.answer(request(WRAPPED, enclosed()))
    playing.answer(request(URL, b"{"))
    first, last = playing.calls

    assert (first.host, first.path, first.model) == (
        "daily-cloudcode-pa.googleapis.com",
        "/v1internal:streamGenerateContent",
        "gemini-2.5-flash",
    )
    assert first.json()["requestType"] == "agent"
    assert (last.key, last.model, last.body) == (TOKEN, "", b"{")


def test_a_script_has_the_first_word() -> None:
    """In the vendor's words, before it is asked who comes; rules can be for one host."""
    script = Script(Rule(Match(host="portal.qwen.ai", key="ended"), Refuse(503)))
    playing = hosts(script)
    ended = {"authorization": "Bearer ended"}
    answers = [playing.answer(request(url, BODY, ended)) for url in (WRAPPED, URL, URL)]

    assert [answer.status for answer in answers] == [401, 503, 401]
    assert "overloaded" in json_of(answers[1])["error"]["message"]


def test_a_refusal_may_bring_its_own_words() -> None:
    """As bytes, with headers."""
    answer = hosts(Script(Rule(Match(), Refuse(429, b"{}", {"retry-after": "3"})))).answer(request(URL, BODY))

    assert (answer.status, body_of(answer), answer.headers["retry-after"]) == (429, b"{}", "3")


def test_faults_on_the_wire_come_last() -> None:
    """An envelope is spoilt with what is in it."""
    cut, wrong = (
        hosts(Script(Rule(Match(), fault))).answer(request(WRAPPED, enclosed())) for fault in (CutAt(50), WrongType())
    )
    *pieces, last = cut.pieces
    received = b"".join(piece for piece in pieces if isinstance(piece, bytes))

    assert (received[:18], len(received), last) == (b'data: {"response":', 50, Cut())
    assert wrong.headers["content-type"] == "text/html"


def test_faults_in_the_vendors_words_are_wrapped_as_answers_are() -> None:
    """Nothing said, and not streamed."""
    empty = hosts(Script(Rule(Match(), NoContent()))).answer(request(WRAPPED, enclosed()))
    whole = hosts(Script(Rule(Match(), NotStreamed()))).answer(request(WRAPPED, enclosed()))

    assert b'data: {"response":' in body_of(empty)
    assert json_of(whole)["response"]["candidates"]


def test_streams_have_a_pace() -> None:
    """Also where frames are wrapped."""
    assert pauses_of(hosts(pace=0.5).answer(request(WRAPPED, enclosed())))[0] == Pause(0.5)


def test_keys_can_have_windows_too() -> None:
    """They are known by themselves."""
    playing = hosts()
    playing.limit("sk-1", Window(1, 60))
    gemini = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"
    body = {"contents": [{"parts": [{"text": "hello"}]}]}
    key = {"authorization": "", "x-goog-api-key": "sk-1"}

    assert [playing.answer(request(gemini, body, key)).status for _ in range(2)] == [200, 429]
