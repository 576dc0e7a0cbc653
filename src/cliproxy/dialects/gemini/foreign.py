"""
Parts that only Gemini has: code that it ran, tools that it ran.

Each travels as its own JSON; other dialects show code and its output as fenced text.

Source: `reference` sheet `dialects/gemini` section 2 (read 2026-11-21), recordings/gemini.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.request import Foreign, Text
from cliproxy.dialects.base import given
from cliproxy.dialects.gemini import schema
from cliproxy.dialects.gemini.schema import NAME
from cliproxy.wire.body import UNREADABLE

_encode = msgspec.json.Encoder().encode


class _Code(Struct):
    language: str | int | None = None
    code: str | None = None


class _Outcome(Struct):
    output: str | None = None


_decode_code = msgspec.json.Decoder(_Code).decode
_decode_outcome = msgspec.json.Decoder(_Outcome).decode


def foreign_part(part: schema.Part) -> Foreign | None:
    """Return a part without a neutral meaning, as it came; None where it says nothing."""
    said = {
        "executableCode": part.executable_code,
        "codeExecutionResult": part.code_execution_result,
        "toolCall": part.tool_call,
        "toolResponse": part.tool_response,
    }
    body: dict[str, object] = {name: value for name, value in said.items() if given(value)}
    body |= part.extras
    kind = next(iter(body), "")
    if not kind:
        return None
    if part.thought:
        body["thought"] = True
    if part.thought_signature:
        body["thoughtSignature"] = part.thought_signature
    return Foreign(NAME, kind, Raw(_encode(body)), _instead(part))


def _instead(part: schema.Part) -> tuple[Text, ...]:
    try:
        if given(part.executable_code):
            code = _decode_code(part.executable_code)
            language = code.language.lower() if isinstance(code.language, str) else ""
            return _fenced(language, code.code)
        if given(part.code_execution_result):
            return _fenced("", _decode_outcome(part.code_execution_result).output)
    except UNREADABLE:
        pass
    return ()


def _fenced(language: str, text: str | None) -> tuple[Text, ...]:
    if not text:
        return ()
    end = "" if text.endswith("\n") else "\n"
    return (Text(f"```{language}\n{text}{end}```\n"),)
