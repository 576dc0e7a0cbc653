"""
generateContent requests: their heads, and -> conversations. Model and method stand in the path.

Source: `reference` sheets `dialects/gemini` sections 1 to 3, `translation` sections 3 and 6.3 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from cliproxy.conversation.beginning import USER, beginning
from cliproxy.conversation.request import Conversation, Extras, Message, Role
from cliproxy.dialects.base import RequestHead, given, text_of
from cliproxy.dialects.gemini import schema
from cliproxy.dialects.gemini.generation import decode_generation
from cliproxy.dialects.gemini.messages import decode_contents, decode_instructions
from cliproxy.dialects.gemini.schema import NAME
from cliproxy.dialects.gemini.spelling import Reader
from cliproxy.dialects.gemini.tools import decode_choice, decode_tools
from cliproxy.wire.body import UNREADABLE, not_readable, open_body
from cliproxy.wire.frames import Framing
from cliproxy.wire.leading import leading

STREAM_METHOD = "streamGenerateContent"
TIERS = {"standard": "default"}  # theirs -> ours, where they differ

_MARKS = frozenset({"role", "thoughtSignature", "thought_signature"})

_decode = msgspec.json.Decoder().decode
_read = Reader(schema.Request).read


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """
    Return what the request says about itself.

    Args:
        body: A JSON object.
        path: `model` and `method` from the path, `alt` from the query.

    Raises:
        RequestError: The body is no JSON object.
    """
    top = open_body(body)
    stream = path.get("method") == STREAM_METHOD
    framing = Framing.WHOLE
    if stream:
        framing = Framing.EVENT_STREAM if path.get("alt") == "sse" else Framing.JSON_ARRAY
    cached = top.get("cachedContent") or top.get("cached_content") or Raw()
    instruction = top.get("systemInstruction") or top.get("system_instruction") or Raw()
    turns = top.get("contents", Raw())
    return RequestHead(
        model=path.get("model", ""),
        stream=stream,
        session=text_of(cached),  # it lies in one account: whoever sends it stays there
        start=lambda: beginning(_instruction(instruction), leading(turns), marks=_MARKS, usual_role=USER),
        framing=framing,
    )


def _instruction(raw: Raw) -> object:
    try:
        return _decode(raw) if given(raw) else None
    except UNREADABLE:
        return None


def decode_request(body: bytes) -> Conversation:
    """
    Return what the request says, in neutral words.

    Raises:
        RequestError: A field is of another type.
    """
    try:
        request = _read(body)
        return conversation_of(request)
    except UNREADABLE as error:
        raise not_readable(error) from None


def conversation_of(request: schema.Request) -> Conversation:
    """Return a request in neutral words. Raises RequestError, and what decoding may raise."""
    instructions, pictures = decode_instructions(request.system_instruction)
    messages = decode_contents(_contents(request.contents))
    if pictures:
        messages = (Message(Role.USER, pictures), *messages)
    generation = decode_generation(request.generation_config or schema.GenerationConfig())
    choice, choice_extras = decode_choice(request.tool_config)
    extras: Extras = dict(request.extras)
    for name, value in (("safetySettings", request.safety_settings), ("cachedContent", request.cached_content)):
        if given(value):
            extras[name] = value.copy()
    tier = (request.service_tier or "").lower()
    return Conversation(
        origin=NAME,
        model=(request.model or "").removeprefix("models/"),
        instructions=instructions,
        messages=messages,
        tools=decode_tools(request.tools or []),
        tool_choice=choice,
        sampling=generation.sampling,
        effort=generation.effort,
        output=generation.output,
        metadata=request.labels or {},
        service_tier=TIERS.get(tier, tier),
        store=request.store,
        modalities=generation.modalities,
        speech=generation.speech,
        picture=generation.picture,
        extras=extras | choice_extras | generation.extras,
    )


def _contents(contents: list[schema.Content] | schema.Content | str | None) -> list[schema.Content]:
    if contents is None:
        return []
    if isinstance(contents, str):
        return [schema.Content("user", [schema.Part(contents)])]
    return [contents] if isinstance(contents, schema.Content) else contents
