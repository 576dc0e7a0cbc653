"""Legacy Completions requests, read."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.request import Conversation, Message, Role, Sampling, Text
from cliproxy.dialects.base import Edits
from cliproxy.dialects.openai_completions.request import decode_request, edit_request, read_head
from cliproxy.errors import RequestError
from cliproxy.wire.frames import Framing


def decoded(**fields: object) -> Conversation:
    return decode_request(json.dumps({"model": "m"} | fields).encode())


def test_a_head_is_read_without_the_rest() -> None:
    body = b'{"model":"m","prompt":["a","b"],"stream":true,"stream_options":{"include_usage":true},"user":"u"}'
    head = read_head(body, {})

    assert (head.model, head.stream, head.framing) == ("m", True, Framing.EVENT_STREAM)
    assert (head.session, head.include_usage) == ("u", True)


@pytest.mark.parametrize("prompt", ["go on", ["go on"]])
def test_the_prompt_is_what_a_user_says(prompt: object) -> None:
    assert decoded(prompt=prompt).messages == (Message(Role.USER, (Text("go on"),)),)


@pytest.mark.parametrize("prompt", ["", None, [], [""]])
def test_no_prompt_is_a_word_to_go_on(prompt: object) -> None:
    """Chat models answer nothing to nothing."""
    assert decoded(prompt=prompt).messages == (Message(Role.USER, (Text("Complete this:"),)),)


@pytest.mark.parametrize(
    ("prompt", "told"),
    [(["a", "b"], "2 texts"), ([1, 2], "tokens"), ([[1], [2]], "tokens"), ({"a": 1}, "tokens")],
)
def test_what_is_no_single_text_is_refused(prompt: object, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        decoded(prompt=prompt)


def test_sampling_is_read() -> None:
    said = decoded(
        prompt="x", max_tokens=5, n=2, stop="a", logprobs=3, frequency_penalty=0, seed=1, top_p=0.5, best_of=2
    )

    assert said.sampling == Sampling(
        max_tokens=5, top_p=0.5, stop=("a",), seed=1, candidates=2, logprobs=True, top_logprobs=3
    )
    assert said.extras == {}


def test_what_nobody_else_has_is_kept_and_what_is_no_wish_is_not() -> None:
    said = decoded(prompt="x", suffix="", logit_bias={}, best_of=3, echo=True, unheard=1)

    assert sorted(said.extras) == ["best_of", "unheard"]
    assert sorted(decoded(prompt="x", suffix="end").extras) == ["suffix"]


def test_no_likeliest_tokens_are_none() -> None:
    assert decoded(prompt="x", logprobs=0).sampling == Sampling(logprobs=True, top_logprobs=0)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"max_tokens":"x"}', b'{"prompt":"\xff"}'])
def test_a_body_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError):
        decode_request(body)


def test_a_relayed_request_keeps_what_it_says() -> None:
    body = b'{"model":"a","prompt":[1,2],"stream":true,"stream_options":{"include_usage":true}}'

    assert edit_request(body, Edits(model="b")) == body.replace(b'"a"', b'"b"')
    assert json.loads(edit_request(body, Edits(stream=False))) == {"model": "a", "prompt": [1, 2], "stream": False}
