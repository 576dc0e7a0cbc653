"""Requests, read at their top level."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.conversation.request import Conversation, OutputKind, Sampling, Text
from cliproxy.dialects.anthropic_messages import DIALECT
from cliproxy.errors import RequestError
from tests.unit.dialects.anthropic_messages.home import CODEC, abroad, decoded, encoded, saying, written_at_home

SCHEMA = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("fields", "losses"),
    [
        ({"context_management": {"edits": []}}, ["context_management"]),
        ({"container": "c", "inference_geo": "eu"}, ["container", "inference_geo"]),
        ({"later": 1}, ["later"]),
        ({"metadata": {"user_id": "u", "later": 1}}, ["metadata.later"]),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA, "later": 1}}},
            ["output_config.format.later"],
        ),
        ({"output_config": {"format": {"type": "grammar"}}}, ["output_config.format"]),
        ({"service_tier": "auto"}, []),
        ({"speed": "fast"}, []),
    ],
)
def test_what_only_this_vendor_has_is_kept_at_home_and_told_elsewhere(
    fields: dict[str, Any], losses: list[str]
) -> None:
    written = written_at_home(**fields)

    assert {name: written[name] for name in fields} == fields
    assert encoded(abroad(decoded(**fields)))[1] == losses


@pytest.mark.parametrize("fields", [{"speed": "standard"}, {"betas": []}, {"mcp_servers": []}, {"container": None}])
def test_what_goes_without_saying_is_not_kept(fields: dict[str, Any]) -> None:
    assert decoded(**fields).extras == {}


def test_a_wish_for_speed_is_a_tier() -> None:
    assert decoded(speed="fast").service_tier == "priority"
    assert encoded(saying(Text("x"), service_tier="priority"))[0]["speed"] == "fast"


def test_a_block_among_the_instructions_that_is_no_text_is_told() -> None:
    system = [{"type": "text", "text": "Be brief."}, {"type": "image", "source": {"type": "url", "url": "https://x"}}]

    assert written_at_home(system=system)["system"] == system
    assert encoded(abroad(decoded(system=system)))[1] == ["system[1]"]


def test_the_older_place_of_a_schema_is_read() -> None:
    output = decoded(output_format={"type": "json_schema", "schema": SCHEMA}).output

    assert output is not None
    assert output.kind is OutputKind.JSON_SCHEMA


@pytest.mark.parametrize(
    "body",
    [b"[]", b'{"messages":7}', b'{"messages":[{}]}', b'{"messages":["x"]}', b'{"tools":[7]}', b'{"thinking":7}'],
)
def test_what_cannot_be_read_is_the_client_s_fault(body: bytes) -> None:
    with pytest.raises(RequestError):
        CODEC.decode_request(body)


def test_the_head_is_read_without_the_rest() -> None:
    head = DIALECT.read_head(b'{"model":"m","stream":true,"metadata":{"user_id":"u"},"messages":[]}', {})

    assert (head.model, head.stream, head.session) == ("m", True, "u")


def test_wishes_that_the_api_has_no_word_for_are_told() -> None:
    conversation = saying(
        Text("x"),
        sampling=Sampling(seed=7, candidates=2, logprobs=True, top_logprobs=3, frequency_penalty=1.0),
        metadata={"a": "b"},
        cache_key="k",
        verbosity="low",
        store=True,
        modalities=("text", "audio"),
        service_tier="flex",
    )

    assert set(encoded(conversation)[1]) == {
        "seed",
        "candidates",
        "logprobs",
        "top_logprobs",
        "frequency_penalty",
        "metadata",
        "cache_key",
        "verbosity",
        "store",
        "modalities",
        "service_tier",
    }


def test_wishes_for_what_is_done_anyway_are_no_loss() -> None:
    sampling = Sampling(candidates=1, logprobs=False, top_p=1.0, temperature=1.0)

    assert (
        encoded(saying(Text("x"), sampling=sampling, store=False, modalities=("text",), service_tier="auto"))[1] == []
    )


def test_an_empty_request_says_nothing() -> None:
    assert CODEC.decode_request(b"{}") == Conversation("anthropic_messages", "")
