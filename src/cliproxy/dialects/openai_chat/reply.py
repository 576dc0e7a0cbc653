"""
What whole Chat Completions replies and streams share: reasons for an end, usage, ids.

Source: `reference` sheets `openai-chat` section 5, `translation` sections 8 and 9 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Inline, Media, Opaque
from cliproxy.dialects.base import ReplyContext, count_of
from cliproxy.dialects.openai_chat import reply_schema
from cliproxy.dialects.openai_chat.media import item_of
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.dialects.openai_chat.reasoning import GOOGLE, extra_content

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


def finish_of(word: str | None, *, called: bool) -> Finish:
    """Return why a choice ended: a call makes it a tool call, and only a call; a limit stays a limit."""
    reason = FINISH_REASONS.get(word or "stop", FinishReason.OTHER)
    if called and reason in (FinishReason.STOP, FinishReason.OTHER):
        reason = FinishReason.TOOL_CALL
    elif reason is FinishReason.TOOL_CALL and not called:
        reason = FinishReason.STOP
    return Finish(reason, word or "")


def finish_word(finish: Finish, *, called: bool) -> str:
    """Return why a choice ended, as this dialect says it. A call outweighs a plain stop, and cannot be claimed."""
    word = FINISH_WORDS[finish.reason]
    return word if word not in ("stop", "tool_calls") else "tool_calls" if called else "stop"


def usage_of(usage: reply_schema.Usage) -> Usage:
    """Return the tokens: this dialect counts cached ones inside the prompt and reasoning inside the completion."""
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    said, answered = count_of(usage.prompt_tokens), count_of(usage.completion_tokens)
    thought = count_of(completion.reasoning_tokens) if completion else 0
    cached = count_of((prompt and prompt.cached_tokens) or usage.cached_tokens or usage.prompt_cache_hit_tokens)
    if cached > said:
        said += cached  # counted beside the prompt, by xAI's models at Azure
    if thought and usage.total_tokens == said + answered + thought:
        answered += thought  # xAI counts it beside the completion (recordings of xai with feature `reasoning-tokens`)
    return Usage(
        input_tokens=said,
        cached_tokens=cached,
        cache_write_tokens=count_of(prompt.cache_write_tokens) if prompt else 0,
        output_tokens=max(answered, thought),  # aggregators guess how much of it was thought
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


def reply_id(id_: str, context: ReplyContext) -> str:
    """Return the reply's id: the upstream's, else one made from the exchange's."""
    return id_ or f"chatcmpl-{context.id}"


def call_id(context: ReplyContext, choice: int, place: int) -> str:
    """Return an id for a call that the upstream gave none."""
    return f"call_{context.id}_{choice}_{place}" if choice else f"call_{context.id}_{place}"


def proof_fields(proof: Opaque | None, context: ReplyContext) -> dict[str, object]:
    """Return the field that carries a proof on a call, or on what was said; only Google hangs one there."""
    if proof is None:
        return {}
    if proof.dialect in (NAME, GOOGLE):
        return extra_content(proof)
    context.losses.add("reply: proof")
    return {}


def audio_object(sound: Media, transcript: str, context: ReplyContext) -> dict[str, object]:
    """Return what was said aloud; an id with which it can be spoken of later is the upstream's, or means nothing."""
    assert isinstance(sound.source, Inline)
    fields: dict[str, object] = {"id": f"audio_{context.id}", "expires_at": int(context.now)}
    fields |= {name: value for name, value in sound.extras.items() if name in fields}
    return fields | {"data": sound.source.data, "transcript": transcript}


def image_object(picture: Media, place: int) -> dict[str, object] | None:
    """Return a picture as it stands in a message; None: it lies where the client cannot see it."""
    item = item_of(picture, at_home=False)
    return None if item is None else item | {"index": place}
