"""
Claude in Gemini's words, as Antigravity has it.

Its calls have ids and want them back. Its reasoning is proven before anything else is said: on the last thought, in
a stream on one of its own without words. The proof comes back on a thought; one of another family breaks the request.

Source: sheet `dialects/antigravity`.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

import msgspec

from cliproxy.simulator.answer import Answer, JsonObject
from cliproxy.simulator.loose import mapping, mappings, number, string
from cliproxy.simulator.vendor import Refused

GEMINIS, OWN = b" gemini ", b" claude "  # whose a proof is, within it
CALL_ID = "toolu_vrtx_"
PROOF = re.compile(rb'"thoughtSignature":"([^"]+)"')


def read(inner: JsonObject) -> JsonObject:
    """Return a request as the speakers of Gemini read it; raises Refused where Claude would not take it."""
    _check_settings(inner)
    contents = [_content(index, content) for index, content in enumerate(mappings(inner.get("contents")))]
    return {**inner, "contents": contents}


def spoken(answer: Answer) -> tuple[Answer, Callable[[JsonObject], JsonObject]]:
    """Return an answer of the speakers, and what makes Claude's words out of each response in it."""
    pieces = tuple(answer.pieces)
    found = PROOF.search(b"".join(piece for piece in pieces if isinstance(piece, bytes)))
    return msgspec.structs.replace(answer, pieces=pieces), _Words(_renamed(found[1], GEMINIS, OWN) if found else "")


class _Words:
    """Puts the proof where thinking ends, and ids on calls."""

    def __init__(self, proof: str) -> None:
        self._proof = proof

    def __call__(self, response: JsonObject) -> JsonObject:
        for candidate in mappings(response.get("candidates")):
            content = mapping(candidate.get("content"))
            if "parts" in content:
                content["parts"] = list(self._changed(content["parts"]))
        return response

    def _changed(self, parts: list[JsonObject]) -> Iterator[JsonObject]:
        for place, part in enumerate(parts):
            said = {name: value for name, value in part.items() if name != "thoughtSignature"}
            is_last_thought = part.get("thought") and any(not after.get("thought") for after in parts[place + 1 :])
            if self._proof and is_last_thought:
                said["thoughtSignature"] = self._take_proof()
            elif self._proof and not part.get("thought"):
                yield {"thought": True, "text": "", "thoughtSignature": self._take_proof()}
            if call := mapping(part.get("functionCall")):
                call["id"] = CALL_ID + string(call.get("id"))
            yield said

    def _take_proof(self) -> str:
        proof, self._proof = self._proof, ""
        return proof


def _check_settings(inner: JsonObject) -> None:
    calling = mapping(mapping(inner.get("toolConfig")).get("functionCallingConfig"))
    if inner.get("tools") and calling.get("mode") != "VALIDATED":
        raise Refused("Function calling config mode must be VALIDATED for this model.")
    settings = mapping(inner.get("generationConfig"))
    budget = number(mapping(settings.get("thinkingConfig")).get("thinkingBudget"))
    limit = number(settings.get("maxOutputTokens"))
    if budget is not None and limit is not None and budget >= limit:
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _content(index: int, content: JsonObject) -> JsonObject:
    parts = mappings(content.get("parts"))
    read = []
    for place, part in enumerate(parts):
        goes_on = any(after.get("thought") for after in parts[place + 1 : place + 2])
        read.append(_part(f"messages.{index}.content.{place}", part, goes_on=goes_on))
    return {**content, "parts": read}


def _part(where: str, part: JsonObject, *, goes_on: bool) -> JsonObject:
    """Return a part as Gemini has it. Thoughts in a row are one, which is proven at its end."""
    proof = string(part.get("thoughtSignature"))
    if part.get("thought"):
        if "text" not in part:
            raise Refused("Internal error encountered.", status=500)
        if not proof and not goes_on:
            raise Refused(f"{where}.thinking.signature: Field required")
        if not proof:
            return part
        if not (geminis := _renamed(proof.encode(), OWN, GEMINIS)):
            raise Refused(f"{where}: Invalid `signature` in `thinking` block")
        return {**part, "thoughtSignature": geminis}
    for field, kind in (("functionCall", "tool_use.id"), ("functionResponse", "tool_result.tool_use_id")):
        if field in part and not mapping(part[field]).get("id"):
            raise Refused(f"{where}.{kind}: Field required")
    return {name: value for name, value in part.items() if name != "thoughtSignature"}


def _renamed(proof: bytes, family: bytes, other: bytes) -> str:
    """Return one family's proof as the other's; "" where it is not one of that family."""
    try:
        text = base64.b64decode(proof, validate=True)
    except binascii.Error:
        return ""
    return base64.b64encode(text.replace(family, other, 1)).decode() if family in text else ""
