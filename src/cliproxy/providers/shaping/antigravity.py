"""
Gemini requests as Antigravity takes them, in their envelope.

    {"model", "project", "userAgent", "requestType", "requestId", "request": {a Gemini request}}

Claude's own demands show through: a budget below the output limit, thoughts that are signed and come first, and a
required property in every object of a tool's schema.

Source: `reference` sheets `dialects/antigravity`, `providers/antigravity` section c (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import re

import msgspec
from msgspec import Raw

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.base import Operation
from cliproxy.dialects.gemini import native
from cliproxy.dialects.gemini.schemas import cleaned
from cliproxy.providers.base import Call
from cliproxy.providers.shaping.antigravity_reply import schema_of
from cliproxy.providers.shaping.antigravity_turns import claude_s_parts, parts
from cliproxy.providers.shaping.gemini import fit_proofs
from cliproxy.wire.body import UNREADABLE, TopLevel, open_body, put

USER_AGENT = "cliproxy"

_STRICT = re.compile(r"claude|gemini-3[^/]*-pro")
_NOT_GEMINI_S = ("model", "session_id", "sessionId", "safetySettings")

_decode = msgspec.json.Decoder().decode


def wrapped(body: TopLevel, call: Call) -> None:
    """Put a Gemini request into the envelope, in the words that its model takes."""
    counts = call.endpoint.operation is Operation.COUNT_TOKENS
    request = dict(native.to_count(body) if counts else native.camel(body))
    if "safetySettings" in request and not counts:
        call.losses.add("safetySettings")
    for name in _NOT_GEMINI_S:
        request.pop(name, None)
    fit_proofs(request, call)
    body.clear()
    if not counts:
        _restrict(request, call)
        kind = "image_gen" if "image" in call.model else "agent"
        if kind == "agent" and (session := session_of(request.get("contents"))):
            put(request, "sessionId", session)
        put(body, "model", call.model)
        put(body, "project", call.project)
        put(body, "userAgent", USER_AGENT)
        put(body, "requestType", kind)
        put(body, "requestId", f"{kind}-{call.exchange_id}")
    body["request"] = native.closed(request)


def asks_strictly(model: str) -> bool:
    """Tell whether every object of a tool's schema is given a required property for this model."""
    return _STRICT.search(model) is not None


def tools_of(body: bytes) -> Raw | None:
    """Return the tools of a Gemini request; None: it has none."""
    tools = native.camel(open_body(body)).get("tools")
    return tools.copy() if tools else None


def session_of(contents: Raw | None) -> str:
    """Return a name for a conversation that stays while it goes on: made from the first words of its user."""
    for content in native.listed(contents):
        if bytes(content.get("role", b'"user"')) != b'"user"':
            continue
        for part in native.listed(content.get("parts")):
            text = bytes(part.get("text", b""))
            if text not in (b"", b'""', b"null"):
                digest = hashlib.sha256(text).digest()
                return f"-{int.from_bytes(digest[:8], 'big') & (2**63 - 1)}"
    return ""


def _restrict(request: TopLevel, call: Call) -> None:
    is_claude = "claude" in call.model
    native.edit_contents(request, claude_s_parts if is_claude else parts)
    instructions = native.opened(request.get("systemInstruction"))
    if instructions:
        put(instructions, "role", "user")
        request["systemInstruction"] = native.closed(instructions)
    is_strict = asks_strictly(call.model)
    native.edit_declarations(request, lambda declaration: _rename(declaration, is_strict=is_strict))
    config = native.opened(request.get("generationConfig"))
    if config:
        _restrict_output(config)
        if is_claude:
            _restrict_budget(config, call)
        elif config.pop("maxOutputTokens", None) is not None:
            call.losses.add("generationConfig.maxOutputTokens")
        request["generationConfig"] = native.closed(config)
    if is_claude and "tools" in request:
        _validate_calls(request)


def _rename(declaration: TopLevel, *, is_strict: bool) -> None:
    """Write the arguments' schema under the one name that is known here."""
    declaration["parameters"] = cleaned(schema_of(declaration), strict=is_strict)
    declaration.pop("parametersJsonSchema", None)


def _restrict_output(config: TopLevel) -> None:
    """Write the wanted output's schema under the one name that is known here."""
    schema = config.pop("responseJsonSchema", config.get("responseSchema"))
    if schema is not None:
        taken = native.opened(cleaned(schema))
        if bytes(native.opened(schema).get("additionalProperties", b"")) == b"false":
            put(taken, "additionalProperties", False)
        config["responseSchema"] = native.closed(taken)


def _restrict_budget(config: TopLevel, call: Call) -> None:
    """Keep what may be thought below what may be said; where too little would be left, nothing is thought."""
    thinking = native.opened(config.get("thinkingConfig"))
    if thinking:
        _say_in_tokens(thinking, call.info)
        config["thinkingConfig"] = native.closed(thinking)
    budget, most = _number(thinking.get("thinkingBudget")), _number(config.get("maxOutputTokens"))
    if budget is None or budget <= 0:
        return
    if most is None and call.info.output_limit:
        most = call.info.output_limit
        put(config, "maxOutputTokens", most)
    if most is None or budget < most:
        return
    if most - 1 < (call.info.thinking.min if call.info.thinking else 1):
        del config["thinkingConfig"]
        call.losses.add("generationConfig.thinkingConfig")
        return
    put(thinking, "thinkingBudget", most - 1)
    config["thinkingConfig"] = native.closed(thinking)


def _say_in_tokens(thinking: TopLevel, info: ModelInfo) -> None:
    """Say a level as a budget, in place: Claude's models have no levels here."""
    try:
        level = Level(str(_decode(thinking["thinkingLevel"])).lower())
    except (*UNREADABLE, KeyError, ValueError):
        return
    wanted = efforts.possible(Effort(level), info, strict=False) if info.thinking else None
    budget = efforts.budget_of(wanted) if wanted is not None else None
    if budget is not None:
        del thinking["thinkingLevel"]
        if "thinkingBudget" not in thinking:
            put(thinking, "thinkingBudget", budget)


def _validate_calls(request: TopLevel) -> None:
    """Have calls checked against their schemas, unless none are wanted."""
    config = native.opened(request.get("toolConfig"))
    calling = native.opened(config.get("functionCallingConfig"))
    if bytes(calling.get("mode", b"")) != b'"NONE"':
        put(calling, "mode", "VALIDATED")
        config["functionCallingConfig"] = native.closed(calling)
        request["toolConfig"] = native.closed(config)


def _number(value: Raw | None) -> int | None:
    try:
        number = _decode(value) if value else None
    except UNREADABLE:
        return None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
