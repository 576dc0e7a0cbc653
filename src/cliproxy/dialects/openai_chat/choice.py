"""
What one choice of a reply says, delta by delta -> stream events.

A delta may hold words, thoughts, calls, pictures and sound at once. Sound comes in pieces and is given out whole, at
the end.

Source: `reference` sheet `openai-chat` sections 5 and 6, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Raw

from cliproxy.conversation.events import (
    MediaPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    StreamEvent,
    TextCitation,
    TextDelta,
    TextLogprobs,
    TextStart,
)
from cliproxy.conversation.reply import Finish
from cliproxy.conversation.request import Extras, Media, Opaque
from cliproxy.conversation.words import Citation
from cliproxy.dialects.base import ABSENT, given, text_of
from cliproxy.dialects.openai_chat import reply_schema, schema
from cliproxy.dialects.openai_chat.annotations import citations
from cliproxy.dialects.openai_chat.calls import Calls, Counter, signature_of
from cliproxy.dialects.openai_chat.logprobs import logprobs_of
from cliproxy.dialects.openai_chat.media import picture, sound
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.dialects.openai_chat.reasoning import proofs
from cliproxy.dialects.openai_chat.reply import finish_of
from cliproxy.wire.body import UNREADABLE

_decode_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_images = msgspec.json.Decoder(list[reply_schema.Image]).decode
_decode_image = msgspec.json.Decoder(reply_schema.Image).decode
_decode_audio = msgspec.json.Decoder(reply_schema.Audio).decode
_encode = msgspec.json.Encoder().encode


class ChoiceDecoder:
    """Deltas in, the events of one candidate out."""

    def __init__(self, candidate: int, parts: Counter) -> None:
        self.candidate = candidate
        self._parts = parts
        self._open: tuple[str, int] | None = None  # kind and number of the text or reasoning being written
        self._before = 0  # characters that were said before the open text
        self._length = 0  # characters that have been said
        self._calls = Calls(candidate, parts)
        self._sound: list[str] = []
        self._about_sound: Extras = {}
        self._reason: str | None = None
        self._cited: set[str] = set()  # pages

    @property
    def finished(self) -> bool:
        """Whether it has told why it ends."""
        return self._reason is not None

    @property
    def finish(self) -> Finish:
        """Why it ended."""
        return finish_of(self._reason, called=self._calls.any)

    def feed(self, choice: reply_schema.Choice, events: list[StreamEvent]) -> None:
        """Add what a choice of a chunk says."""
        delta = choice.delta or choice.message
        if delta is not None:
            if delta.reasoning_content or delta.reasoning or delta.reasoning_details is not None:
                self._think(delta, events)
            content = delta.content
            if isinstance(content, str):
                if content:
                    self._say(content, events)
            elif content:
                self._listed(content, events)
            if delta.refusal:
                events.append(TextDelta(self._enter("refusal", events), delta.refusal))
            if (
                delta.annotations is not ABSENT
                or delta.audio is not ABSENT
                or delta.images is not ABSENT
                or delta.extra_content is not ABSENT
            ):
                self._do_more(delta, events)
            if delta.tool_calls:
                self._call(delta.tool_calls, events)
            if delta.function_call is not None:
                self._leave(events)
                self._calls.feed(reply_schema.ToolCall(index=0, function=delta.function_call), events)
        if isinstance(choice.logprobs, dict):
            self._logprobs(choice.logprobs, events)
        if choice.finish_reason is not None:
            self._reason = self._reason or choice.finish_reason

    def hang(self, found: Iterable[Citation], events: list[StreamEvent]) -> None:
        """Cite pages on what was said last, if anything was, but for those that were cited already."""
        for citation in found:
            if self._length and citation.url not in self._cited:
                events.append(TextCitation(self._enter("text", events), citation))

    def end(self, events: list[StreamEvent]) -> None:
        """End all that is open."""
        self._leave(events)
        self._calls.end(events)
        if self._sound:
            media = msgspec.structs.replace(sound(_joined(self._sound)), extras=self._about_sound)
            self._media(media, events)

    def _do_more(self, delta: reply_schema.Delta, events: list[StreamEvent]) -> None:
        if delta.annotations:
            self._cite(delta.annotations, events)
        if delta.audio:
            self._hear(delta.audio, events)
        if delta.images:
            self._show(delta.images, events)
        if delta.extra_content:
            self._prove(delta.extra_content, events)

    def _call(self, fragments: list[reply_schema.ToolCall], events: list[StreamEvent]) -> None:
        self._leave(events)
        if len(fragments) > 1:
            fragments = sorted(fragments, key=lambda fragment: fragment.index or 0)
        for fragment in fragments:
            self._calls.feed(fragment, events)

    # Words

    def _say(self, words: str, events: list[StreamEvent]) -> None:
        open_ = self._open
        index = open_[1] if open_ is not None and open_[0] == "text" else self._enter("text", events)
        events.append(TextDelta(index, words))
        self._length += len(words)

    def _listed(self, items: list[Raw], events: list[StreamEvent]) -> None:
        """Content as a list of parts: thoughts among them with Mistral, pictures with some who relay."""
        for raw in items:
            fields = _decode_fields(raw) if bytes(raw)[:1] == b"{" else {"text": raw}
            words = text_of(fields.get("thinking", ABSENT))
            if words:
                events.append(ReasoningDelta(self._enter("reasoning", events), words))
            words = text_of(fields.get("text", ABSENT))
            if words:
                self._say(words, events)
            if "image_url" in fields:
                self._picture(raw, events)

    def _think(self, delta: reply_schema.Delta, events: list[StreamEvent]) -> None:
        thoughts = list(proofs(delta.reasoning_details))
        words = text_of(delta.reasoning_content) or text_of(delta.reasoning)
        if not words:
            words = "".join(thought.text for thought in thoughts)
        if words:
            events.append(ReasoningDelta(self._enter("reasoning", events), words))
        for thought in thoughts:
            if thought.proof is None:
                continue
            if thought.redacted:
                self._leave(events)
                index = self._parts.next()
                events.append(ReasoningStart(index, redacted=True, candidate=self.candidate))
                events.append(PartProof(index, thought.proof))
                events.append(PartEnd(index))
            else:
                events.append(PartProof(self._enter("reasoning", events), thought.proof))
                self._leave(events)

    # What hangs on words

    def _cite(self, annotations: Raw, events: list[StreamEvent]) -> None:
        try:
            items = _decode_list(annotations) if given(annotations) else []
        except UNREADABLE:
            return
        for citation in citations(items, self._before):
            self._cited.add(citation.url)
            events.append(TextCitation(self._enter("text", events), citation))

    def _logprobs(self, logprobs: dict[str, Raw], events: list[StreamEvent]) -> None:
        """Of tokens that were thoughts, which some tell of in the same place, nothing is kept."""
        said, refused = logprobs_of(logprobs)
        if said and self._open is not None and self._open[0] == "text":
            events.append(TextLogprobs(self._open[1], said))
        if refused and self._open is not None and self._open[0] == "refusal":
            events.append(TextLogprobs(self._open[1], refused))

    def _prove(self, content: Raw, events: list[StreamEvent]) -> None:
        value = signature_of(content)
        if value:
            events.append(PartProof(self._enter("text", events), Opaque(NAME, value, "text")))
            self._leave(events)  # a part has one proof

    # What is not words

    def _hear(self, raw: Raw, events: list[StreamEvent]) -> None:
        try:
            audio = _decode_audio(raw) if given(raw) else None
        except UNREADABLE:
            return
        if audio is None:
            return
        if audio.transcript:
            self._say(audio.transcript, events)
        if audio.data:
            self._sound.append(audio.data)
        for name in ("id", "expires_at"):
            value = getattr(audio, name)
            if value is not None:
                self._about_sound[name] = Raw(_encode(value))

    def _show(self, raw: Raw, events: list[StreamEvent]) -> None:
        try:
            images = _decode_images(raw) if given(raw) else []
        except UNREADABLE:
            return
        for image in images:
            self._image(image, events)

    def _picture(self, raw: Raw, events: list[StreamEvent]) -> None:
        try:
            self._image(_decode_image(raw), events)
        except UNREADABLE:
            return

    def _image(self, image: reply_schema.Image, events: list[StreamEvent]) -> None:
        url = image.image_url.url if isinstance(image.image_url, reply_schema.Url) else image.image_url
        if url:
            self._media(picture(schema.ImageUrl(url)), events)

    def _media(self, media: Media, events: list[StreamEvent]) -> None:
        self._leave(events)
        events.append(MediaPart(self._parts.next(), media, self.candidate))

    # Where it is

    def _enter(self, kind: str, events: list[StreamEvent]) -> int:
        """Return the number of the open part of this kind, opened where it is not."""
        if self._open is not None and self._open[0] == kind:
            return self._open[1]
        self._leave(events)
        self._calls.end_whole(events)
        index = self._parts.next()
        self._open = kind, index
        self._before = self._length
        if kind == "reasoning":
            events.append(ReasoningStart(index, candidate=self.candidate))
        else:
            events.append(TextStart(index, kind == "refusal", self.candidate))
        return index

    def _leave(self, events: list[StreamEvent]) -> None:
        if self._open is not None:
            events.append(PartEnd(self._open[1]))
            self._open = None


def _joined(pieces: Sequence[str]) -> str:
    """Return base64 that came in pieces as one; each piece may have its own end."""
    if not any(piece.endswith("=") for piece in pieces[:-1]):
        return "".join(pieces)
    try:
        return base64.b64encode(b"".join(base64.b64decode(piece) for piece in pieces)).decode()
    except binascii.Error:
        return "".join(pieces)
