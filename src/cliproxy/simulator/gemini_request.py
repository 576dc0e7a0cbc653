"""
What a generateContent request asks, and what the vendor would refuse in it. Every field may be in either spelling.

Source: https://ai.google.dev/api/generate-content (read 2026-08), recordings/gemini/*.
"""

import re
from itertools import takewhile
from typing import Any

import msgspec

from cliproxy.simulator.answer import JsonObject, Request
from cliproxy.simulator.gemini_rules import checked, in_camel_case
from cliproxy.simulator.loose import inline_image, mapping, mappings, number, string
from cliproxy.simulator.talk import Asked, Choice, Image, Tool, ToolResult, count_words

CHOICES: dict[str, Choice] = {"AUTO": "auto", "ANY": "any", "NONE": "none", "VALIDATED": "auto"}
MODEL = re.compile(r"/models/([^:/]+(?:/[^:/]+)*):\w+$")


def model_in(path: str) -> str:
    """Return the model that a path names, or nothing."""
    found = MODEL.search(path)
    return found[1] if found else ""


def read(request: Request, body: JsonObject) -> Asked:
    model = model_in(request.path)
    contents = checked(model, body)
    body = in_camel_case(mapping(body.get("generateContentRequest")) or body)
    since = list(takewhile(lambda content: content["role"] != "model", reversed(contents)))[::-1]
    results = tuple(result for content in since for result in _results(content["parts"]))
    users = [_own(c["parts"]) for c in (since if results else contents) if c["role"] != "model" and _own(c["parts"])]
    last = users[-1] if users else []
    system = _system(body.get("systemInstruction"))
    settings = mapping(body.get("generationConfig"))
    thinking = mapping(settings.get("thinkingConfig"))
    choice, chosen = _choice(body)
    streaming = request.path.endswith(":streamGenerateContent")
    framing = request.query.get("alt", request.query.get("$alt", ""))
    return Asked(
        model=model,
        stream=streaming,
        as_array=streaming and framing != "sse",
        text=_text(last),
        system=system,
        images=_images(last),
        results=results,
        tools=_tools(body),
        choice=choice,
        chosen=chosen,
        wants_json=settings.get("responseMimeType") == "application/json",
        schema=settings.get("responseJsonSchema", settings.get("responseSchema")),
        wants_reasoning=bool(thinking) and thinking.get("thinkingBudget") != 0,
        shows_reasoning=thinking.get("includeThoughts") is True,
        wants_proof=True,
        wants_usage=True,
        limit=number(settings.get("maxOutputTokens")),
        input_words=count_words([system, *(_text(content["parts"]) for content in contents)]),
    )


def _own(parts: list[JsonObject]) -> list[JsonObject]:
    """Return the parts that are the user's own words and pictures."""
    return [part for part in parts if "functionResponse" not in part]


def _system(instruction: Any) -> str:
    return instruction if isinstance(instruction, str) else _text(mappings(mapping(instruction).get("parts")))


def _text(parts: list[JsonObject]) -> str:
    return "\n".join(string(part["text"]) for part in parts if part.get("text") and not part.get("thought"))


def _results(parts: list[JsonObject]) -> list[ToolResult]:
    results: list[ToolResult] = []
    for part in parts:
        given = mapping(part.get("functionResponse"))
        if not given:
            continue
        response = mapping(given.get("response"))
        inside = next((response[key] for key in ("result", "output", "error") if key in response), response)
        text = inside if isinstance(inside, str) else msgspec.json.encode(inside).decode()
        images = _images(mappings(given.get("parts")))
        results.append(ToolResult(string(given.get("id")), text, images, "error" in response))
    return results


def _images(parts: list[JsonObject]) -> tuple[Image, ...]:
    images: list[Image] = []
    for part in parts:
        inline, file = mapping(part.get("inlineData")), mapping(part.get("fileData"))
        if string(inline.get("mimeType")).startswith("image/"):
            images.append(inline_image(inline["mimeType"], string(inline.get("data"))))
        elif string(file.get("mimeType")).startswith("image/"):
            images.append(Image(file["mimeType"], url=string(file.get("fileUri"))))
    return tuple(images)


def _tools(body: JsonObject) -> tuple[Tool, ...]:
    declared = (mappings(tool.get("functionDeclarations")) for tool in mappings(body.get("tools")))
    return tuple(
        Tool(string(tool.get("name")), mapping(tool.get("parametersJsonSchema", tool.get("parameters"))))
        for declarations in declared
        for tool in declarations
    )


def _choice(body: JsonObject) -> tuple[Choice, str]:
    calling = mapping(mapping(body.get("toolConfig")).get("functionCallingConfig"))
    choice = CHOICES.get(string(calling.get("mode")).upper(), "auto")
    allowed = calling.get("allowedFunctionNames")
    if choice == "any" and isinstance(allowed, list) and allowed:
        return "named", string(allowed[0])
    return choice, ""
