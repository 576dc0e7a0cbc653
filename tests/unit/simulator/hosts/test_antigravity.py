"""Antigravity, as the simulator plays it."""

import pytest

from cliproxy.simulator import Answer, Match, Refuse, Rule, Script, Window
from cliproxy.simulator.hosts import NO_CAPACITY
from tests.unit.simulator.asking import CITY, Json, events_of, json_of
from tests.unit.simulator.hosts.visiting import hosts, refusal_of, request, visit, without

DAILY = "https://daily-cloudcode-pa.googleapis.com"
SANDBOX = "https://daily-cloudcode-pa.sandbox.googleapis.com"
GEMINI, CLAUDE = "gemini-2.5-flash", "claude-sonnet-4-5"
HELLO: Json = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}], "sessionId": "-1"}
VALIDATED: Json = {"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}}


def enclosed(inner: Json = HELLO, model: str = GEMINI, **more: object) -> Json:
    outer = {"userAgent": "a", "requestType": "agent", "requestId": "agent-1"}
    return {"model": model, "project": "project-1", **outer, "request": inner, **more}


def calling(field: str = "parameters", **schema: object) -> Json:
    words = {"role": "user", "parts": [{"text": 'call weather {"city": "Paris"}'}]}
    tool = {"name": "weather", field: {**CITY, **schema}}
    return {"contents": [words], "tools": [{"functionDeclarations": [tool]}], **VALIDATED}


def asked(body: Json, host: str = DAILY, action: str = "generateContent") -> Answer:
    return visit(f"{host}/v1internal:{action}", body)


@pytest.mark.parametrize("host", [DAILY, SANDBOX])
def test_both_hosts_answer_in_the_envelope(host: str) -> None:
    """Whole, in a stream, and when tokens are counted."""
    events = [data for _, data in events_of(asked(enclosed(), host, "streamGenerateContent?alt=sse"))]

    assert json_of(asked(enclosed(), host))["response"]["candidates"][0]["finishReason"] == "STOP"
    assert events[-1]["response"]["candidates"][0]["finishReason"] == "STOP"
    assert json_of(asked({"request": without(HELLO, "sessionId")}, host, "countTokens"))["totalTokens"] == 1


def test_only_claudes_calls_have_ids() -> None:
    """In an answer with a call."""
    calls = {}
    for model in (GEMINI, CLAUDE):
        [part] = json_of(asked(enclosed(calling(), model)))["response"]["candidates"][0]["content"]["parts"]
        calls[model] = part["functionCall"]

    assert "id" not in calls[GEMINI]
    assert calls[CLAUDE]["id"].startswith("toolu_vrtx_")


@pytest.mark.parametrize("field", ["model", "project", "userAgent", "requestType", "requestId", "request"])
def test_each_field_of_the_envelope_must_be_there(field: str) -> None:
    """All six of them."""
    assert refusal_of(asked(without(enclosed(), field)))[0] == 400


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (enclosed(project="made-up-name"), 403, "made-up-name"),
        (enclosed(requestType="image_gen"), 400, "request_type"),
        (enclosed(model="gemini-3-pro-image"), 400, "request_type"),
        (enclosed(toolConfig={}), 400, "toolConfig"),
        (enclosed({**HELLO, "safetySettings": []}), 400, "safetySettings"),
        (enclosed({**HELLO, "generationConfig": {"maxOutputTokens": 5}}), 400, "maxOutputTokens"),
        (enclosed({**HELLO, "generationConfig": {"responseJsonSchema": CITY}}), 400, "responseJsonSchema"),
        (enclosed({**HELLO, "systemInstruction": {"role": "system", "parts": [{"text": "x"}]}}), 400, "role"),
        (enclosed(calling("parametersJsonSchema")), 400, "parametersJsonSchema"),
        (enclosed(calling(deprecated=True)), 400, "deprecated"),
        (enclosed(calling(required=[], properties={}), "gemini-3-pro-high"), 400, "must have properties"),
        (enclosed(model="missing"), 404, "not found"),
    ],
)
def test_what_is_wrong_is_refused(body: Json, status: int, words: str) -> None:
    """Also what Gemini CLI's envelope would let pass."""
    found, said = refusal_of(asked(body))

    assert (found, words in said) == (status, True), said


def test_pictures_are_asked_for_under_their_own_type() -> None:
    """With the word in the model's name."""
    assert asked(enclosed(without(HELLO, "sessionId"), "gemini-3-pro-image", requestType="image_gen")).status == 200


def test_one_host_can_be_out_of_service() -> None:
    """The other stands in for it."""
    out = Script(
        Rule(Match(host="daily-cloudcode-pa.googleapis.com"), Refuse(429)),
        Rule(Match(host="daily-cloudcode-pa.googleapis.com"), NO_CAPACITY),
    )
    playing = hosts(out)
    urls = [f"{host}/v1internal:generateContent" for host in (DAILY, SANDBOX, DAILY, DAILY)]
    answers = [playing.answer(request(url, enclosed())) for url in urls]

    assert [answer.status for answer in answers] == [429, 200, 503, 200]
    assert "No capacity available" in refusal_of(answers[2])[1]


def test_a_spent_account_hears_until_when() -> None:
    """In the details of the refusal."""
    playing = hosts()
    playing.limit("antigravity/ann@example.com", Window(0, 7200))
    error = json_of(playing.answer(request(f"{DAILY}/v1internal:generateContent", enclosed())))["error"]

    assert (error["code"], error["details"][0]["reason"]) == (429, "QUOTA_EXHAUSTED")
    assert error["details"][0]["metadata"]["quotaResetDelay"] == "2h0m0s"
