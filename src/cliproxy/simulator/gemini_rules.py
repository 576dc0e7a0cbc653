"""
What generateContent refuses before a model sees it, in its own words; and its two spellings of every field.

Source: https://ai.google.dev/gemini-api/docs/thought-signatures (read 2026-08), recordings/gemini/error-*.json and
error bodies quoted in public issues.
"""

import re
from itertools import takewhile
from typing import Any

from cliproxy.simulator.answer import JsonObject
from cliproxy.simulator.loose import mapping, mappings, string
from cliproxy.simulator.proof import is_forged
from cliproxy.simulator.vendor import Refused

DIALECT = "gemini"
NAMES = (
    "contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels serviceTier store"
    " model generateContentRequest"
)
FIELDS = frozenset(NAMES.split())
CALLERS_OWN = ("parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema", "args", "response")
SNAKE = re.compile(r"(?<=[a-z])_([a-z])")


def in_camel_case(value: Any) -> Any:
    """Return a request in camelCase. What belongs to the caller (schemas, arguments, results) stays as it is."""
    if isinstance(value, list):
        return [in_camel_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    spelt = {_camel(key): item for key, item in value.items()}
    return {key: item if key in CALLERS_OWN else in_camel_case(item) for key, item in spelt.items()}


def checked(model: str, body: JsonObject) -> list[JsonObject]:
    """Return the contents, each with a role and a list of parts; or refuse them the way the vendor does."""
    _check_fields(body)
    inner = in_camel_case(mapping(body.get("generateContentRequest")) or body)
    contents = [{"role": c.get("role", "user"), "parts": mappings(c.get("parts"))} for c in _contents(inner)]
    if not contents:
        raise Refused("* GenerateContentRequest.contents: contents is not specified\n")
    called = 0
    for index, content in enumerate(contents):
        if content["role"] not in ("user", "model", "function", "tool"):
            raise Refused("Please use a valid role: user, model.")
        if not content["parts"]:
            raise Refused(f"* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty.\n")
        _check_parts(index, content["parts"])
        if sum("functionResponse" in part for part in content["parts"]) != called:
            raise Refused(
                "Please ensure that the number of function response parts is equal to the number of function call"
                " parts of the function call turn."
            )
        called = sum("functionCall" in part for part in content["parts"])
    _check_signatures(model, contents)
    return contents


def _camel(name: str) -> str:
    return SNAKE.sub(lambda found: found[1].upper(), name)


def _check_fields(body: JsonObject) -> None:
    """Refuse fields that do not exist, and those that are there in both spellings."""
    spelt = [_camel(field) for field in body]
    for field, camel in zip(body, spelt, strict=True):
        if camel not in FIELDS:
            raise Refused(f'Invalid JSON payload received. Unknown name "{field}": Cannot find field.')
        if spelt.count(camel) > 1:
            raise Refused(f'Invalid value at "{field}" (oneof), oneof field is already set.')


def _contents(body: JsonObject) -> list[JsonObject]:
    given = body.get("contents")
    return [given] if isinstance(given, dict) else mappings(given)


def _check_parts(index: int, parts: list[JsonObject]) -> None:
    for place, part in enumerate(parts):
        where = f"* GenerateContentRequest.contents[{index}].parts[{place}]"
        if not set(part) - {"thought", "thoughtSignature"}:
            raise Refused(f"{where}.data: required oneof field 'data' must have one initialized field\n")
        if "functionResponse" in part and not string(mapping(part["functionResponse"]).get("name")):
            raise Refused(f"{where}.function_response.name: Name cannot be empty.\n")
        if is_forged(DIALECT, string(part.get("thoughtSignature"))):
            raise Refused("Corrupted thought signature.")


def _check_signatures(model: str, contents: list[JsonObject]) -> None:
    """Gemini 3 wants the first call of each content of this turn to carry its signature."""
    if "gemini-3" not in model:
        return
    for content in takewhile(_is_within_turn, reversed(contents)):
        calls = [part for part in content["parts"] if "functionCall" in part]
        if content["role"] == "model" and calls and not calls[0].get("thoughtSignature"):
            name = string(mapping(calls[0]["functionCall"]).get("name"))
            raise Refused(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work"
                " correctly, and missing thought_signature may lead to degraded model performance. Additional data,"
                f" function call `default_api:{name}`, position {contents.index(content) + 1}."
            )


def _is_within_turn(content: JsonObject) -> bool:
    return content["role"] == "model" or any("functionResponse" in part for part in content["parts"])
