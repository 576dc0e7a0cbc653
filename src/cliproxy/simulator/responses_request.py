"""
What a Responses request asks, and what the vendor would refuse in it.

Source: https://platform.openai.com/docs/api-reference/responses/create (read 2026-08),
recordings/openai_responses/*.
"""

from itertools import takewhile
from typing import Any

from cliproxy.simulator.answer import JsonObject, Request
from cliproxy.simulator.loose import image_at, mapping, mappings, number, parts, string, text_of
from cliproxy.simulator.proof import is_forged
from cliproxy.simulator.talk import Asked, Choice, Image, Tool, ToolResult, count_words
from cliproxy.simulator.vendor import Refused

DIALECT = "openai_responses"
CHOICES: dict[str, Choice] = {"auto": "auto", "none": "none", "required": "any"}
CALLS = ("function_call", "custom_tool_call")
OUTPUTS = ("function_call_output", "custom_tool_call_output")
ECHOED: JsonObject = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
NAMES = (
    "model input reasoning include prompt conversation background stream stream_options context_management"
    " prompt_cache_retention prompt_cache_options service_tier moderation image access_programs client_metadata"
)
FIELDS = frozenset(ECHOED) | frozenset(NAMES.split())
COMPACT_NAMES = "model input instructions previous_response_id prompt_cache_key service_tier"
COMPACT_FIELDS = frozenset(COMPACT_NAMES.split())


def read(request: Request, body: JsonObject) -> Asked:
    items = _checked(body, COMPACT_FIELDS if request.path.endswith("/compact") else FIELDS)
    since = list(takewhile(lambda item: not _is_the_model(item), reversed(items)))[::-1]
    results = tuple(_result(item) for item in since if item.get("type") in OUTPUTS)
    users = [item.get("content") for item in (since if results else items) if item.get("role") == "user"]
    last = users[-1] if users else None
    systems = [text_of(item.get("content")) for item in items if item.get("role") in ("system", "developer")]
    choice, chosen = _choice(body.get("tool_choice"))
    reasoning = mapping(body.get("reasoning"))
    form = mapping(mapping(body.get("text")).get("format"))
    shown = reasoning.get("summary") or reasoning.get("generate_summary")
    return Asked(
        model=string(body.get("model")),
        stream=body.get("stream") is True,
        text=text_of(last),
        system="\n".join([string(body.get("instructions")), *systems]).strip(),
        images=_images(last),
        results=results,
        tools=tuple(_tools(body.get("tools"))) + tuple(tool for item in items for tool in _tools(item.get("tools"))),
        choice=choice,
        chosen=chosen,
        parallel=body.get("parallel_tool_calls") is not False,
        wants_json=form.get("type") in ("json_object", "json_schema"),
        schema=form.get("schema"),
        wants_reasoning=(reasoning.get("effort") or ("medium" if shown else "none")) != "none",
        shows_reasoning=bool(shown),
        wants_proof="reasoning.encrypted_content" in (body.get("include") or []),
        wants_usage=True,
        limit=number(body.get("max_output_tokens")),
        input_words=count_words([string(body.get("instructions")), *(_text_in(item) for item in items)]),
        echo=_echo(body, reasoning),
    )


def _checked(body: JsonObject, fields: frozenset[str]) -> list[JsonObject]:
    """Return the items of the input, or refuse them the way the vendor does."""
    if not string(body.get("model")):
        raise Refused("Missing required parameter: 'model'.", param="model", code="missing_required_parameter")
    for field in body:
        if field not in fields:
            raise Refused(f"Unknown parameter: '{field}'.", param=field, code="unknown_parameter")
    given = body.get("input")
    if not given and not any(body.get(name) for name in ("prompt", "previous_response_id", "conversation")):
        raise Refused(
            """One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided.""",
            param="input",
            code="missing_required_parameter",
        )
    items = [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else mappings(given)
    _check_calls_are_answered(items, stateless=not (body.get("previous_response_id") or body.get("conversation")))
    for item in items:
        proof = string(item.get("encrypted_content"))
        if item.get("type") == "reasoning" and is_forged(DIALECT, proof):
            raise Refused(
                f"The encrypted content {proof[:4]}... could not be verified. Reason: Encrypted content could not be"
                " decrypted or parsed.",
                code="invalid_encrypted_content",
            )
    return items


def _check_calls_are_answered(items: list[JsonObject], *, stateless: bool) -> None:
    called = [string(item.get("call_id")) for item in items if item.get("type") in CALLS]
    answered = [string(item.get("call_id")) for item in items if item.get("type") in OUTPUTS]
    for call_id in called:
        if call_id not in answered:
            raise Refused(f"No tool output found for function call {call_id}.", param="input")
    for call_id in answered:
        if stateless and call_id not in called:
            raise Refused(f"No tool call found for function call output with call_id {call_id}.", param="input")


def _is_the_model(item: JsonObject) -> bool:
    return item.get("role") == "assistant" or item.get("type") in (*CALLS, "reasoning")


def _result(item: JsonObject) -> ToolResult:
    output = item.get("output")
    return ToolResult(string(item.get("call_id")), text_of(output), _images(output))


def _images(content: Any) -> tuple[Image, ...]:
    found = (part for part in parts(content) if part.get("type") == "input_image")
    addresses = (part.get("image_url", part.get("file_id")) for part in found)
    return tuple(image_at(string(address) or string(mapping(address).get("url"))) for address in addresses)


def _tools(offered: Any, namespace: str = "") -> list[Tool]:
    tools: list[Tool] = []
    for tool in mappings(offered):
        name = string(tool.get("name"))
        if tool.get("type") == "function":
            tools.append(Tool(name, mapping(tool.get("parameters")), namespace))
        elif tool.get("type") == "custom":
            tools.append(Tool(name, None, namespace))
        elif tool.get("type") == "namespace":
            tools.extend(_tools(tool.get("tools"), name))
    return tools


def _choice(value: Any) -> tuple[Choice, str]:
    if isinstance(value, str):
        return CHOICES.get(value, "auto"), ""
    named = mapping(value)
    if named.get("type") == "allowed_tools":
        return _choice(named.get("mode"))
    name = string(named.get("name"))
    return ("named", name) if name else ("auto", "")


def _text_in(item: JsonObject) -> str:
    texts = (text_of(item.get("content")), text_of(item.get("output")), string(item.get("arguments")))
    return " ".join(text for text in texts if text)


def _echo(body: JsonObject, reasoning: JsonObject) -> JsonObject:
    echo = {key: default if body.get(key) is None else body[key] for key, default in ECHOED.items()}
    return echo | {"reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")}}
