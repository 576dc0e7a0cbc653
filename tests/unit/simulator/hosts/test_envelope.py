"""The wrapper around Gemini's answers."""

from cliproxy.simulator.answer import Answer, Pause
from cliproxy.simulator.hosts.envelope import sealed, without_ids
from tests.unit.simulator.asking import body_of, json_of

SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}


def test_what_is_around_a_response_stays() -> None:
    """Line ends of events, joints of an array, pauses; the trace is the response's own."""
    pieces = (b'data: {"responseId":"r"}\r\n\r\n', Pause(1.0), b"\n]\n")

    assert sealed(Answer(200, SSE, pieces)).pieces == (
        b'data: {"response":{"responseId":"r"},"traceId":"r"}\r\n\r\n',
        Pause(1.0),
        b"\n]\n",
    )


def test_refusals_are_not_wrapped() -> None:
    """Neither with a status of their own nor inside a stream; nor is what is no answer of the speakers."""
    inside = b'data: {"error":{"code":503}}\r\n\r\n'

    assert body_of(sealed(Answer(429, JSON, (b'{"error":{}}',)))) == b'{"error":{}}'
    assert body_of(sealed(Answer(200, SSE, (inside,)))) == inside
    assert body_of(sealed(Answer(200, {"content-type": "text/html"}, (b"<p>{}</p>",)))) == b"<p>{}</p>"


def test_a_response_can_be_changed_before() -> None:
    """As where the ids of calls are left out."""
    response = b'{"candidates":[{"content":{"parts":[{"functionCall":{"id":"1","name":"f"}},{"text":"x"}]}}]}'
    [candidate] = json_of(sealed(Answer(200, JSON, (response,)), without_ids))["response"]["candidates"]

    assert candidate["content"]["parts"] == [{"functionCall": {"name": "f"}}, {"text": "x"}]
