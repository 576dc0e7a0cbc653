"""
Anthropic Messages, as the vendor speaks it.

Each frame has the event name that its JSON repeats as `type`. Blocks are numbered and never overlap; a `ping` follows
the first block's start. Some spaces stand before the closing brace of a frame, as they do in all recorded streams.

Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming (read 2026-08), recordings/anthropic_messages/*.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from cliproxy.simulator.answer import JsonObject, Request
from cliproxy.simulator.loose import inline_image, mapping, mappings, number, parts, string, text_of
from cliproxy.simulator.messages_rules import DIALECT, checked
from cliproxy.simulator.proof import prove
from cliproxy.simulator.talk import Asked, Choice, Image, Said, Tool, ToolResult, count_words, slices, words
from cliproxy.simulator.vendor import Headers, Problem, Refusal, Vendor, bearer

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "calls": "tool_use"}
CHOICES: dict[str, Choice] = {"auto": "auto", "any": "any", "none": "none", "tool": "named"}
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
RUN_BY_CLIENT = ("bash", "text_editor", "memory", "computer")  # predefined tools that come back as ordinary calls
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
PROBLEMS = {
    Problem.NO_KEY: Refusal(401, "x-api-key header is required"),
    Problem.BAD_KEY: Refusal(401, "invalid x-api-key"),
    Problem.BAD_JSON: Refusal(
        400, "The request body is not valid JSON: unexpected end of data: line 1 column 1 (char 0)"
    ),
    Problem.UNKNOWN_MODEL: Refusal(404, "model: {}"),
    Problem.UNKNOWN_PATH: Refusal(404, "Not found"),
    Problem.WRONG_FORM: Refusal(400, "stream: Input should not be {} for this model"),
}
USUAL = {
    refusal.status: refusal
    for refusal in (
        Refusal(400, "Error"),
        PROBLEMS[Problem.BAD_KEY],
        Refusal(403, "Your API key does not have permission to use the specified resource."),
        PROBLEMS[Problem.UNKNOWN_MODEL].about("simulated"),
        Refusal(413, "Request exceeds the maximum size"),
        Refusal(
            429,
            "This request would exceed your organization's rate limit of 50 requests per minute. For details, refer"
            " to: https://docs.claude.com/en/api/rate-limits.",
        ),
        Refusal(500, "Internal server error"),
        Refusal(529, "Overloaded"),
    )
}


def key_of(request: Request) -> str:
    return request.headers.get("x-api-key", "") or bearer(request)


def read(request: Request, body: JsonObject) -> Asked:
    messages = checked(body, counting=request.path.endswith("/count_tokens"))
    users = [message["content"] for message in messages if message["role"] == "user"]
    last = users[-1] if users else []
    blocks = last if messages[-1]["role"] == "user" else [b for b in last if b.get("type") != "tool_result"]
    choice = mapping(body.get("tool_choice"))
    thinking = mapping(body.get("thinking"))
    form = mapping(mapping(body.get("output_config")).get("format", body.get("output_format")))
    return Asked(
        model=string(body.get("model")),
        stream=body.get("stream") is True,
        text=text_of(blocks),
        system=text_of(body.get("system")),
        images=_images(blocks),
        results=tuple(_result(block) for block in blocks if block.get("type") == "tool_result"),
        tools=_tools(body),
        choice=CHOICES.get(string(choice.get("type")), "auto"),
        chosen=string(choice.get("name")),
        parallel=choice.get("disable_parallel_tool_use") is not True,
        wants_json=form.get("type") == "json_schema",
        schema=form.get("schema"),
        wants_reasoning=thinking.get("type") in ("enabled", "adaptive", "between_tools"),
        shows_reasoning=thinking.get("display") != "omitted",
        wants_proof=True,
        limit=number(body.get("max_tokens")),
        input_words=count_words([text_of(body.get("system")), *(text_of(m["content"]) for m in messages)]),
    )


def whole(asked: Asked, said: Said, serial: int) -> bytes:
    content = [opening | closing for opening, closing, _ in _blocks(asked, said, serial)]
    message = _message(asked, serial, content) | {
        "stop_reason": STOP_REASONS[said.finish],
        "usage": _usage(asked, said.output_tokens),
    }
    return msgspec.json.encode(message)


def frames(asked: Asked, said: Said, serial: int) -> Iterator[bytes]:
    start = _message(asked, serial, []) | {"usage": _usage(asked, 1)}
    yield _frame("message_start", {"message": start}, 0)
    for index, (opening, _, deltas) in enumerate(_blocks(asked, said, serial)):
        yield _frame("content_block_start", {"index": index, "content_block": opening}, index)
        if index == 0:
            yield PING
        for place, delta in enumerate(deltas):
            yield _frame("content_block_delta", {"index": index, "delta": delta}, place)
        yield _frame("content_block_stop", {"index": index}, index)
    end = {"stop_reason": STOP_REASONS[said.finish], "stop_sequence": None}
    usage = {key: value for key, value in _usage(asked, said.output_tokens).items() if key.endswith("_tokens")}
    yield _frame("message_delta", {"delta": end, "usage": usage}, 3)
    yield _frame("message_stop", {}, 5)


def error_body(refusal: Refusal, serial: int) -> bytes:
    return msgspec.json.encode({**_error(refusal), "request_id": _request_id(serial)})


def stream_error(_asked: Asked, refusal: Refusal, serial: int, _after: int) -> list[bytes]:
    fields = {"error": _error(refusal)["error"], "request_id": _request_id(serial)}
    return [_frame("error", fields, 6)]


def models(names: tuple[str, ...]) -> bytes:
    data = [
        {"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-01-01T00:00:00Z"}
        for name in names
    ]
    return msgspec.json.encode({"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]})


def _result(block: JsonObject) -> ToolResult:
    content = block.get("content")
    failed = block.get("is_error") is True
    return ToolResult(string(block.get("tool_use_id")), text_of(content), _images(content), failed)


def _images(content: Any) -> tuple[Image, ...]:
    sources = [mapping(part.get("source")) for part in parts(content) if part.get("type") == "image"]
    return tuple(
        inline_image(string(source.get("media_type")), string(source.get("data")))
        if source.get("type") == "base64"
        else Image("", url=string(source.get("url", source.get("file_id"))))
        for source in sources
    )


def _tools(body: JsonObject) -> tuple[Tool, ...]:
    return tuple(
        Tool(string(tool.get("name")), mapping(tool.get("input_schema")))
        for tool in mappings(body.get("tools"))
        if string(tool.get("type", "custom")).startswith(("custom", *RUN_BY_CLIENT))
    )


def _blocks(asked: Asked, said: Said, serial: int) -> Iterator[tuple[JsonObject, JsonObject, list[JsonObject]]]:
    """Yield each block as it opens, what it has in the end, and the deltas that lead there."""
    if said.reasoning:
        shown = said.reasoning if asked.shows_reasoning else ""
        signature = prove(DIALECT, said.reasoning if asked.shows_reasoning else "")
        deltas: list[JsonObject] = [{"type": "thinking_delta", "thinking": word} for word in words(shown)]
        deltas.append({"type": "signature_delta", "signature": signature})
        yield {"type": "thinking", "thinking": "", "signature": ""}, {"thinking": shown, "signature": signature}, deltas
    if said.text:
        deltas = [{"type": "text_delta", "text": word} for word in words(said.text)]
        yield {"type": "text", "text": ""}, {"text": said.text}, deltas
    for place, call in enumerate(said.calls):
        opening: JsonObject = {
            "type": "tool_use",
            "id": f"toolu_{serial:018x}{place:04x}",
            "name": call.tool.name,
            "input": {},
        }
        pieces = ["", *slices(call.arguments)]
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        yield opening, {"input": msgspec.json.decode(call.arguments)}, deltas


def _message(asked: Asked, serial: int, content: list[JsonObject]) -> JsonObject:
    return {
        "model": asked.model,
        "id": f"msg_{serial:024x}",
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(asked: Asked, output_tokens: int) -> JsonObject:
    return {
        "input_tokens": asked.input_words,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _frame(name: str, fields: JsonObject, place: int) -> bytes:
    data = msgspec.json.encode({"type": name, **fields})
    padding = b" " * (place * 5 % 17)
    return b"event: " + name.encode() + b"\ndata: " + data[:-1] + padding + b"}\n\n"


def _error(refusal: Refusal) -> JsonObject:
    kind = refusal.kind or KINDS.get(refusal.status, "api_error" if refusal.status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": refusal.message}}


def _count(asked: Asked) -> bytes:
    return msgspec.json.encode({"input_tokens": asked.input_words})


def _request_id(serial: int) -> str:
    return f"req_{serial:024x}"


def _headers(serial: int) -> Headers:
    return {"request-id": _request_id(serial)}


VENDOR = Vendor(
    dialect=DIALECT,
    key_of=key_of,
    read=read,
    whole=whole,
    frames=frames,
    count=_count,
    models=models,
    problems=PROBLEMS,
    error_body=error_body,
    stream_error=stream_error,
    opening=3,
    usual=USUAL,
    overload=529,
    request_id=_headers,
    bad_bearer=Refusal(401, "Invalid bearer token"),
)
