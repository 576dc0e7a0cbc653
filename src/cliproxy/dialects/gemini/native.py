"""
A Gemini request edited where it lies, without being decoded: for upstreams that take Gemini's words, but not all.

Only what an edit asks for is parsed. Every name may be in either of two spellings; what was touched is in camelCase.

Source: `reference` sheets `dialects/gemini` sections 1, 2 and 7, `dialects/gemini-cli` (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw

from cliproxy.dialects.gemini.signatures import TAGS, fitting
from cliproxy.dialects.gemini.spelling import in_camel_case
from cliproxy.wire.body import UNREADABLE, TopLevel

PartsEdit = Callable[[str, list[TopLevel]], list[TopLevel]]  # the role, its parts -> what is left of them

_DATA = (
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
    "thoughtSignature",
)
_EMPTY = (b'""', b"null")

_decode_object = msgspec.json.Decoder(TopLevel).decode
_decode_objects = msgspec.json.Decoder(list[TopLevel]).decode
_decode_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode


def camel(fields: TopLevel) -> TopLevel:
    """Return fields under their camelCase names; of a field that stands there in both, the camelCase one."""
    if not any("_" in name for name in fields):
        return fields
    renamed = {in_camel_case(name): value for name, value in fields.items()}
    return renamed | {name: value for name, value in fields.items() if name in renamed}


def to_count(top: TopLevel) -> TopLevel:
    """Return what is to be counted, whichever way it was put into the request."""
    request = camel(top)
    inner = opened(request.get("generateContentRequest"))
    return inner or request


def opened(value: Raw | None) -> TopLevel:
    """Return the fields of an object, in camelCase; of anything else none."""
    try:
        return camel(_decode_object(value)) if value else {}
    except UNREADABLE:
        return {}


def listed(value: Raw | None) -> list[TopLevel]:
    """Return the objects in a list, in camelCase; one that stands alone is a list too, anything else none."""
    try:
        return [camel(fields) for fields in _decode_objects(value)] if value else []
    except UNREADABLE:
        alone = opened(value)
        return [alone] if alone else []


def closed(value: TopLevel | list[TopLevel]) -> Raw:
    """Return an object or a list of them as it stands in a body."""
    return Raw(_encode(value))


def edit_declarations(top: TopLevel, edit: Callable[[TopLevel], None]) -> None:
    """Edit every declared function of a request in place."""
    tools = listed(top.get("tools"))
    for tool in tools:
        declarations = listed(tool.get("functionDeclarations"))
        for declaration in declarations:
            edit(declaration)
        if declarations:
            tool["functionDeclarations"] = closed(declarations)
    if tools:
        top["tools"] = closed(tools)


def edit_contents(top: TopLevel, edit: PartsEdit) -> None:
    """
    Edit the parts of every turn of a request, in place.

    A role that is missing is filled in, an old one renamed; parts without data, which are refused, go, and so do turns
    without parts.
    """
    contents = listed(top.get("contents"))
    left = []
    role = "model"
    for content in contents:
        role = _role(content.get("role"), role)
        parts = [part for part in edit(role, listed(content.get("parts"))) if says_something(part)]
        if parts:
            left.append(content | {"role": Raw(_encode(role)), "parts": closed(parts)})
    if contents:
        top["contents"] = closed(left)


def drop_foreign_proofs(top: TopLevel, model: str) -> bool:
    """
    Leave the proofs that another family of models made out of a request, in place, and the tag off this one's own.

    Tells whether any was left out.
    """
    data = bytes(top.get("contents", b""))
    if not any(tag in data for tag in TAGS):
        return False
    contents = listed(top["contents"])
    if not contents:
        return False  # what cannot be read is for the upstream to refuse
    lost = False
    for content in contents:
        parts = listed(content.get("parts"))
        for part in parts:
            lost = _fit_proof(part, model) or lost
        if parts:
            content["parts"] = closed(parts)
    top["contents"] = closed(contents)
    return lost


def _fit_proof(part: TopLevel, model: str) -> bool:
    """Put a part's proof as the model takes it; tell whether it takes none."""
    try:
        proof = _decode_text(part.get("thoughtSignature", b'""'))
    except UNREADABLE:
        return False
    fits = fitting(proof, model)
    if fits == proof:
        return False
    if fits:
        part["thoughtSignature"] = Raw(_encode(fits))
    else:
        del part["thoughtSignature"]
    return not fits


def says_something(part: TopLevel) -> bool:
    """Tell whether there is anything in a part: words, or data, or a proof."""
    if "thought" in part and "text" in part:
        return True
    return bytes(part.get("text", b'""')) not in _EMPTY or any(name in part for name in _DATA)


def is_thought(part: TopLevel) -> bool:
    """Tell whether a part is a visible thought."""
    return bytes(part.get("thought", b"false")) == b"true"


def _role(stated: Raw | None, before: str) -> str:
    """Return whose turn it is: what was said, else in turns."""
    role = bytes(stated).strip(b'"').decode("utf-8", "replace") if stated else ""
    if role in {"function", "tool"}:
        return "user"
    return role if role in {"user", "model"} else ("user" if before == "model" else "model")
