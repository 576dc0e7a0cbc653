"""
Whole replies -> Chat Completions bodies.

Source: `reference` sheets `openai-chat` section 5, `translation` sections 4.5, 8, 9 and 11 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cliproxy.conversation.proof import written
from cliproxy.conversation.reply import Candidate, Finish, Reply
from cliproxy.conversation.request import Foreign, Inline, Media, MediaKind, Part, Reasoning, Text, ToolCall
from cliproxy.conversation.words import Logprob
from cliproxy.dialects.base import ReplyContext
from cliproxy.dialects.openai_chat.annotations import PAGES, annotation_of, annotations_of
from cliproxy.dialects.openai_chat.logprobs import logprobs_object
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.dialects.openai_chat.reasoning import reasoning_detail
from cliproxy.dialects.openai_chat.reply import (
    audio_object,
    call_id,
    finish_word,
    image_object,
    proof_fields,
    reply_id,
    usage_object,
)
from cliproxy.dialects.openai_family import tier_of

_encode = msgspec.json.Encoder().encode


def encode_reply(reply: Reply, context: ReplyContext) -> bytes:
    """Return a whole reply as one body."""
    candidates = (Candidate(reply.parts, reply.finish), *reply.others)
    body: dict[str, object] = {
        "id": reply_id(reply.id, context),
        "object": "chat.completion",
        "created": int(context.now),
        "model": reply.model or context.head.model,
        "choices": [_choice(index, candidate, context) for index, candidate in enumerate(candidates)],
        "usage": usage_object(reply.usage),
    }
    if tier := tier_of(reply.service_tier):
        body["service_tier"] = tier
    return _encode(body)


def _choice(index: int, candidate: Candidate, context: ReplyContext) -> dict[str, object]:
    message = _Message(index, context)
    for part in candidate.parts:
        message.add(part)
    return message.choice(candidate.finish)


class _Message:
    """Takes the parts of one candidate, and tells what they are together."""

    def __init__(self, index: int, context: ReplyContext) -> None:
        self._index = index
        self._context = context
        self._words: list[str] = []
        self._length = 0
        self._refusals: list[str] = []
        self._logprobs: list[Logprob] = []
        self._refused_logprobs: list[Logprob] = []
        self._annotations: list[object] = []
        self._found: list[object] = []  # by searches, whether or not it was cited
        self._thoughts: list[Reasoning] = []
        self._calls: list[object] = []
        self._images: list[object] = []
        self._sound: Media | None = None
        self._proof: dict[str, object] = {}

    def add(self, part: Part) -> None:
        match part:
            case Text(text):
                if part.refusal:
                    self._refusals.append(text)
                    self._refused_logprobs.extend(part.logprobs)
                else:
                    self._text(part)
            case Reasoning():
                self._thoughts.append(part)
            case ToolCall():
                self._calls.append(self._call(part))
            case Media():
                self._media(part)
            case Foreign():
                self._foreign(part)
            case _:
                pass  # a client's part; no reply holds one

    def choice(self, finish: Finish) -> dict[str, object]:
        told = self._logprobs or self._refused_logprobs
        return {
            "index": self._index,
            "message": self._message(),
            "logprobs": logprobs_object(self._logprobs, self._refused_logprobs) if told else None,
            "finish_reason": finish_word(finish, called=bool(self._calls)),
        }

    def _message(self) -> dict[str, object]:
        words, refusal = "".join(self._words), "".join(self._refusals)
        is_silent = bool(self._calls or refusal or self._sound)
        message: dict[str, object] = {"role": "assistant", "content": words or (None if is_silent else "")}
        message["refusal"] = refusal or None
        if self._sound is not None:
            message |= {"content": None, "audio": audio_object(self._sound, words, self._context)}
        thoughts = "\n\n".join(thought.text for thought in self._thoughts if thought.text)
        if thoughts:
            message["reasoning_content"] = thoughts
        details = list(self._details())
        if self._found and not self._annotations:
            self._context.losses.add(PAGES)
        fields = {
            "reasoning_details": details,
            "annotations": self._annotations or self._found,
            "images": self._images,
            "tool_calls": self._calls,
        }
        return message | {name: items for name, items in fields.items() if items} | self._proof

    def _text(self, text: Text) -> None:
        end = self._length + len(text.text)
        for citation in text.citations:
            annotation = annotation_of(citation, self._length, end)
            if annotation is None:
                self._context.losses.add("reply: citation")
            else:
                self._annotations.append(annotation)
        self._words.append(text.text)
        self._logprobs.extend(text.logprobs)
        self._length = end
        if text.proof is not None:
            self._proof = proof_fields(text.proof, self._context)

    def _details(self) -> Iterable[object]:
        for place, thought in enumerate(self._thoughts):
            if thought.proof is not None:
                value = written(thought.proof, NAME)
                yield reasoning_detail(thought.text, value, redacted=thought.redacted) | {"index": place}

    def _call(self, call: ToolCall) -> dict[str, object]:
        item: dict[str, object] = {"id": call.id or call_id(self._context, self._index, len(self._calls))}
        if call.free_text:
            item |= {"type": "custom", "custom": {"name": call.name, "input": call.arguments}}
        else:
            item |= {"type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}
        return item | proof_fields(call.proof, self._context)

    def _media(self, media: Media) -> None:
        image = image_object(media, len(self._images)) if media.kind is MediaKind.IMAGE else None
        if image is not None:
            self._images.append(image)
        elif media.kind is MediaKind.AUDIO and isinstance(media.source, Inline) and self._sound is None:
            self._sound = media
        else:
            self._context.losses.add(f"reply: {media.kind.value}")

    def _foreign(self, part: Foreign) -> None:
        for spoken in part.instead:
            self.add(spoken)
        if part.search is not None:
            self._found.extend(annotations_of(part.search))
        if part.search is not None or not part.instead:
            self._context.losses.add(f"reply: {part.kind}")
