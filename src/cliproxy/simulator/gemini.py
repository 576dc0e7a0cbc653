"""
Gemini generateContent, as the vendor speaks it.

Each frame is a whole response that holds only new parts; the last one has the finish reason and all of the usage.
An event stream has CR LF line ends and no terminator. Without `alt=sse` the stream is one JSON array.

Source: https://ai.google.dev/api/generate-content (read 2026-08), recordings/gemini/*.
"""

from collections.abc import Iterator

import msgspec

from cliproxy.simulator.answer import JsonObject, Request
from cliproxy.simulator.gemini_request import read
from cliproxy.simulator.gemini_rules import DIALECT
from cliproxy.simulator.proof import prove
from cliproxy.simulator.talk import Asked, Said, words
from cliproxy.simulator.vendor import Headers, Problem, Refusal, Vendor, bearer

FINISH_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "calls": "STOP"}
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
PROBLEMS = {
    Problem.NO_KEY: Refusal(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other"
        " form of API consumer identity to call this API.",
    ),
    Problem.BAD_KEY: Refusal(400, "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID"),
    Problem.BAD_JSON: Refusal(400, "Invalid JSON payload received. Unexpected end of string. Expected a value.\n\n^"),
    Problem.UNKNOWN_MODEL: Refusal(
        404,
        "models/{} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to"
        " see the list of available models and their supported methods.",
    ),
    Problem.UNKNOWN_PATH: Refusal(404, "Requested entity was not found."),
    Problem.WRONG_FORM: Refusal(400, "This model was not recorded in the form asked for (stream: {})."),
}
BAD_TOKEN = Refusal(
    401,
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
    " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    code="ACCESS_TOKEN_TYPE_UNSUPPORTED",
)
USUAL = {
    refusal.status: refusal
    for refusal in (
        Refusal(400, "Request contains an invalid argument."),
        BAD_TOKEN,
        Refusal(403, "The caller does not have permission"),
        PROBLEMS[Problem.UNKNOWN_MODEL].about("simulated"),
        Refusal(429, "Resource has been exhausted (e.g. check quota)."),
        Refusal(
            500,
            "An internal error has occurred. Please retry or report in"
            " https://developers.generativeai.google/guide/troubleshooting",
        ),
        Refusal(503, "The model is overloaded. Please try again later."),
        Refusal(504, "Deadline expired before operation could complete."),
    )
}


def key_of(request: Request) -> str:
    return request.headers.get("x-goog-api-key", "") or request.query.get("key", "") or bearer(request)


def whole(asked: Asked, said: Said, serial: int) -> bytes:
    parts: list[JsonObject] = []
    for part in _parts(asked, said, serial):
        if parts and set(part) == set(parts[-1]) and "text" in part and "thoughtSignature" not in part:
            parts[-1] = {**part, "text": parts[-1]["text"] + part["text"]}
        else:
            parts.append(part)
    return msgspec.json.encode(_response(asked, said, serial, parts, last=True))


def frames(asked: Asked, said: Said, serial: int) -> Iterator[bytes]:
    parts = list(_parts(asked, said, serial)) or [{"text": ""}]
    for place, part in enumerate(parts):
        response = _response(asked, said, serial, [part], last=place == len(parts) - 1)
        yield _frame(asked, msgspec.json.encode(response), place)
    if asked.as_array:
        yield b"\n]\n"


def error_body(refusal: Refusal, _serial: int = 0) -> bytes:
    return msgspec.json.format(msgspec.json.encode(_error(refusal)), indent=2) + b"\n"


def stream_error(asked: Asked, refusal: Refusal, _serial: int, after: int) -> list[bytes]:
    frame = _frame(asked, msgspec.json.encode(_error(refusal)), after)
    return [frame, b"\n]\n"] if asked.as_array else [frame]


def models(names: tuple[str, ...]) -> bytes:
    listed = [
        {
            "name": f"models/{name}",
            "version": "001",
            "displayName": name.title(),
            "description": "A simulated model.",
            "inputTokenLimit": 1048576,
            "outputTokenLimit": 65536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        }
        for name in names
    ]
    return msgspec.json.encode({"models": listed})


def _parts(asked: Asked, said: Said, serial: int) -> Iterator[JsonObject]:
    """Yield the parts of a stream. The proof stands on the first part after the thoughts, or on an empty one."""
    proof = {"thoughtSignature": prove(DIALECT, said.reasoning)} if said.reasoning else {}
    if asked.shows_reasoning:
        for word in words(said.reasoning):
            yield {"text": word, "thought": True}
    for word in words(said.text):
        yield {"text": word}
    for place, call in enumerate(said.calls):
        args = msgspec.json.decode(call.arguments)
        named = {"name": call.tool.name, "args": args, "id": f"{serial:04x}{place:04x}"}
        yield {"functionCall": named, **(proof if place == 0 else {})}
    if proof and not said.calls:
        yield {"text": "", **proof}


def _response(asked: Asked, said: Said, serial: int, parts: list[JsonObject], *, last: bool) -> JsonObject:
    content = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    candidate: JsonObject = {"content": content, "index": 0}
    if last:
        candidate["finishReason"] = FINISH_REASONS[said.finish]
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(asked, said, last=last),
        "modelVersion": asked.model,
        "responseId": f"{serial:022x}",
    }


def _usage(asked: Asked, said: Said, *, last: bool) -> JsonObject:
    spoken = said.output_tokens - said.reasoning_tokens
    usage: JsonObject = {"promptTokenCount": asked.input_words}
    if last and spoken:
        usage["candidatesTokenCount"] = spoken
    usage["totalTokenCount"] = asked.input_words + (said.output_tokens if last else 0)
    usage["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": asked.input_words}]
    if last and said.reasoning_tokens:
        usage["thoughtsTokenCount"] = said.reasoning_tokens
    return usage


def _frame(asked: Asked, data: bytes, place: int) -> bytes:
    if not asked.as_array:
        return b"data: " + data + b"\r\n\r\n"
    return (b"\n,\r\n" if place else b"[") + data


def _error(refusal: Refusal) -> JsonObject:
    status = refusal.kind or STATUSES.get(refusal.status, "UNKNOWN")
    error: JsonObject = {"code": refusal.status, "message": refusal.message, "status": status}
    if refusal.code:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": refusal.code}
        service = {"service": "generativelanguage.googleapis.com"}
        error["details"] = [{**info, "domain": "googleapis.com", "metadata": service}]
    return {"error": error}


def _count(asked: Asked) -> bytes:
    details = [{"modality": "TEXT", "tokenCount": asked.input_words}]
    return msgspec.json.encode({"totalTokens": asked.input_words, "promptTokensDetails": details})


def _headers(_serial: int) -> Headers:
    return {"server-timing": "gfet4t7; dur=1"}


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
    opening=0,
    usual=USUAL,
    overload=503,
    request_id=_headers,
    bad_bearer=BAD_TOKEN,
    stream_type="text/event-stream",
    json_type="application/json; charset=UTF-8",
)
