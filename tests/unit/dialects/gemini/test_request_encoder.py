"""Requests of other dialects, and of this one, as generateContent requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import Conversation, Effort, Level, Speech
from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.gemini import DIALECT as GEMINI
from cliproxy.dialects.gemini.request import decode_request
from cliproxy.dialects.gemini.request_encoder import encode_request
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from cliproxy.errors import RequestError
from tests.unit.dialects.translating import requested

Body = dict[str, Any]
HI = {"messages": [{"role": "user", "content": "hi"}]}
BUDGETS = ModelInfo("m", thinking=Thinking(128, 20_000, dynamic_allowed=True), known=True)
LEVELS = ModelInfo("m", thinking=Thinking(levels=("low", "high")), known=True)


def from_chat(body: Body) -> tuple[Body, list[str]]:
    return requested(CHAT, GEMINI, HI | body)


def thinking(effort: Effort, model: ModelInfo, origin: str = "openai_chat") -> Body | None:
    encoded = encode_request(Conversation(origin, "m", effort=effort), model, False)
    config = json.loads(encoded.body).get("generationConfig", {})
    found: Body | None = config.get("thinkingConfig")
    return found


def test_sampling_goes_over() -> None:
    body, losses = from_chat(
        {"max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "seed": 7, "n": 2, "stop": ["a"], "logprobs": True,
         "top_logprobs": 3, "presence_penalty": 0.1, "frequency_penalty": 0.2}
    )  # fmt: skip

    assert losses == []
    assert body["generationConfig"] == {
        "maxOutputTokens": 9, "temperature": 0.5, "topP": 0.9, "seed": 7, "candidateCount": 2, "stopSequences": ["a"],
        "responseLogprobs": True, "logprobs": 3, "presencePenalty": 0.1, "frequencyPenalty": 0.2,
    }  # fmt: skip


def test_what_changes_nothing_is_neither_written_nor_lost() -> None:
    body, losses = from_chat({"n": 1, "logprobs": False, "service_tier": "auto", "store": False})

    assert (losses, "generationConfig" in body) == ([], False)


def test_only_five_stop_sequences_are_taken() -> None:
    messages = {"messages": HI["messages"], "max_tokens": 9, "stop_sequences": list("abcdef")}
    body, losses = requested(MESSAGES, GEMINI, messages)

    assert body["generationConfig"]["stopSequences"] == list("abcde")
    assert losses == ["stop: more than five"]


def test_what_google_has_no_word_for_is_told() -> None:
    _, losses = from_chat({"user": "u", "metadata": {"a": "b"}, "store": True, "prompt_cache_key": "k"})

    assert sorted(losses) == ["cache_key", "metadata", "store", "user"]


@pytest.mark.parametrize(("tier", "written"), [("flex", "flex"), ("priority", "priority"), ("default", "standard")])
def test_tiers_that_google_has(tier: str, written: str) -> None:
    assert from_chat({"service_tier": tier})[0]["serviceTier"] == written


def test_the_shape_of_a_reply() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    shaped, _ = from_chat({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}})
    free, _ = from_chat({"response_format": {"type": "json_object"}})

    assert shaped["generationConfig"] == {"responseMimeType": "application/json", "responseJsonSchema": schema}
    assert free["generationConfig"] == {"responseMimeType": "application/json"}


@pytest.mark.parametrize(
    ("speech", "written"),
    [
        (Speech("Kore", "wav"), {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}),
        (Speech(format="wav"), None),
    ],
)
def test_a_voice_has_a_name(speech: Speech, written: Body | None) -> None:
    """In which format it speaks is not ours to say."""
    said = Conversation("openai_chat", "m", modalities=("text", "audio"), speech=speech)
    encoded = encode_request(said, ModelInfo("m"), False)
    config = json.loads(encoded.body)["generationConfig"]

    assert (config["responseModalities"], config.get("speechConfig")) == (["TEXT", "AUDIO"], written)
    assert [loss.field for loss in encoded.losses] == ["speech: format"]


def test_instructions_have_one_place() -> None:
    """Also those that stood further down."""
    body, _ = from_chat(
        {"messages": [{"role": "system", "content": "A"}, {"role": "user", "content": "hi"},
                      {"role": "developer", "content": "B"}]}
    )  # fmt: skip

    assert body["systemInstruction"] == {"parts": [{"text": "A"}, {"text": "B"}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "hi"}]}]


def test_instructions_alone_are_said_by_the_user() -> None:
    """The API refuses a request without contents."""
    body, _ = from_chat({"messages": [{"role": "system", "content": "Say hi."}]})

    assert body == {"contents": [{"role": "user", "parts": [{"text": "Say hi."}]}]}


@pytest.mark.parametrize(
    ("effort", "model", "written"),
    [
        (Effort(Level.HIGH), BUDGETS, {"thinkingBudget": 20_000, "includeThoughts": True}),
        (Effort(Level.NONE), BUDGETS, {"thinkingBudget": 128, "includeThoughts": False}),
        (Effort(Level.AUTO), BUDGETS, {"thinkingBudget": -1, "includeThoughts": True}),
        (Effort(), BUDGETS, {"thinkingBudget": 20_000, "includeThoughts": True}),
        (Effort(Level.XHIGH), LEVELS, {"thinkingLevel": "high", "includeThoughts": True}),
        (Effort(budget=1), LEVELS, {"thinkingLevel": "low", "includeThoughts": True}),
        (Effort(), LEVELS, {"thinkingLevel": "high", "includeThoughts": True}),
        (Effort(Level.MEDIUM, visible=False), ModelInfo("m"), {"thinkingBudget": 8192, "includeThoughts": False}),
        (Effort(Level.HIGH), ModelInfo("m", known=True), None),
    ],
)
def test_an_effort_is_said_in_the_models_words(effort: Effort, model: ModelInfo, written: Body | None) -> None:
    """A model that nobody knows gets a budget, which old and new ones take."""
    assert thinking(effort, model) == written


def test_at_home_an_effort_is_checked_and_not_changed() -> None:
    assert thinking(Effort(Level.MINIMAL), ModelInfo("m"), "gemini") == {
        "thinkingLevel": "minimal",
        "includeThoughts": True,
    }
    assert thinking(Effort(visible=True), BUDGETS, "gemini") == {"includeThoughts": True}
    with pytest.raises(RequestError, match="out of range"):
        thinking(Effort(budget=64_000), BUDGETS, "gemini")


def test_at_home_everything_is_written_back() -> None:
    said = {
        "systemInstruction": {"parts": [{"text": "A"}]},
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "generationConfig": {
            "candidateCount": 1, "responseLogprobs": False, "stopSequences": list("abcdef"),
            "responseModalities": ["TEXT"], "mediaResolution": "MEDIA_RESOLUTION_LOW", "audioTimestamp": True,
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
            "imageConfig": {"aspectRatio": "1:1"},
            "thinkingConfig": {"thinkingBudget": 5, "includeThoughts": False, "depth": 1},
        },
        "safetySettings": [{"category": "X", "threshold": "OFF"}],
        "labels": {"team": "a"}, "serviceTier": "standard", "store": True, "cachedContent": "c", "frobnicate": 1,
    }  # fmt: skip
    encoded = encode_request(decode_request(json.dumps(said).encode()), ModelInfo("m"), False)

    assert encoded.losses == ()
    assert json.loads(encoded.body) == said


def test_abroad_what_only_gemini_knows_is_lost() -> None:
    body = {
        "contents": [{"role": "user", "parts": [{"text": "hi", "tint": 1}]}],
        "safetySettings": [],
        "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"},
    }
    conversation = decode_request(json.dumps(body).encode())
    assert CHAT.codec is not None
    losses = [loss.field for loss in CHAT.codec.encode_request(conversation, ModelInfo("m"), False).losses]

    assert sorted(losses) == ["generationConfig.mediaResolution", "messages[0].content.tint", "safetySettings"]
