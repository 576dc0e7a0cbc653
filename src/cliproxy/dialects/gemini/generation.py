"""
`generationConfig` -> how the reply is wanted.

Source: `reference` sheets `dialects/gemini` section 2, `translation` sections 3.1 and 6.3 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.request import Effort, Extras, Level, OutputKind, OutputShape, Picture, Sampling, Speech
from cliproxy.dialects.base import given
from cliproxy.dialects.gemini import schema
from cliproxy.dialects.gemini.schemas import lowered
from cliproxy.dialects.gemini.spelling import Reader
from cliproxy.errors import RequestError

WHERE = "generationConfig"
JSON = "application/json"
MODALITIES = {1: "text", 2: "image", 3: "audio"}  # as integers, from clients that send enums so

_NOTHING_ASKED = ("", "text/plain")
_UNSPECIFIED = ("THINKING_LEVEL_UNSPECIFIED", "")
_LEVELS = {1: Level.LOW, 2: Level.HIGH, 3: Level.MEDIUM, 4: Level.MINIMAL}

_read_speech = Reader(schema.SpeechConfig).read


class Generation(Struct):
    """What a `generationConfig` says."""

    sampling: Sampling
    effort: Effort | None
    output: OutputShape | None
    modalities: tuple[str, ...]
    speech: Speech | None
    picture: Picture | None
    extras: Extras  # by their path


def decode_generation(config: schema.GenerationConfig) -> Generation:
    """Return what the configuration asks for. Raises RequestError where a level is none."""
    extras = {f"{WHERE}.{name}": value for name, value in config.extras.items()}
    if given(config.media_resolution):
        extras[f"{WHERE}.mediaResolution"] = config.media_resolution.copy()
    return Generation(
        Sampling(
            max_tokens=config.max_output_tokens,
            temperature=config.temperature,
            top_p=config.top_p,
            top_k=None if config.top_k is None else int(config.top_k),
            stop=tuple(config.stop_sequences or ()),
            frequency_penalty=config.frequency_penalty,
            presence_penalty=config.presence_penalty,
            seed=config.seed,
            candidates=config.candidate_count,
            logprobs=config.response_logprobs,
            top_logprobs=config.logprobs,
        ),
        _effort(config.thinking_config, extras),
        _output(config, extras),
        tuple(_modality(one) for one in config.response_modalities or ()),
        _speech(config.speech_config, extras),
        _picture(config.image_config, extras),
        extras,
    )


def _effort(config: schema.ThinkingConfig | None, extras: Extras) -> Effort | None:
    """Return how hard to reason; a level counts more than a budget beside it."""
    if config is None:
        return None
    extras |= {f"{WHERE}.thinkingConfig.{name}": value for name, value in config.extras.items()}
    level, visible = _level(config.thinking_level), config.include_thoughts
    if level is not None:
        return Effort(level, visible=visible)
    match config.thinking_budget:
        case None:
            return None if visible is None else Effort(visible=visible)
        case 0:
            return Effort(Level.NONE, visible=visible)
        case budget if budget < 0:
            return Effort(Level.AUTO, visible=visible)
        case budget:
            return Effort(budget=budget, visible=visible)


def _level(word: str | int | None) -> Level | None:
    if word is None or isinstance(word, int):
        return _LEVELS.get(word or 0)
    if word.upper() in _UNSPECIFIED:
        return None
    try:
        return Level(word.lower())
    except ValueError:
        raise RequestError(
            f"thinkingConfig.thinkingLevel is {word!r}; it can be MINIMAL, LOW, MEDIUM, HIGH or XHIGH"
        ) from None


def _output(config: schema.GenerationConfig, extras: Extras) -> OutputShape | None:
    """Return the shape of the reply. A list of words to choose from has no counterpart elsewhere and stays."""
    mime_type = config.response_mime_type or ""
    if mime_type not in (*_NOTHING_ASKED, JSON):
        extras[f"{WHERE}.responseMimeType"] = Raw(msgspec.json.encode(mime_type))
        if given(config.response_schema):
            extras[f"{WHERE}.responseSchema"] = config.response_schema.copy()
        return None
    if given(config.response_json_schema):
        return OutputShape(OutputKind.JSON_SCHEMA, schema=config.response_json_schema.copy())
    if given(config.response_schema):
        return OutputShape(OutputKind.JSON_SCHEMA, schema=lowered(config.response_schema.copy()))
    return OutputShape(OutputKind.JSON) if mime_type == JSON else None


def _modality(said: str | int) -> str:
    return said.lower() if isinstance(said, str) else MODALITIES.get(said, str(said))


def _speech(raw: Raw, extras: Extras) -> Speech | None:
    """Return the voice; two speakers, or a language, stay as they came."""
    if not given(raw):
        return None
    try:
        voice = _read_speech(raw).voice_config
    except msgspec.ValidationError:
        voice = None
    if voice is None or voice.prebuilt_voice_config is None:
        extras[f"{WHERE}.speechConfig"] = raw.copy()
        return None
    return Speech(voice=voice.prebuilt_voice_config.voice_name or "")


def _picture(config: schema.ImageConfig | None, extras: Extras) -> Picture | None:
    if config is None:
        return None
    extras |= {f"{WHERE}.imageConfig.{name}": value for name, value in config.extras.items()}
    return Picture(config.aspect_ratio or "", config.image_size or "")


# Encoding


THINKING_FIELDS = ("includeThoughts", "thinkingBudget", "thinkingLevel")


def thinking_config(effort: Effort) -> dict[str, object] | None:
    """
    Return an effort, in words that the model takes, as a `thinkingConfig`; None where it says nothing.

    What the client said of showing thoughts counts; else they are shown, unless there are none.
    """
    shown = effort.visible is not False
    if effort.level is not None:
        if effort.level is Level.NONE:
            return {"thinkingBudget": 0, "includeThoughts": False}
        if effort.level is Level.AUTO:
            return {"thinkingBudget": -1, "includeThoughts": shown}
        return {"thinkingLevel": effort.level.value, "includeThoughts": shown}
    if effort.budget is not None:
        return {"thinkingBudget": effort.budget, "includeThoughts": shown and effort.budget != 0}
    return None if effort.visible is None else {"includeThoughts": effort.visible}
