"""
What a client of each dialect can say, beside words, tools and calls: the generators say nothing else in its name.

Source: `reference` sheet `translation`, section 3 (read 2026-11-21).
"""

from __future__ import annotations

from typing import NamedTuple

from cliproxy.conversation.request import (
    FileId,
    Inline,
    Link,
    Media,
    MediaKind,
    OutputKind,
)

_PNG = Inline("iVBORw0KGgo=")
_PDF = Inline("JVBERi0xLjQ=")
_PICTURE = Media(MediaKind.IMAGE, _PNG, "image/png")
_LINKED_PICTURE = Media(MediaKind.IMAGE, Link("https://example.com/a.png"))


class Ability(NamedTuple):
    """What one dialect has words for."""

    media: tuple[Media, ...] = ()  # samples
    shown: tuple[Media, ...] = ()  # those that a tool's result may hold
    has_tools: bool = True
    strict: tuple[bool | None, ...] = (None,)
    free_text: bool = False
    marks: bool = False  # cache marks
    errors: bool = False  # whether a result can say that it is one
    proofs: bool = True  # whether thoughts come back signed
    one_at_a_time: bool = True  # whether calls side by side can be forbidden
    sampling: tuple[str, ...] = ("max_tokens", "temperature", "top_p")
    outputs: tuple[OutputKind, ...] = ()
    named_output: bool = False
    effort: bool = True
    shows_thoughts: bool | None = None  # what an effort says of that, where it always does
    notes: tuple[str, ...] = ()  # fields of the frame that are words: `user`, `cache_key` ...
    tiers: tuple[str, ...] = ()
    metadata: bool = False


_CHAT = Ability(
    media=(
        _PICTURE,
        _LINKED_PICTURE,
        Media(MediaKind.IMAGE, _PNG, "image/png", detail="low"),
        Media(MediaKind.AUDIO, Inline("UklGRg=="), "audio/wav"),
        Media(MediaKind.DOCUMENT, _PDF, "application/pdf", name="a.pdf"),
    ),
    shown=(_PICTURE,),
    strict=(None, True, False),
    free_text=True,
    marks=True,
    sampling=(
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "frequency_penalty",
        "presence_penalty",
        "seed",
        "candidates",
        "logprobs",
    ),
    outputs=(OutputKind.JSON, OutputKind.JSON_SCHEMA),
    named_output=True,
    notes=("user", "cache_key", "verbosity"),
    tiers=("auto", "default", "flex", "priority"),
    metadata=True,
)
_RESPONSES = Ability(
    media=(
        _PICTURE,
        _LINKED_PICTURE,
        Media(MediaKind.IMAGE, _PNG, "image/png", detail="low"),
        Media(MediaKind.IMAGE, FileId("openai", "file-1")),
        Media(MediaKind.DOCUMENT, _PDF, "application/pdf", name="a.pdf"),
    ),
    shown=(_PICTURE,),
    strict=(None, True, False),
    free_text=True,
    outputs=(OutputKind.JSON, OutputKind.JSON_SCHEMA),
    named_output=True,
    notes=("user", "cache_key", "verbosity"),
    tiers=("auto", "default", "flex", "priority"),
    metadata=True,
)
_MESSAGES = Ability(
    media=(
        _PICTURE,
        _LINKED_PICTURE,
        Media(MediaKind.IMAGE, FileId("anthropic", "file_1")),
        Media(MediaKind.DOCUMENT, _PDF, "application/pdf", name="a"),
    ),
    shown=(_PICTURE,),
    strict=(None, True, False),
    marks=True,
    errors=True,
    sampling=("max_tokens", "temperature", "top_p", "top_k", "stop"),
    outputs=(OutputKind.JSON_SCHEMA,),
    notes=("user",),
    tiers=("auto", "standard_only"),
)
_GEMINI = Ability(
    media=(
        _PICTURE,
        Media(MediaKind.AUDIO, Inline("UklGRg=="), "audio/wav"),
        Media(MediaKind.VIDEO, Link("https://example.com/a.mp4"), "video/mp4"),
        Media(MediaKind.DOCUMENT, _PDF, "application/pdf"),
    ),
    shown=(_PICTURE,),
    errors=True,
    one_at_a_time=False,
    sampling=(
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "frequency_penalty",
        "presence_penalty",
        "seed",
        "candidates",
        "logprobs",
    ),
    outputs=(OutputKind.JSON, OutputKind.JSON_SCHEMA),
    shows_thoughts=True,
)
_COMPLETIONS = Ability(
    has_tools=False,
    proofs=False,
    sampling=("max_tokens", "temperature", "top_p", "stop", "frequency_penalty", "presence_penalty", "seed"),
    effort=False,
    notes=("user",),
)
ABILITIES = {
    "openai_chat": _CHAT,
    "openai_responses": _RESPONSES,
    "anthropic_messages": _MESSAGES,
    "gemini": _GEMINI,
    "openai_completions": _COMPLETIONS,
}
