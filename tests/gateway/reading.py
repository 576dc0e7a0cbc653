"""Reading replies strictly, as a client of the dialect does: each assertion here is something that one relies on."""

from __future__ import annotations

import json
from typing import Any

from tests.gateway.asking import FIRST, GEMINI, MESSAGES, RESPONSES, SECOND, Reply, Way


def text_of(way: Way, reply: Reply) -> str:
    """Return the text of one complete, clean answer; anything else fails the test."""
    assert reply.status == 200, reply.body
    assert not reply.is_cut
    if way.form == "whole":
        return _text_of_whole(way.dialect, reply.json())
    return _text_of_stream(way, frames_of(way, reply))


def _text_of_whole(dialect: str, body: Any) -> str:
    match dialect:
        case "openai_chat":
            assert body["usage"]["completion_tokens"]
            return str(body["choices"][0]["message"]["content"])
        case "openai_responses":
            assert body["status"] == "completed"
            return "".join(part["text"] for item in body["output"] for part in item["content"])
        case "anthropic_messages":
            assert body["usage"]["output_tokens"]
            return "".join(block["text"] for block in body["content"])
        case _:
            return "".join(part["text"] for part in body["candidates"][0]["content"]["parts"])


def _text_of_stream(way: Way, frames: list[Any]) -> str:
    assert not any(is_error(frame) for frame in frames)
    match way.dialect:
        case "openai_chat":
            assert frames[-1] == "[DONE]"
            choices = [choice for frame in frames[:-1] for choice in frame["choices"]]
            assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["stop"]
            return "".join(choice["delta"].get("content") or "" for choice in choices)
        case "openai_responses":
            kinds = [frame["type"] for frame in frames]
            assert kinds.index("response.created") == 0
            assert kinds.count("response.created") == 1
            assert kinds[-1] == "response.completed"
            return "".join(frame["delta"] for frame in frames if frame["type"] == "response.output_text.delta")
        case "anthropic_messages":
            kinds = [frame["type"] for frame in frames if frame["type"] != "ping"]
            assert kinds[0] == "message_start"
            assert kinds.count("message_start") == 1
            assert kinds[-2:] == ["message_delta", "message_stop"]
            return "".join(f["delta"]["text"] for f in frames if f["type"] == "content_block_delta")
        case _:
            candidates = [frame["candidates"][0] for frame in frames if frame]
            assert [one["finishReason"] for one in candidates if "finishReason" in one] == ["STOP"]
            return "".join(part["text"] for one in candidates for part in one["content"]["parts"])


def frames_of(way: Way, reply: Reply) -> list[Any]:
    """Return the JSON values of a stream. Comments are passed over, but not in Gemini, whose clients break on them."""
    if way.form == "array":
        assert reply.headers["content-type"].startswith("application/json")
        values = json.loads(reply.body)
        assert isinstance(values, list)
        return values
    assert reply.headers["content-type"].startswith("text/event-stream")
    frames = []
    for text in reply.body.replace(b"\r\n", b"\n").decode().split("\n\n"):
        if not text:
            continue
        if text.startswith(":"):
            assert way.dialect != GEMINI, "a comment breaks Gemini's clients"
            continue
        fields = dict(line.split(": ", 1) for line in text.split("\n"))
        value: Any = "[DONE]" if fields["data"] == "[DONE]" else json.loads(fields["data"])
        if way.dialect == MESSAGES:
            assert fields["event"] == value["type"]
        frames.append(value)
    return frames


def is_error(frame: Any) -> bool:
    return isinstance(frame, dict) and (bool(frame.get("error")) or frame.get("type") in ("error", "response.failed"))


def error_of(way: Way, reply: Reply) -> str:
    """Return the message of an error that was answered with a status, in the shape of the client's dialect."""
    assert reply.status >= 400, reply.body
    assert reply.headers["content-type"].startswith("application/json")
    return _message_in(way.dialect, reply.json(), reply.status)


def _message_in(dialect: str, body: Any, status: int | None) -> str:
    error = body["error"]
    match dialect:
        case "anthropic_messages":
            assert body["type"] == "error"
            assert set(error) >= {"type", "message"}
        case "gemini":
            assert error["code"] == (status or error["code"])
            assert error["status"].isupper()
        case _:
            assert set(error) == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str)
    return str(error["message"])


def error_within(way: Way, reply: Reply) -> str:
    """Return the message of the one error that ends a stream; nothing in it may look like success."""
    assert reply.status == 200
    assert not reply.is_cut
    if way.form == "whole":
        return _message_in(way.dialect, reply.json(), None)
    frames = frames_of(way, reply)
    errors = [frame for frame in frames if is_error(frame)]
    assert errors, frames
    assert frames.index(errors[0]) >= len(frames) - len(errors)  # nothing but errors follows
    kinds = [frame.get("type") for frame in frames]
    assert not {"message_stop", "response.completed"} & set(kinds)
    assert b"[DONE]" not in reply.body
    assert b'"finishReason"' not in reply.body
    assert b'"finish_reason":"' not in reply.body
    if way.dialect == RESPONSES:
        first = errors[0]
        return str((first.get("error") or first)["message"])
    assert len(errors) == 1
    return _message_in(way.dialect, errors[0], None)


def no_secret_in(reply: Reply) -> bool:
    told = reply.body.decode() + str(reply.headers)
    return FIRST not in told and SECOND not in told
