"""
Antigravity's replies, out of the envelope and into Gemini's words.

    {"response": {a Gemini reply}, "traceId"}

Claude's proofs are tagged, so that no other model is ever sent one. Where every object of a tool's schema was given a
required property, a call that fills it in comes back without.

Source: `reference` sheets `dialects/antigravity`, `translation` sections 7.1 and 11 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw

from cliproxy.dialects.gemini import native
from cliproxy.dialects.gemini.schemas import without_placeholders
from cliproxy.dialects.gemini.signatures import tagged
from cliproxy.wire.body import UNREADABLE, TopLevel, put

_TELLING = (b'"thoughtSignature"', b'"functionCall"', b'"thought_signature"', b'"function_call"')

_decode = msgspec.json.Decoder(TopLevel).decode
_decode_text = msgspec.json.Decoder(str).decode


class Reading:
    """Reads the frames of one reply."""

    def __init__(self, unwrap: Callable[[bytes], bytes], model: str, tools: Raw | None) -> None:
        """
        Prepare for one reply.

        Args:
            unwrap: Takes a frame's data out of the envelope.
            model: The model that answers.
            tools: The tools as the client declared them, where their schemas were filled up; else None.
        """
        self._unwrap = unwrap
        self._model = model
        self._tools = tools
        self._schemas: dict[str, Raw | None] | None = None

    def __call__(self, data: bytes) -> bytes:
        """Return the data of one frame, or a whole reply, in Gemini's words."""
        inner = self._unwrap(data)
        if not any(word in inner for word in _TELLING):  # as most frames are
            return inner
        try:
            reply = _decode(inner)
        except UNREADABLE:
            return inner
        candidates = native.listed(reply.get("candidates"))
        changed = [self._read_candidate(candidate) for candidate in candidates]
        return msgspec.json.encode(reply | {"candidates": native.closed(candidates)}) if any(changed) else inner

    def _read_candidate(self, candidate: TopLevel) -> bool:
        """Edit a candidate in place; tell whether anything was to be done."""
        content = native.opened(candidate.get("content"))
        parts = native.listed(content.get("parts"))
        changed = [self._read_part(part) for part in parts]
        if not any(changed):
            return False
        content["parts"] = native.closed(parts)
        candidate["content"] = native.closed(content)
        return True

    def _read_part(self, part: TopLevel) -> bool:
        proof, call = part.get("thoughtSignature"), part.get("functionCall")
        is_changed = False
        if proof is not None and (told := _text(proof)):
            written = tagged(told, self._model)
            is_changed = written != told
            put(part, "thoughtSignature", written)
        if call is not None and self._tools is not None:
            function = native.opened(call)
            if self._read_call(function):
                part["functionCall"] = native.closed(function)
                is_changed = True
        return is_changed

    def _read_call(self, function: TopLevel) -> bool:
        """Take what only we asked for out of a call's arguments."""
        arguments = function.get("args")
        name = _text(function.get("name"))
        if arguments is None or name not in self._declared():
            return False
        try:
            said = bytes(arguments).decode()
        except UnicodeDecodeError:
            return False
        left = without_placeholders(said, self._declared()[name])
        function["args"] = Raw(left.encode())
        return left != said

    def _declared(self) -> dict[str, Raw | None]:
        """Return the schemas of the client's functions, read when the first call comes."""
        if self._schemas is None:
            self._schemas = {
                _text(declaration.get("name")): schema_of(declaration)
                for tool in native.listed(self._tools)
                for declaration in native.listed(tool.get("functionDeclarations"))
            }
        return self._schemas


def schema_of(declaration: TopLevel) -> Raw | None:
    """Return the schema of a declared function's arguments, under whichever name it stands; None: there is none."""
    return declaration.get("parameters", declaration.get("parametersJsonSchema"))


def _text(value: Raw | None) -> str:
    try:
        return _decode_text(value) if value else ""
    except UNREADABLE:
        return ""
