"""
Whole Messages replies, model listings, and the words that both share with streams: stop reasons, usage, ids.

Source: `reference` sheets `claude-messages` sections 1 and 5, `translation` sections 8 and 9 (read 2026-11-21).
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import assert_never

import msgspec

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.names import fitted
from cliproxy.conversation.proof import written
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Foreign, Media, Reasoning, Text, ToolCall, ToolResult
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.citations import written as citation_in
from cliproxy.dialects.anthropic_messages.messages_encoder import LONGEST_CALL_ID, REFUSED
from cliproxy.dialects.anthropic_messages.reply_blocks import WholeBlocks, proof_block
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.base import ReplyContext, count_of

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
_OWN_REASONS = ("compaction",)  # mean nothing elsewhere
_BORROWED_REASONS = {"sensitive": FinishReason.FILTERED}  # read by meaning from others who speak this dialect
_COUNTS = schema.Usage.__struct_fields__
LONGEST_PLACE = 8  # characters that tell two calls apart
_TIERS = {"standard": "default"}  # in which a reply was served -> our word, where it is another
_TIER_WORDS = {"default": "standard", "priority": "priority", "batch": "batch"}

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
    if called and reason in (FinishReason.STOP, FinishReason.OTHER):
        reason = FinishReason.TOOL_CALL
    elif reason is FinishReason.STOP and refused:
        reason = FinishReason.FILTERED
    elif reason is FinishReason.TOOL_CALL and not called:
        reason = FinishReason.STOP
    word = finish.raw if reason is FinishReason.OTHER and finish.raw in _OWN_REASONS else STOP_REASONS[reason]
    return {"stop_reason": word, "stop_sequence": finish.stop_sequence}


def usage_of(*heard: schema.Usage | None) -> Usage:
    """
    Return the tokens; of several reports the later values count, field by field.

    This dialect keeps cached tokens out of `input_tokens`; ours are inside.
    """
    merged = schema.Usage()
    for usage in heard:
        if usage is not None:
            for name in _COUNTS:
                if getattr(usage, name) is not None:
                    setattr(merged, name, getattr(usage, name))
    cached, cache_write = count_of(merged.cache_read_input_tokens), count_of(merged.cache_creation_input_tokens)
    details = merged.output_tokens_details
    return Usage(
        input_tokens=count_of(merged.input_tokens) + cached + cache_write,
        cached_tokens=cached,
        cache_write_tokens=cache_write,
        output_tokens=count_of(merged.output_tokens),
        reasoning_tokens=count_of(details.thinking_tokens) if details else 0,
    )


def tier_of(*heard: schema.Usage | None) -> str:
    """Return in which tier the reply was served; "": not told."""
    word = next((usage.service_tier for usage in heard if usage is not None and usage.service_tier), "")
    return _TIERS.get(word, word)


def usage_object(usage: Usage, tier: str = "") -> dict[str, object]:
    """Return the tokens as this dialect counts them."""
    fields: dict[str, object] = {
        "input_tokens": max(0, usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens),
        "output_tokens": max(0, usage.output_tokens),
    }
    if usage.cached_tokens:
        fields["cache_read_input_tokens"] = usage.cached_tokens
    if usage.cache_write_tokens:
        fields["cache_creation_input_tokens"] = usage.cache_write_tokens
    if usage.reasoning_tokens:
        fields["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    if tier in _TIER_WORDS:
        fields["service_tier"] = _TIER_WORDS[tier]
    return fields


def encode_reply(reply: Reply, context: ReplyContext) -> bytes:
    """Return a whole reply as one body."""
    called = any(isinstance(part, ToolCall) for part in reply.all_parts)
    refused = any(isinstance(part, Text) and part.refusal for part in reply.all_parts)
    message = {
        "id": reply_id(reply.id, context),
        "type": "message",
        "role": "assistant",
        "model": reply.model or context.head.model,
        "content": _content(reply, context),
        **stop_of(reply.finish, called=called, refused=refused),
        "usage": usage_object(reply.usage, reply.service_tier),
    }
    return _encode(message)


def _content(reply: Reply, context: ReplyContext) -> list[object]:
    wholes, ids = WholeBlocks(context), CallIds(context)
    blocks: list[object] = []
    for place, part in enumerate(reply.all_parts):
        match part:
            case Text():
                blocks += _text(part, context)
            case Reasoning(text, proof, redacted):
                signature = written(proof, NAME) if proof else ""
                if not redacted:
                    blocks.append({"type": "thinking", "thinking": text, "signature": signature})
                elif signature:
                    blocks.append({"type": "redacted_thinking", "data": signature})
            case ToolCall(id_, name, arguments, proof):
                if proof is not None:
                    blocks.append(proof_block(proof))
                id_ = ids.fitting(id_, place)
                blocks.append({"type": "tool_use", "id": id_, "name": name, "input": object_of(arguments)[0]})
            case Media() | Foreign():
                blocks += wholes.of(part, place)
            case ToolResult():
                pass  # a client's part; no reply holds one
            case _:
                assert_never(part)
    return blocks


def _text(part: Text, context: ReplyContext) -> list[object]:
    blocks: list[object] = []
    if part.text:
        block: dict[str, object] = {"type": "text", "text": part.text}
        citations = [citation_in(one) for one in part.citations]
        if None in citations:
            context.losses.add("reply: citations")
        if part.citations:
            block["citations"] = [one for one in citations if one is not None] or None
        blocks.append(block)
    if part.logprobs:
        context.losses.add("reply: logprobs")
    if part.proof is not None:
        blocks.append(proof_block(part.proof))
    return blocks


def reply_id(id_: str, context: ReplyContext) -> str:
    """Return the reply's id: the upstream's, else one made from the exchange's."""
    return id_ or f"msg_{context.id}"


class CallIds:
    """The ids of the calls of one reply, in the characters that this dialect allows, no two alike."""

    def __init__(self, context: ReplyContext) -> None:
        self._exchange = context.id
        self._used: set[str] = set()

    def fitting(self, id_: str, place: int) -> str:
        """Return a call's id; made where there is none."""
        fit = fitted(id_, REFUSED, LONGEST_CALL_ID) if id_ else f"toolu_{self._exchange}_{place}"
        if fit in self._used:
            fit = f"{fit[: LONGEST_CALL_ID - LONGEST_PLACE]}_{place}"
        self._used.add(fit)
        return fit


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
