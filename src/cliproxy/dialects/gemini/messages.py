"""
Contents -> messages and parts.

Calls and results find each other by id, and by name where they have none: the first result of a name answers its
first call that is still open. A call without an id is given one that is the same whenever the request is sent again.

Source: `reference` sheets `dialects/gemini` sections 2 and 8, `translation` sections 4, 5.2 and 11 (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Raw, structs

from cliproxy.conversation.request import (
    Extras,
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.base import given
from cliproxy.dialects.gemini import carried, schema
from cliproxy.dialects.gemini.foreign import foreign_part
from cliproxy.dialects.gemini.media import inline_media, linked_media
from cliproxy.dialects.gemini.results import result_content
from cliproxy.dialects.gemini.schema import NAME
from cliproxy.dialects.gemini.signatures import STAND_INS

MADE_ID = re.compile(r"call_[0-9a-f]{20}")


_decode_instruction = msgspec.json.Decoder(str | schema.Content | None).decode


def decode_contents(contents: Sequence[schema.Content]) -> tuple[Message, ...]:
    """Return the turns."""
    open_calls = _OpenCalls()
    messages: list[Message] = []
    role = Role.ASSISTANT
    for turn, content in enumerate(contents):
        role = _role(content.role, before=role)
        parts: list[Part] = []
        for place, part in enumerate(as_list(content.parts)):
            if part.function_response is not None:
                parts.append(
                    _result(
                        part.function_response,
                        open_calls,
                        _inside(part, "functionResponse", part.function_response.extras),
                    )
                )
            elif part.function_call is not None:
                parts.append(open_calls.called(_call(part, turn, place)))
            else:
                said = decode_part(part)
                if said is not None and (role is Role.ASSISTANT or not isinstance(said, Reasoning)):
                    parts.append(said)  # thoughts in a user's mouth are nobody's: a client could plant them
        if role is Role.ASSISTANT:
            parts = list(_gathered(parts))
        messages.append(Message(role, tuple(parts), content.extras))
    return tuple(messages)


def decode_instructions(said: schema.Content | list[Raw] | str | None) -> tuple[tuple[Text, ...], tuple[Media, ...]]:
    """Return the instructions that say something, and pictures among them, which belong to the first user turn."""
    if said is None:
        return (), ()
    if isinstance(said, list):
        contents = [_loose_instruction(raw) for raw in said]
    else:
        contents = [said]
    texts: list[Text] = []
    pictures: list[Media] = []
    for content in contents:
        if isinstance(content, str):
            texts.append(Text(content))
            continue
        for part in as_list(content.parts):
            decoded = decode_part(part)
            if isinstance(decoded, Text):
                texts.append(decoded)
            elif isinstance(decoded, Media):
                pictures.append(decoded)
    return tuple(text for text in texts if text.text.strip()), tuple(pictures)


def as_list(parts: list[schema.Part] | schema.Part | None) -> list[schema.Part]:
    """Return parts as a list: one alone may stand without it."""
    if parts is None:
        return []
    return [parts] if isinstance(parts, schema.Part) else parts


def signature(value: str | None, on: str) -> Opaque | None:
    """Return the proof that a signature is: Google's own on its part, or another vendor's that was sent along."""
    return None if not value or value in STAND_INS else carried.read(value, on)[0]


def thought(text: str, value: str | None) -> Reasoning:
    """Return a thought with what proves it."""
    if not value or value in STAND_INS:
        return Reasoning(text)
    proof, redacted = carried.read(value)
    return Reasoning("" if redacted else text, proof, redacted)


def call_arguments(args: Raw) -> str:
    """Return a call's arguments as JSON text; missing ones are none."""
    return bytes(args).decode("utf-8", "replace") if given(args) else "{}"


def _loose_instruction(raw: Raw) -> schema.Content | str:
    """Return one of several instructions: a text, a part or a content."""
    try:
        found = _decode_instruction(raw)
    except msgspec.ValidationError:
        return schema.Content(parts=msgspec.json.decode(raw, type=schema.Part))
    return found or ""


def _role(said: str | None, *, before: Role) -> Role:
    if not said:
        return Role.USER if before is Role.ASSISTANT else Role.ASSISTANT
    return Role.ASSISTANT if said == "model" else Role.USER


def decode_part(part: schema.Part) -> Part | None:
    """Return what a part says; None where it says nothing at all."""
    if part.thought and (part.text is not None or part.thought_signature):
        said = thought(part.text or "", part.thought_signature)
        rest = _rest(part)
        return structs.replace(said, extras=rest) if rest else said
    if part.text is not None:
        proof = signature(part.thought_signature, "text")
        if not part.text and proof is not None:
            return Reasoning("", proof)  # it signs what stood before it, and stays on its own
        return Text(part.text, extras=_rest(part), proof=proof) if part.text else None
    if part.inline_data is not None:
        return inline_media(part.inline_data, _media_extras(part, part.inline_data.extras, "inlineData"))
    if part.file_data is not None:
        return linked_media(part.file_data, _media_extras(part, part.file_data.extras, "fileData"))
    foreign = foreign_part(part)
    if foreign is None and part.thought_signature:
        proof = signature(part.thought_signature, "text")
        return Reasoning("", proof) if proof is not None else None
    return foreign


def _media_extras(part: schema.Part, inner: Extras, name: str) -> Extras:
    extras = _inside(part, name, inner)
    if part.thought_signature:
        extras = extras | {"thoughtSignature": Raw(msgspec.json.encode(part.thought_signature))}
    return extras | {"thought": Raw(b"true")} if part.thought else extras


def _inside(part: schema.Part, name: str, inner: Extras) -> Extras:
    """Return the unknown fields of a part and, by their path, those of the object that it holds."""
    return _rest(part) | {f"{name}.{field}": value for field, value in inner.items()} if inner else _rest(part)


def _rest(part: schema.Part) -> Extras:
    """Return the fields of a part that have no neutral meaning."""
    extras = part.extras
    if part.video_metadata:
        extras = extras | {"videoMetadata": part.video_metadata.copy()}
    if part.media_resolution:
        extras = extras | {"mediaResolution": part.media_resolution.copy()}
    return extras


def _call(part: schema.Part, turn: int, place: int) -> ToolCall:
    call = part.function_call
    assert call is not None
    name, arguments = call.name or "", call_arguments(call.args)
    id_ = call.id or call.call_id or _made_id(turn, place, name, arguments)
    return ToolCall(
        id_,
        name,
        arguments,
        signature(part.thought_signature, "call"),
        extras=_inside(part, "functionCall", call.extras),
    )


def _made_id(turn: int, place: int, name: str, arguments: str) -> str:
    told = f"{turn}\n{place}\n{name}\n{arguments}".encode("utf-8", "surrogatepass")
    return f"call_{hashlib.sha256(told).hexdigest()[:20]}"


def _result(response: schema.FunctionResponse, open_calls: _OpenCalls, extras: Extras) -> ToolResult:
    call_id = open_calls.answered(response.id or response.call_id or "", response.name or "")
    content, is_error = result_content(response.response, response.name or "")
    media: list[Media] = []
    for part in as_list(response.parts):
        decoded = decode_part(part)
        if isinstance(decoded, Media):
            media.append(decoded)
        elif isinstance(decoded, Text):
            content = (*content, decoded)
    if media and content == (Text(""),):
        content = ()
    return ToolResult(call_id, (*content, *media), is_error, extras=extras)


class _OpenCalls:
    """Calls that no result has answered yet, in order."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}  # id -> name

    def called(self, call: ToolCall) -> ToolCall:
        self._names[call.id] = call.name
        return call

    def answered(self, id_: str, name: str) -> str:
        """Return the id of the call that is answered: by its id, else the first open one of that name, else of any."""
        if not id_:
            id_ = next((open_id for open_id, called in self._names.items() if called == name), "")
            if not id_ and not name:
                id_ = next(iter(self._names), "")
        self._names.pop(id_, None)
        return id_


def _gathered(parts: Iterable[Part]) -> Iterable[Part]:
    """
    Put together what belongs to one proof of another vendor.

    We give out such thoughts in pieces and the proof after the last; the vendor wants it all in one.
    """
    pieces: list[Reasoning] = []
    for part in parts:
        if not isinstance(part, Reasoning) or part.redacted or part.extras:
            yield from pieces
            pieces = []
            yield part
        elif part.proof is None:
            pieces.append(part)
        elif part.proof.dialect != NAME or (not part.text and not part.proof.on):
            yield Reasoning("".join(piece.text for piece in pieces) + part.text, part.proof)
            pieces = []
        else:
            yield from pieces
            pieces = []
            yield part
    yield from pieces
