"""The recordings that come with the simulator, and playing them."""

import json
from importlib.resources import files

import msgspec
import pytest

from cliproxy.simulator import Upstream, cases, forms, recorded
from cliproxy.simulator.recordings import DIALECTS, Form
from tests.unit.simulator.asking import body_of, request, saying

EVERY = [(dialect, case, form) for dialect in DIALECTS for case in cases(dialect) for form in forms(dialect, case)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_usual_cases_are_there(dialect: str) -> None:
    """Text, tools and reasoning in both forms; the rest in one at least."""
    for case in ("text", "tools", "reasoning"):
        assert {"whole", "stream"} <= set(forms(dialect, case))
    assert {"parallel-tools", "image", "structured-output", "error-400"} <= set(cases(dialect))


@pytest.mark.parametrize(("dialect", "case", "form"), EVERY)
def test_a_recording_says_where_it_comes_from(dialect: str, case: str, form: Form) -> None:
    """Licences allow passing it on, and it is small."""
    recording = recorded(dialect, case, form)

    assert recording.licence.startswith(("MIT", "Apache-2.0"))
    assert recording.source
    assert sum(len(piece) for piece in recording.response.pieces) < 60_000


@pytest.mark.parametrize(("dialect", "case", "form"), [at for at in EVERY if at[2] == "stream"])
def test_a_recorded_stream_comes_byte_for_byte(dialect: str, case: str, form: Form) -> None:
    """Frame by frame, with every comment, blank and line end."""
    ending = files("cliproxy.simulator") / "recordings" / dialect / f"{case}.{form}.json"
    on_disk = json.loads(ending.read_text())["response"]["stream"]
    answer = Upstream().answer(saying(dialect, "hello", case, stream=True))

    assert answer.status == 200
    assert list(answer.pieces) == [frame.encode() for frame in on_disk]


@pytest.mark.parametrize(("dialect", "case"), [(at[0], at[1]) for at in EVERY if at[2] == "whole"])
def test_a_recorded_reply_keeps_its_status_and_its_json(dialect: str, case: str) -> None:
    """Key order included; a body that is not JSON comes as it was."""
    response = recorded(dialect, case).response
    answer = Upstream().answer(saying(dialect, "hello", case))

    assert answer.status == response.status
    if response.text is not None:
        assert body_of(answer) == response.text.encode()
    else:
        assert body_of(answer) == msgspec.json.encode(response.body)


def test_a_recorded_array_comes_by_element() -> None:
    """Without `alt=sse`, a stream of Gemini's is one JSON array."""
    body = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
    answer = Upstream().answer(request("/v1beta/models/text:streamGenerateContent", body))

    assert len(list(answer.pieces)) == len(recorded("gemini", "text", "array").response.body) + 1
    assert msgspec.json.decode(body_of(answer)) == recorded("gemini", "text", "array").response.body


def test_a_form_that_was_not_recorded_is_refused() -> None:
    """The vendor's 400; nothing is made up. Errors are whole whatever was asked."""
    assert Upstream().answer(saying("openai_chat", "hello", "stream-error")).status == 400
    assert Upstream().answer(saying("openai_chat", "hello", "refusal", stream=True)).status == 400
    assert Upstream().answer(saying("openai_chat", "hello", "error-404", stream=True)).status == 404


def test_an_unknown_case_is_named() -> None:
    """The error lists what there is."""
    with pytest.raises(LookupError, match=r"no stream recording of 'nonsense' in gemini; there are .*text"):
        recorded("gemini", "nonsense", stream=True)
