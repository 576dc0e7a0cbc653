"""
Legacy Completions requests: their heads, edits for a relay, and -> conversations.

The prompt is what a user says. That the reply is to begin with the prompt (`echo`) is no matter of the upstream's: who
writes the reply puts it there.

Source: `reference` sheet `openai-completions` (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import Conversation, Message, Role, Sampling, Text
from cliproxy.dialects.base import Edits, RequestHead, edit_top_level, fields_of, given, text_of, unknown_fields
from cliproxy.dialects.openai_completions import schema
from cliproxy.dialects.openai_completions.reply import NAME
from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE, close_body, not_readable, open_body
from cliproxy.wire.frames import Framing

NO_PROMPT = "Complete this:"  # chat models answer nothing to nothing

_NO_WISH = {"suffix": b'""', "logit_bias": b"{}"}  # as good as absent

_decode_head = msgspec.json.Decoder(schema.Head).decode
_decode_request = msgspec.json.Decoder(schema.Request).decode
_decode_prompt = msgspec.json.Decoder(str | list[str] | None).decode
_encode = msgspec.json.Encoder().encode

_REQUEST_FIELDS = fields_of(schema.Request)


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """Return what the request says about itself. Raises RequestError."""
    try:
        head = _decode_head(body)
    except UNREADABLE as error:
        raise not_readable(error) from None
    options = head.stream_options
    return RequestHead(
        model=head.model,
        stream=head.stream is True,
        session=text_of(head.user) if bytes(head.user)[:1] == b'"' else "",
        framing=Framing.EVENT_STREAM if head.stream is True else Framing.WHOLE,
        include_usage=options is not None and options.include_usage is True,
    )


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Return the request with its top level edited, the rest as it came. It has no place for efforts or proofs."""
    edited = edit_top_level(body, edits)
    if edits.stream is not False:
        return edited
    top = open_body(edited)
    top.pop("stream_options", None)  # refused where nothing is streamed
    return close_body(top)


def decode_request(body: bytes) -> Conversation:
    """
    Return what the request says, in neutral words.

    Raises:
        RequestError: A field is of another type, or the prompt is more than one text, or made of tokens.
    """
    try:
        request = _decode_request(body)
        extras = unknown_fields(body, _REQUEST_FIELDS)
        prompt = prompt_of(request.prompt)
    except UNREADABLE as error:
        raise not_readable(error) from None
    if request.best_of is not None and request.best_of > (request.n or 1):
        extras["best_of"] = Raw(_encode(request.best_of))
    return Conversation(
        origin=NAME,
        model=request.model,
        messages=(Message(Role.USER, (Text(prompt or NO_PROMPT),)),),
        sampling=_sampling(request),
        user=request.user or "",
        extras={name: value for name, value in extras.items() if bytes(value) != _NO_WISH.get(name)},
    )


def prompt_of(raw: Raw) -> str:
    """Return the text that is to go on. Raises RequestError."""
    if not given(raw):
        return ""
    try:
        prompt = _decode_prompt(raw)
    except msgspec.ValidationError:
        raise RequestError("prompt holds tokens; only the model's own vendor can read those, send a text") from None
    if isinstance(prompt, str) or prompt is None:
        return prompt or ""
    if len(prompt) > 1:
        raise RequestError(f"prompt holds {len(prompt)} texts; this model is asked for one at a time")
    return prompt[0] if prompt else ""


def _sampling(request: schema.Request) -> Sampling:
    top = int(request.logprobs) if request.logprobs is not None and request.logprobs is not False else None
    return Sampling(
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        stop=(request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ()),
        frequency_penalty=request.frequency_penalty or None,
        presence_penalty=request.presence_penalty or None,
        seed=request.seed,
        candidates=request.n,
        logprobs=None if top is None else True,
        top_logprobs=top,
    )
