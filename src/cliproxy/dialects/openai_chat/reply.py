"""
Whole Chat Completions replies, and the words that they share with streams: finish reasons, usage, ids.

Source: `reference` sheets `openai-chat` section 5, `translation` sections 8 and 9 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.proof import written
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Reasoning, Text, ToolCall
from cliproxy.dialects.base import ReplyContext
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.messages import NAME
from cliproxy.dialects.openai_chat.messages_encoder import reasoning_detail

FINISH_REASONS = {  # read by meaning: speakers of this dialect borrow each other's words
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALL,
    "tool_call": FinishReason.TOOL_CALL,
    "tool_use": FinishReason.TOOL_CALL,
    "function_call": FinishReason.TOOL_CALL,
    "content_filter": FinishReason.FILTERED,
    "sensitive": FinishReason.FILTERED,
    "refusal": FinishReason.FILTERED,
}
FINISH_WORDS = {
    FinishReason.STOP: "stop",
    FinishReason.STOP_SEQUENCE: "stop",
    FinishReason.TOOL_CALL: "tool_calls",
    FinishReason.LENGTH: "length",
    FinishReason.CONTEXT_FULL: "length",
    FinishReason.FILTERED: "content_filter",
    FinishReason.PAUSED: "stop",
    FinishReason.OTHER: "stop",
}

_encode = msgspec.json.Encoder().encode


def finish_of(word: str | None, *, called: bool) -> Finish:
    """Return why the reply ended. A call makes it a tool call, whatever the upstream says; a limit stays a limit."""
    reason = FINISH_REASONS.get(word or "stop", FinishReason.OTHER)
    if called and reason in (FinishReason.STOP, FinishReason.OTHER):
        reason = FinishReason.TOOL_CALL
    return Finish(reason, word or "")


def finish_word(finish: Finish, *, called: bool) -> str:
    """Return why the reply ended, as this dialect says it. A call outweighs a plain stop."""
    return "tool_calls" if called and finish.reason is FinishReason.STOP else FINISH_WORDS[finish.reason]


def usage_of(usage: schema.Usage) -> Usage:
    """Return the tokens: this dialect counts cached ones inside the prompt and reasoning inside the completion."""
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    said, answered = usage.prompt_tokens or 0, usage.completion_tokens or 0
    thought = (completion.reasoning_tokens or 0) if completion else 0
    if thought and usage.total_tokens == said + answered + thought:
        answered += thought  # xAI counts it beside the completion (recordings of xai with feature `reasoning-tokens`)
    return Usage(
        input_tokens=said,
        cached_tokens=(prompt and prompt.cached_tokens) or usage.cached_tokens or usage.prompt_cache_hit_tokens or 0,
        cache_write_tokens=(prompt.cache_write_tokens or 0) if prompt else 0,
        output_tokens=answered,
        reasoning_tokens=thought,
    )


def usage_object(usage: Usage) -> dict[str, object]:
    """Return the tokens as this dialect writes them."""
    prompt = {"cached_tokens": usage.cached_tokens}
    if usage.cache_write_tokens:
        prompt["cache_write_tokens"] = usage.cache_write_tokens
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def encode_reply(reply: Reply, context: ReplyContext) -> bytes:
    """Return a whole reply as one body."""
    message: dict[str, object] = {"role": "assistant"}
    texts = [part for part in reply.parts if isinstance(part, Text)]
    words = "".join(part.text for part in texts if not part.refusal)
    refusal = "".join(part.text for part in texts if part.refusal)
    calls = [part for part in reply.parts if isinstance(part, ToolCall)]
    message["content"] = words or (None if calls or refusal else "")
    message["refusal"] = refusal or None
    thoughts = [part for part in reply.parts if isinstance(part, Reasoning)]
    if any(thought.text for thought in thoughts):
        message["reasoning_content"] = "\n\n".join(thought.text for thought in thoughts if thought.text)
    details = [
        reasoning_detail(thought.text, written(thought.proof, NAME), redacted=thought.redacted) | {"index": place}
        for place, thought in enumerate(thoughts)
        if thought.proof is not None
    ]
    if details:
        message["reasoning_details"] = details
    if calls:
        message["tool_calls"] = [
            {
                "id": call.id or call_id(context, place),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments or "{}"},
            }
            for place, call in enumerate(calls)
        ]
    return _encode(
        {
            "id": reply_id(reply.id, context),
            "object": "chat.completion",
            "created": int(context.now),
            "model": reply.model or context.head.model,
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "logprobs": None,
                    "finish_reason": finish_word(reply.finish, called=bool(calls)),
                }
            ],
            "usage": usage_object(reply.usage),
        }
    )


def reply_id(id_: str, context: ReplyContext) -> str:
    """Return the reply's id: the upstream's, else one made from the exchange's."""
    return id_ or f"chatcmpl-{context.id}"


def call_id(context: ReplyContext, place: int) -> str:
    """Return an id for a call that the upstream gave none."""
    return f"call_{context.id}_{place}"
