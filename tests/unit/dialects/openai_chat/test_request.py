"""What frames a Chat Completions request, read."""

from __future__ import annotations

import json

import msgspec
import pytest

from cliproxy.conversation.request import Conversation, OutputKind, Picture, Sampling, Speech
from cliproxy.dialects.openai_chat.request import decode_request, read_head
from cliproxy.errors import RequestError


def decoded(**fields: object) -> Conversation:
    return decode_request(json.dumps({"model": "m", "messages": []} | fields).encode())


def test_a_head_is_read_without_the_rest() -> None:
    head = read_head(b'{"model":"m","stream":true,"stream_options":{"include_usage":true,"x":1},"user":"u","y":{}}', {})

    assert (head.model, head.stream, head.include_usage, head.session) == ("m", True, True, "u")


def test_usage_in_a_stream_is_for_those_who_ask() -> None:
    assert read_head(b'{"model":"m","stream":true}', {}).include_usage is False


def test_sampling_is_read() -> None:
    said = decoded(n=2, logprobs=True, top_logprobs=3, stop="a", seed=1, max_completion_tokens=5, temperature=0.5)

    assert said.sampling == Sampling(
        max_tokens=5, temperature=0.5, stop=("a",), seed=1, candidates=2, logprobs=True, top_logprobs=3
    )


def test_logprobs_told_as_a_number_are_that_many() -> None:
    """As in legacy completions: some servers kept it."""
    assert (decoded(logprobs=2).sampling.logprobs, decoded(logprobs=2).sampling.top_logprobs) == (True, 2)


def test_of_two_limits_the_older_counts() -> None:
    assert decoded(max_tokens=1, max_completion_tokens=2).sampling.max_tokens == 1


def test_what_the_request_tells_of_itself_is_read() -> None:
    said = decoded(
        metadata={"a": "b"}, service_tier="flex", prompt_cache_key="k", verbosity="low", store=False, user="u"
    )

    assert (said.metadata, said.service_tier, said.cache_key) == ({"a": "b"}, "flex", "k")
    assert (said.verbosity, said.store, said.user, said.extras) == ("low", False, "u", {})


def test_metadata_that_is_no_map_of_words_is_kept_as_it_came() -> None:
    said = decoded(metadata={"a": 1})

    assert said.metadata == {}
    assert list(said.extras) == ["metadata"]


@pytest.mark.parametrize(
    ("fields", "user", "extras"),
    [
        ({"safety_identifier": "s"}, "s", []),
        ({"user": "u", "safety_identifier": "u"}, "u", []),
        ({"user": "u", "safety_identifier": "s"}, "u", ["safety_identifier"]),
    ],
)
def test_the_end_user_has_two_names(fields: dict[str, object], user: str, extras: list[str]) -> None:
    said = decoded(**fields)

    assert (said.user, list(said.extras)) == (user, extras)


def test_what_the_reply_is_to_be_beside_words_is_read() -> None:
    said = decoded(
        modalities=["text", "audio"],
        audio={"voice": "ash", "format": "mp3"},
        image_config={"aspect_ratio": "16:9", "image_size": "2K", "x": 1},
        prediction={"type": "content", "content": "x"},
    )

    assert (said.modalities, said.speech, said.picture) == (
        ("text", "audio"),
        Speech("ash", "mp3"),
        Picture("16:9", "2K"),
    )
    assert sorted(said.extras) == ["image_config.x", "prediction"]


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, OutputKind.JSON),
        ({"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}, OutputKind.JSON_SCHEMA),
        ({"type": "json_object", "schema": {"type": "object"}}, OutputKind.JSON_SCHEMA),
    ],
)
def test_the_form_of_the_reply_is_read(wanted: object, kind: OutputKind | None) -> None:
    output = decoded(response_format=wanted).output

    assert (output.kind if output else None) == kind


def test_a_form_that_nobody_else_has_is_kept() -> None:
    said = decoded(response_format={"type": "grammar", "grammar": "root ::= x"})

    assert said.output is None
    assert {name: msgspec.json.decode(value) for name, value in said.extras.items()} == {
        "response_format.grammar": "root ::= x",
        "response_format.type": "grammar",
    }


def test_fields_that_wish_nothing_are_no_loss() -> None:
    assert decoded(logit_bias={}, prediction=None).extras == {}


@pytest.mark.parametrize("body", [b"[]", b'{"messages":{}}', b'{"stop":1}', b'{"messages":[{"content":"x"}]}'])
def test_a_body_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError):
        decode_request(body)
