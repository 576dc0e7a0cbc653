"""Asking a simulated upstream without a socket, and reading what it answers."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from cliproxy.simulator import Answer, Cut, Pause, Request, Upstream

Json: TypeAlias = dict[str, Any]

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
KEYS = {"authorization": "Bearer sk-1", "x-api-key": "sk-1", "x-goog-api-key": "sk-1"}
PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic_messages": "/v1/messages",
    "gemini": "/v1beta/models/{}:generateContent",
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # 70 bytes


def request(path: str, body: Json | bytes | None, headers: Mapping[str, str] = KEYS, method: str = "POST") -> Request:
    path, _, query = path.partition("?")
    encoded = body if isinstance(body, bytes) else msgspec.json.encode(body) if body is not None else b""
    pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
    return Request(method, path, pairs, headers, encoded)


def ask(upstream: Upstream, path: str, body: Json | bytes | None, headers: Mapping[str, str] = KEYS) -> Answer:
    return upstream.answer(request(path, body, headers))


def saying(dialect: str, text: str, model: str = "simulated", *, stream: bool = False, **more: Any) -> Request:
    """Return a plain request with one user message, in a dialect."""
    said = [{"role": "user", "content": text}]
    match dialect:
        case "openai_chat":
            return request(PATHS[dialect], {"model": model, "messages": said, "stream": stream, **more})
        case "openai_responses":
            return request(PATHS[dialect], {"model": model, "input": said, "stream": stream, **more})
        case "anthropic_messages":
            body = {"model": model, "max_tokens": 4096, "messages": said, "stream": stream, **more}
            return request(PATHS[dialect], body)
        case _:
            path = PATHS[dialect].format(model)
            if stream:
                path = path.replace(":generate", ":streamGenerate") + "?alt=sse"
            return request(path, {"contents": [{"role": "user", "parts": [{"text": text}]}], **more})


def body_of(answer: Answer) -> bytes:
    """Return all bytes of an answer, however they are paced."""
    return b"".join(piece for piece in answer.pieces if isinstance(piece, bytes))


def json_of(answer: Answer) -> Any:
    return msgspec.json.decode(body_of(answer))


def pauses_of(answer: Answer) -> list[Pause | Cut]:
    return [piece for piece in answer.pieces if not isinstance(piece, bytes)]


def events_of(answer: Answer) -> list[tuple[str, Any]]:
    """Return the events of a stream: name and JSON. `[DONE]` comes as text."""
    events: list[tuple[str, Any]] = []
    for frame in body_of(answer).replace(b"\r\n", b"\n").split(b"\n\n"):
        lines = [line.partition(b": ")[::2] for line in frame.splitlines() if line and not line.startswith(b":")]
        fields = {name.decode(): value for name, value in lines}
        if "data" in fields:
            data = fields["data"]
            value = data.decode() if data == b"[DONE]" else msgspec.json.decode(data)
            events.append((fields.get("event", b"").decode(), value))
    return events
