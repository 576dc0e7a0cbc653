"""
Whole legacy Completions replies, and the words that they share with streams: reasons for an end, usage, ids.

Source: `reference` sheets `openai-completions`, `translation` sections 8 and 9 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from cliproxy.conversation.reply import Candidate, Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Foreign, Media, Part, Reasoning, Text, ToolCall
from cliproxy.conversation.words import Logprob
from cliproxy.dialects.base import ReplyContext, count_of
from cliproxy.dialects.openai_completions import schema
from cliproxy.dialects.openai_completions.logprobs import logprobs_object
from cliproxy.wire.body import UNREADABLE

NAME = "openai_completions"

FINISH_REASONS = {  # read by meaning: speakers of this dialect borrow each other's words
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.FILTERED,
}
FINISH_WORDS = {
    FinishReason.STOP: "stop",
    FinishReason.STOP_SEQUENCE: "stop",
    FinishReason.TOOL_CALL: "stop",
    FinishReason.LENGTH: "length",
    FinishReason.CONTEXT_FULL: "length",
    FinishReason.FILTERED: "content_filter",
    FinishReason.PAUSED: "stop",
    FinishReason.OTHER: "stop",
}

_decode_echo = msgspec.json.Decoder(schema.Echo).decode
_decode_prompt = msgspec.json.Decoder(str | list[str] | None).decode
_encode = msgspec.json.Encoder().encode


def finish_of(word: str | None) -> Finish:
    """Return why a choice ended."""
    return Finish(FINISH_REASONS.get(word or "stop", FinishReason.OTHER), word or "")


def finish_word(finish: Finish, *, refused: bool) -> str:
    """Return why a choice ended, as this dialect says it: who declines has been filtered."""
    return "content_filter" if refused else FINISH_WORDS[finish.reason]


def usage_of(usage: schema.Usage) -> Usage:
    """Return the tokens."""
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    cached = count_of(prompt.cached_tokens) if prompt else 0
    thought = count_of(completion.reasoning_tokens) if completion else 0
    return Usage(
        input_tokens=max(count_of(usage.prompt_tokens), cached),
        cached_tokens=cached,
        cache_write_tokens=count_of(prompt.cache_write_tokens) if prompt else 0,
        output_tokens=max(count_of(usage.completion_tokens), thought),
        reasoning_tokens=thought,
    )


def usage_object(usage: Usage) -> dict[str, object]:
    """Return the tokens as this dialect writes them; thoughts are in them, and told apart as in chat."""
    fields: dict[str, object] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    if usage.cached_tokens or usage.cache_write_tokens:
        fields["prompt_tokens_details"] = {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        }
    if usage.reasoning_tokens:
        fields["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return fields


def reply_id(id_: str, context: ReplyContext) -> str:
    """Return the reply's id: the upstream's, else one made from the exchange's."""
    return id_ or f"cmpl-{context.id}"


def echo_of(context: ReplyContext) -> str:
    """Return the text with which each choice is to begin: the prompt, where the client wants it back."""
    if context.request is None or b'"echo"' not in context.body:
        return ""  # relayed: the upstream has seen to it
    try:
        request = _decode_echo(context.body)
        prompt = _decode_prompt(request.prompt) if request.echo and request.prompt else None
    except UNREADABLE:
        return ""
    return "".join(prompt or ())


def said_of(parts: Iterable[Part], context: ReplyContext) -> Iterable[Text]:
    """Give out the texts among parts, and note what else there was: it has no place here."""
    for part in parts:
        match part:
            case Text():
                if part.citations:
                    context.losses.add("reply: citation")
                if part.proof is not None:
                    context.losses.add("reply: proof")
                yield part
            case Foreign():
                yield from said_of(part.instead, context)
                if not part.instead or part.search is not None:
                    context.losses.add(f"reply: {part.kind}")
            case Reasoning():
                context.losses.add("reply: reasoning")
            case ToolCall():
                context.losses.add("reply: tool call")
            case Media():
                context.losses.add(f"reply: {part.kind.value}")
            case _:
                pass  # a client's part; no reply holds one


def encode_reply(reply: Reply, context: ReplyContext) -> bytes:
    """Return a whole reply as one body."""
    if reply.service_tier:
        context.losses.add("reply: service_tier")
    candidates = (Candidate(reply.parts, reply.finish), *reply.others)
    return _encode(
        {
            "id": reply_id(reply.id, context),
            "object": "text_completion",
            "created": int(context.now),
            "model": reply.model or context.head.model,
            "choices": [_choice(index, candidate, context) for index, candidate in enumerate(candidates)],
            "usage": usage_object(reply.usage),
        }
    )


def _choice(index: int, candidate: Candidate, context: ReplyContext) -> dict[str, object]:
    texts = list(said_of(candidate.parts, context))
    echo = echo_of(context)
    logprobs: Sequence[Logprob] = [logprob for text in texts for logprob in text.logprobs]
    return {
        "index": index,
        "text": echo + "".join(text.text for text in texts),
        "logprobs": logprobs_object(logprobs, len(echo)) if logprobs else None,
        "finish_reason": finish_word(candidate.finish, refused=any(text.refusal for text in texts)),
    }
