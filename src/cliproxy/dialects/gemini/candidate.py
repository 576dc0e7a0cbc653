"""
Stream events of one candidate -> its parts.

Words go on as they come; a call waits until it is complete. The signature of words stands in a part of its own after
them. That of a thought stands with its last words, which wait for it: the Vercel AI SDK throws an empty thought away,
and its signature with it. What hangs on the candidate as a whole is told at its end.

Source: `reference` sheets `dialects/gemini` sections 4 and 5, `translation` section 12.2 (read 2026-11-21); opencode
1.18.33, tried 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw, structs

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.events import (
    ForeignPart,
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
    ToolCallDelta,
    ToolCallStart,
)
from cliproxy.conversation.reply import Finish, FinishReason
from cliproxy.conversation.request import Foreign, Media, Opaque, Search, Text
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import ReplyContext
from cliproxy.dialects.gemini import carried
from cliproxy.dialects.gemini.finish import finish_word
from cliproxy.dialects.gemini.grounding import grounding_object
from cliproxy.dialects.gemini.logprobs import logprobs_object
from cliproxy.dialects.gemini.media import media_part
from cliproxy.dialects.gemini.messages_encoder import placed
from cliproxy.dialects.gemini.schema import NAME
from cliproxy.dialects.gemini.signatures import PartObject

_CITING = ("groundingMetadata", "citationMetadata")
_ON_CANDIDATES = (*_CITING, "urlContextMetadata")

_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode


class CandidateEncoder:
    """Feed it the events of one candidate's parts, one part after another; `feed` returns what to write."""

    def __init__(self, context: ReplyContext, *, whole: bool = False) -> None:
        """`whole`: parts are gathered in `parts`, each in one piece."""
        self.parts: list[PartObject] = []
        self._context = context
        self._whole = whole
        self._call: ToolCallStart | None = None
        self._words: list[str] = []  # of the open part: a call's arguments, a thought's last; in a whole reply any
        self._proof: Opaque | None = None
        self._kind: type[StreamEvent] | None = None
        self._redacted = False
        self._said: list[str] = []  # all visible text, for what counts its characters
        self._length = self._begun = 0  # of it, in characters; where the open part began
        self._hanging: list[Citation] = []  # on the open part
        self._citations: list[Citation] = []  # on all that was said
        self._searches: list[Search] = []
        self._logprobs: list[Logprob] = []
        self._refused = False
        self._own: dict[str, object] = {}  # what came from this dialect and hangs on the candidate

    def feed(self, event: StreamEvent) -> list[PartObject]:
        """Return the parts that may be written now."""
        match event:
            case TextDelta(_, text):
                self._hear(text)
                return self._worded({"text": text}, text)
            case ReasoningDelta(_, text):
                return self._thought(text)
            case ToolCallDelta(_, arguments):
                self._words.append(arguments)
            case TextStart() | ReasoningStart():
                self._begin(type(event))
                self._redacted = isinstance(event, ReasoningStart) and event.redacted
                self._refused = self._refused or (isinstance(event, TextStart) and event.refusal)
            case ToolCallStart():
                self._begin(ToolCallStart)
                self._call = event
            case PartProof(_, proof):
                self._proof = proof
            case PartEnd():
                return self._end()
            case MediaPart(_, media):
                return self._given(self._media(media))
            case ForeignPart(_, part):
                return self._given(self._foreign(part))
            case TextCitation(_, citation):
                self._hanging.append(citation)
            case TextLogprobs(_, logprobs):
                self._logprobs.extend(logprobs)
            case _:
                pass  # tells of the reply, not of a part
        return []

    def ending(self, finish: Finish) -> dict[str, object]:
        """Return why the candidate ended, and what hangs on it as a whole. One that declined was filtered."""
        if self._refused and finish.reason is FinishReason.STOP:
            finish = Finish(FinishReason.FILTERED)
        fields = {"finishReason": finish_word(finish)} | self._own
        if not any(name in fields for name in _CITING) and (self._citations or self._searches):
            grounding = grounding_object(self._citations, self._searches, "".join(self._said))
            if grounding:
                fields["groundingMetadata"] = grounding
        if self._logprobs:
            fields["logprobsResult"] = logprobs_object(self._logprobs)
        return fields

    def _begin(self, kind: type[StreamEvent]) -> None:
        self._kind = kind
        self._words = []
        self._proof = None
        self._redacted = False
        self._begun = self._length

    def _worded(self, part: PartObject, text: str) -> list[PartObject]:
        if self._whole:
            self._words.append(text)
            return []
        return [part]

    def _thought(self, text: str) -> list[PartObject]:
        """Keep the words back, and let go of those that waited."""
        if self._whole:
            self._words.append(text)
            return []
        if not text:
            return []
        earlier, self._words = self._words, [text]
        return [{"text": words, "thought": True} for words in earlier]

    def _end(self) -> list[PartObject]:
        call, self._call = self._call, None
        if call is not None:
            return self._given([self._called(call)])
        self._citations.extend(self._placed())
        part: PartObject = {"text": "".join(self._words)}
        if self._kind is ReasoningStart and not (self._proof is not None and self._proof.on and not part["text"]):
            part["thought"] = True
        signed = self._signature()
        if self._kind is ReasoningStart and self._proof is not None and self._proof.on and part["text"]:
            return self._given([part, {"text": "", "thoughtSignature": signed}])
        if signed:
            part["thoughtSignature"] = signed
        return self._given([part] if signed or part["text"] else [])

    def _placed(self) -> Iterator[Citation]:
        """Give out the citations of the part that ends, counted from the first word; one without a place is on all."""
        for citation in self._hanging:
            start, end = self._begun, self._length
            if 0 <= citation.start < citation.end:
                start, end = self._begun + citation.start, self._begun + citation.end
            yield structs.replace(citation, start=start, end=end)
        self._hanging = []

    def _signature(self) -> str:
        if self._proof is None:
            return ""
        return carried.written(self._proof, redacted=self._redacted)

    def _given(self, parts: list[PartObject]) -> list[PartObject]:
        if self._whole:
            self.parts.extend(parts)
            return []
        return parts

    def _called(self, call: ToolCallStart) -> PartObject:
        arguments, unchanged = object_of("".join(self._words))
        if not unchanged:
            self._context.losses.add("reply: arguments that are no JSON object")
        function: dict[str, object] = {"name": call.name, "args": arguments}
        if call.id:
            function["id"] = call.id
        part: PartObject = {"functionCall": function}
        if call.proof is not None:
            part["thoughtSignature"] = carried.written(call.proof)
        return part

    def _media(self, media: Media) -> list[PartObject]:
        part = media_part(media, at_home=False)
        if part is None:
            self._context.losses.add(f"reply: {media.kind.value}")
            return []
        return [placed(part, dict(media.extras))]

    def _foreign(self, part: Foreign) -> list[PartObject]:
        if part.dialect == NAME:
            if part.kind in _ON_CANDIDATES:
                self._own[part.kind] = part.body
                return []
            return [dict(_decode_object(part.body))]
        if part.search is not None:
            self._searches.append(part.search)
            return []
        if not part.instead:
            self._context.losses.add(f"reply: {part.kind}")
        parts: list[PartObject] = []
        for one in part.instead:
            if isinstance(one, Text):
                self._hear(one.text)
                parts.append({"text": one.text})
            else:
                parts.extend(self._media(one))
        return parts

    def _hear(self, text: str) -> None:
        self._said.append(text)
        self._length += len(text)
