"""`generationConfig`, and efforts as a `thinkingConfig`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.request import Effort, Level, OutputKind, Picture, Speech
from cliproxy.dialects.gemini.generation import Generation, decode_generation, thinking_config
from cliproxy.dialects.gemini.schema import GenerationConfig
from cliproxy.dialects.gemini.spelling import Reader
from cliproxy.errors import RequestError

READ = Reader(GenerationConfig).read


def said(**config: Any) -> Generation:
    return decode_generation(READ(json.dumps(config).encode()))


def test_sampling_is_read() -> None:
    sampling = said(
        temperature=0.5, topP=0.9, topK=40.0, candidateCount=2, maxOutputTokens=100, stopSequences=["a"], seed=7,
        presencePenalty=0.1, frequencyPenalty=0.2, responseLogprobs=True, logprobs=3,
    ).sampling  # fmt: skip

    assert (sampling.temperature, sampling.top_p, sampling.top_k, sampling.seed) == (0.5, 0.9, 40, 7)
    assert (sampling.max_tokens, sampling.stop, sampling.candidates) == (100, ("a",), 2)
    assert (sampling.presence_penalty, sampling.frequency_penalty) == (0.1, 0.2)
    assert (sampling.logprobs, sampling.top_logprobs) == (True, 3)


@pytest.mark.parametrize(
    ("config", "effort"),
    [
        ({"thinkingBudget": 0}, Effort(Level.NONE)),
        ({"thinkingBudget": -1, "includeThoughts": True}, Effort(Level.AUTO, visible=True)),
        ({"thinkingBudget": 2048}, Effort(budget=2048)),
        ({"thinkingLevel": "HIGH", "thinkingBudget": 5}, Effort(Level.HIGH)),
        ({"thinkingLevel": "minimal"}, Effort(Level.MINIMAL)),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, None),
        ({"includeThoughts": True}, Effort(visible=True)),
        ({}, None),
    ],
)
def test_how_hard_to_reason(config: dict[str, Any], effort: Effort | None) -> None:
    """A level counts more than a budget; showing thoughts is a wish of its own."""
    assert said(thinkingConfig=config).effort == effort


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(RequestError, match="thinkingLevel is 'extreme'"):
        said(thinkingConfig={"thinkingLevel": "extreme"})


@pytest.mark.parametrize(
    ("effort", "config"),
    [
        (Effort(Level.HIGH), {"thinkingLevel": "high", "includeThoughts": True}),
        (Effort(Level.HIGH, visible=False), {"thinkingLevel": "high", "includeThoughts": False}),
        (Effort(Level.AUTO), {"thinkingBudget": -1, "includeThoughts": True}),
        (Effort(Level.NONE, visible=True), {"thinkingBudget": 0, "includeThoughts": False}),
        (Effort(budget=512), {"thinkingBudget": 512, "includeThoughts": True}),
        (Effort(visible=True), {"includeThoughts": True}),
        (Effort(), None),
    ],
)
def test_an_effort_is_a_level_or_a_budget(effort: Effort, config: dict[str, Any] | None) -> None:
    """Both at once are refused; thoughts are shown unless the client said otherwise, or there are none."""
    assert thinking_config(effort) == config


def test_a_schema_in_googles_words_is_lowered() -> None:
    """Types in capitals mean nothing to other vendors."""
    output = said(
        responseMimeType="application/json",
        responseSchema={"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}},
    ).output

    assert output is not None
    assert output.schema is not None
    assert output.kind is OutputKind.JSON_SCHEMA
    assert json.loads(bytes(output.schema))["properties"]["a"]["type"] == ["string", "null"]


def test_json_without_a_schema_is_a_mode() -> None:
    output = said(responseMimeType="application/json").output

    assert output is not None
    assert output.kind is OutputKind.JSON
    assert said(responseMimeType="text/plain").output is None


def test_a_choice_of_words_stays_as_it_came() -> None:
    """No other dialect has it."""
    generation = said(responseMimeType="text/x.enum", responseSchema={"type": "STRING", "enum": ["a", "b"]})

    assert generation.output is None
    assert sorted(generation.extras) == ["generationConfig.responseMimeType", "generationConfig.responseSchema"]


def test_what_is_drawn_and_spoken() -> None:
    generation = said(
        responseModalities=["TEXT", 2, "AUDIO"],
        imageConfig={"aspectRatio": "16:9", "imageSize": "2K"},
        speechConfig={"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
    )

    assert generation.modalities == ("text", "image", "audio")
    assert generation.picture == Picture("16:9", "2K")
    assert generation.speech == Speech("Kore")


def test_two_speakers_stay_as_they_came() -> None:
    generation = said(speechConfig={"multiSpeakerVoiceConfig": {"speakerVoiceConfigs": []}})

    assert generation.speech is None
    assert list(generation.extras) == ["generationConfig.speechConfig"]
