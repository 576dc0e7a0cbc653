"""
Whole Messages replies, model listings, and the words that both share with streams: stop reasons, usage, ids.

Source: `reference` sheets `claude-messages` sections 1 and 5, `translation` sections 8 and 9 (read 2026-11-21).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import msgspec

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.names import fitted
from cliproxy.conversation.proof import written
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Foreign, Part, Reasoning, Text, ToolCall
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.messages import NAME
from cliproxy.dialects.anthropic_messages.messages_encoder import LONGEST_CALL_ID, REFUSED
from cliproxy.dialects.base import ReplyContext

FINISH_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "tool_use": FinishReason.TOOL_CALL,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.CONTEXT_FULL,
    "refusal": FinishReason.FILTERED,
    "pause_turn": FinishReason.PAUSED,
}
STOP_REASONS = {reason: word for word, reason in FINISH_REASONS.items()} | {FinishReason.OTHER: "end_turn"}
_BORROWED_REASONS = {"sensitive": FinishReason.FILTERED}  # read by meaning from others who speak this dialect

_encode = msgspec.json.Encoder().encode


def finish_of(word: str | None, stop_sequence: str | None, *, called: bool) -> Finish:
    """Return why the reply ended. A call makes it a tool call where the upstream says that it simply ended."""
    word = word or ""
    reason = FINISH_REASONS.get(word) or _BORROWED_REASONS.get(word) or FinishReason.OTHER
    if not word:
        reason = FinishReason.STOP
    if called and reason in (FinishReason.STOP, FinishReason.OTHER):
        reason = FinishReason.TOOL_CALL
    return Finish(reason, word, stop_sequence)


def stop_of(finish: Finish, *, called: bool, refused: bool) -> dict[str, object]:
    """Return why the reply ended, as this dialect says it; a stop sequence only where it is known."""
    reason = finish.reason
    if reason is FinishReason.STOP_SEQUENCE and finish.stop_sequence is None:
        reason = FinishReason.STOP
    if reason is FinishReason.STOP and called:
        reason = FinishReason.TOOL_CALL
    elif reason is FinishReason.STOP and refused:
        reason = FinishReason.FILTERED
    return {"stop_reason": STOP_REASONS[reason], "stop_sequence": finish.stop_sequence}


def usage_of(*heard: schema.Usage | None) -> Usage:
    """
    Return the tokens; of several reports the later values count, field by field.

    This dialect keeps cached tokens out of `input_tokens`; ours are inside.
    """
    merged = schema.Usage()
    for usage in heard:
        if usage is not None:
            for name in usage.__struct_fields__:
                if getattr(usage, name) is not None:
                    setattr(merged, name, getattr(usage, name))
    cached, cache_write = merged.cache_read_input_tokens or 0, merged.cache_creation_input_tokens or 0
    details = merged.output_tokens_details
    return Usage(
        input_tokens=(merged.input_tokens or 0) + cached + cache_write,
        cached_tokens=cached,
        cache_write_tokens=cache_write,
        output_tokens=merged.output_tokens or 0,
        reasoning_tokens=(details.thinking_tokens or 0) if details else 0,
    )


def usage_object(usage: Usage) -> dict[str, object]:
    """Return the tokens as this dialect counts them."""
    fields: dict[str, object] = {
        "input_tokens": max(0, usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens),
        "output_tokens": usage.output_tokens,
    }
    if usage.cached_tokens:
        fields["cache_read_input_tokens"] = usage.cached_tokens
    if usage.cache_write_tokens:
        fields["cache_creation_input_tokens"] = usage.cache_write_tokens
    if usage.reasoning_tokens:
        fields["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return fields


def encode_reply(reply: Reply, context: ReplyContext) -> bytes:
    """Return a whole reply as one body."""
    names, ids = declared(context), set[str]()
    parts = [
        ToolCall(call_id(part.id, place, context, ids), restored(part.name, names), part.arguments)
        if isinstance(part, ToolCall)
        else part
        for place, part in enumerate(reply.parts)
    ]
    content = [block for part in parts if (block := _block(part)) is not None]
    called = any(isinstance(part, ToolCall) for part in reply.parts)
    refused = any(isinstance(part, Text) and part.refusal for part in reply.parts)
    message = {
        "id": reply_id(reply.id, context),
        "type": "message",
        "role": "assistant",
        "model": reply.model or context.head.model,
        "content": content,
        **stop_of(reply.finish, called=called, refused=refused),
        "usage": usage_object(reply.usage),
    }
    return _encode(message)


def _block(part: Part) -> dict[str, object] | None:
    match part:
        case Text(text):
            return {"type": "text", "text": text} if text else None
        case Reasoning(text, proof, redacted):
            signature = written(proof, NAME) if proof else ""
            if redacted:
                return {"type": "redacted_thinking", "data": signature}
            return {"type": "thinking", "thinking": text, "signature": signature}
        case ToolCall(id_, name, arguments):
            return {"type": "tool_use", "id": id_, "name": name, "input": object_of(arguments)[0]}
        case Foreign(dialect, _, body) if dialect == NAME:
            return msgspec.json.decode(body, type=dict[str, object])
        case _:
            return None


def declared(context: ReplyContext) -> Mapping[str, str]:
    """Return the client's tools by their names in small letters: some models answer in another case."""
    tools = context.request.tools if context.request is not None else ()
    return {tool.name.lower(): tool.name for tool in tools} | {tool.name: tool.name for tool in tools}


def restored(name: str, names: Mapping[str, str]) -> str:
    """Return a tool's name as the client declared it."""
    return names.get(name) or names.get(name.lower()) or name


def reply_id(id_: str, context: ReplyContext) -> str:
    """Return the reply's id: the upstream's, else one made from the exchange's."""
    return id_ or f"msg_{context.id}"


def call_id(id_: str, place: int, context: ReplyContext, used: set[str]) -> str:
    """Return a call's id in the characters this dialect allows, unlike those used; made where there is none."""
    fitting = fitted(id_, REFUSED, LONGEST_CALL_ID) if id_ else f"toolu_{context.id}_{place}"
    if fitting in used:
        fitting = f"{fitting}_{place}"
    used.add(fitting)
    return fitting


def list_models(models: Sequence[ModelInfo]) -> bytes:
    """Return the listing of `GET /v1/models`, in one page."""
    return _encode(
        {
            "data": [_model(model) for model in models],
            "has_more": False,
            "first_id": models[0].id if models else None,
            "last_id": models[-1].id if models else None,
        }
    )


def show_model(model: ModelInfo) -> bytes:
    """Return one model of `GET /v1/models/{id}`."""
    return _encode(_model(model))


def _model(model: ModelInfo) -> dict[str, object]:
    created = datetime.datetime.fromtimestamp(model.created, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": "model", "id": model.id, "display_name": model.display_name or model.id, "created_at": created}
