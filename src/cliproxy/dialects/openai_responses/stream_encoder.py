"""
Stream events -> Responses streams, and whole replies, which are what such a stream ends with.

An item is ended when the next begins, or the reply ends: only then it is known whether it was cut.

Source: `reference` sheets `openai-responses` sections 5 to 7, `translation` sections 11.2 and 12.2, `real clients`
section 2 (read 2026-11-21).
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from cliproxy.conversation.arguments import is_whole
from cliproxy.conversation.assemble import events_of
from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextCitation,
    TextDelta,
    TextLogprobs,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.proof import written
from cliproxy.conversation.reply import Finish, Reply, Usage
from cliproxy.conversation.request import Foreign, Inline, Media, MediaKind, Opaque, Search, Text
from cliproxy.conversation.sequence import InSequence
from cliproxy.dialects.base import ReplyContext
from cliproxy.dialects.openai_responses.errors import told
from cliproxy.dialects.openai_responses.parts import NAME
from cliproxy.dialects.openai_responses.parts_encoder import Item
from cliproxy.dialects.openai_responses.reply import called_as, frame_of, reason_of, usage_object
from cliproxy.dialects.openai_responses.searches import Searches, search_item
from cliproxy.dialects.openai_responses.tool_search import CALL, SEARCH, call_item
from cliproxy.dialects.openai_responses.written_items import (
    Pen,
    WrittenCall,
    WrittenItem,
    WrittenMessage,
    WrittenSearch,
    WrittenThought,
)
from cliproxy.errors import GatewayError

_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "web_search_call": "ws",
    "image_generation_call": "ig",
    CALL: "tsc",
}
_STEPS = {  # what is told of a tool's work between its item's beginning and end
    "web_search_call": ("in_progress", "searching", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
}

_encode = msgspec.json.Encoder().encode


class StreamEncoder:
    """Stream events in, framed events of a Responses stream out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._in_sequence = InSequence()
        self._pen = Pen()
        self._frame: Item = {}
        self._usage = Usage()
        self._output: list[Item] = []
        self._message: WrittenMessage | None = None  # open
        self._thought: WrittenThought | None = None
        self._call: WrittenCall | None = None
        self._refusal = False  # what the text that began is
        self._is_writing = False  # words of it were written
        self._redacted = False
        self._afterwards: Opaque | None = None  # the proof of a text, which follows it
        self._searches = Searches()
        self._ids: set[str] = set()
        self._call_ids: set[str] = set()
        self._names = called_as(context)
        functions = context.request.functions if context.request is not None else ()
        self._searches_tools = any(tool.name == SEARCH and tool.native is not None for tool in functions)
        self.response: Item = {}  # the whole reply, once it is there

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        if self._is_writing and isinstance(event, TextDelta) and event.index == self._in_sequence.flowing:
            assert self._message is not None
            return [self._message.write(event.text)]
        if isinstance(event, CandidateEnd):
            self._context.losses.add("reply: another candidate")
        units: list[bytes] = []
        for ordered in self._in_sequence.feed(event):
            units.extend(self._write(ordered))
        return units

    def _write(self, event: StreamEvent) -> list[bytes]:
        match event:
            case TextDelta(_, text):
                return [*self._words(), self._open_message().write(text)]
            case ReasoningDelta(_, text):
                return self._thought.write(text) if self._thought is not None else []
            case ToolCallDelta(_, arguments):
                return self._call.write(arguments) if self._call is not None else []
            case TextStart(_, refusal):
                self._refusal = refusal
                return self._no_search()
            case ReasoningStart(_, redacted):
                return self._begin_thought(redacted=redacted)
            case PartProof(_, proof):
                return self._prove(proof)
            case TextCitation(_, citation):
                return [*self._words(), *self._open_message().cite(citation)]
            case TextLogprobs(_, logprobs):
                return [*self._words(), *self._open_message().weigh(logprobs)]
            case ToolCallStart():
                return self._begin_call(event)
            case PartEnd():
                return self._end_part()
            case UsageUpdate(usage):
                self._usage = usage
                return []
            case MediaPart(_, media):
                return self._draw(media)
            case ForeignPart(_, part):
                return self._foreign(part)
            case ReplyStart(id_, _, service_tier):
                return self._begin(id_, service_tier)
            case ReplyEnd(finish):
                return self._end(finish)
            case ReplyError():
                return self._fail(event)
            case CandidateEnd():
                return []
            case _:
                assert_never(event)

    # The reply

    def _begin(self, id_: str, service_tier: str) -> list[bytes]:
        self._frame = frame_of(id_, service_tier, self._context)
        response = self._frame | {"status": "in_progress", "output": [], "usage": None}
        kinds = ("response.created", "response.in_progress")
        return [self._pen.event(kind, {"response": response}) for kind in kinds]

    def _end(self, finish: Finish) -> list[bytes]:
        reason = reason_of(finish)
        units = [*self._no_search(), *self._settle(cut=reason is not None)]
        status = "incomplete" if reason else "completed"
        self.response = self._frame | {
            "status": status,
            "incomplete_details": {"reason": reason} if reason else None,
            "output": self._output,
            "usage": usage_object(self._usage),
        }
        if not reason:
            self.response["completed_at"] = int(self._context.now)
        return [*units, self._pen.event(f"response.{status}", {"response": self.response})]

    def _fail(self, error: ReplyError) -> list[bytes]:
        """Both ways in which this API tells of a failure: some clients read only one of them."""
        said = told(GatewayError(error.message, status=error.status or 502, code=error.code))
        units = [self._pen.event("error", said | {"param": None})]
        if self._frame:
            response = self._frame | {"status": "failed", "error": said, "output": self._output}
            response["usage"] = usage_object(self._usage)
            units.append(self._pen.event("response.failed", {"response": response}))
        return units

    # Items

    def _id(self, kind: str) -> str:
        return f"{_PREFIXES.get(kind, 'item')}_{self._context.id}_{len(self._output)}"

    def _settle(self, *, cut: bool = False) -> list[bytes]:
        """End the open item: the next begins, or the reply ends."""
        call = self._call
        item: WrittenItem | None = self._message or self._thought or call
        if item is None:
            return []
        if cut and call is not None and call.body["type"] != "custom_tool_call":
            cut = not is_whole(call.words)
        units = item.close(cut=cut)
        self._output.append(item.body)
        self._message = self._thought = self._call = None
        return units

    def _end_part(self) -> list[bytes]:
        units: list[bytes] = []
        if self._is_writing and self._message is not None:
            units += self._message.end_part()
            self._is_writing = False
        if self._thought is not None:
            units += self._settle()
        if self._afterwards is not None:
            units += self._proof_alone(self._afterwards)
            self._afterwards = None
        return units

    def _words(self) -> list[bytes]:
        """Open what words are written to, at the first of them: a text without any is no part."""
        if self._is_writing:
            return []
        units: list[bytes] = []
        if self._message is None:
            units += self._settle()
            self._message = WrittenMessage(self._pen, len(self._output), self._id("message"), self._context.losses)
            units.append(self._message.begin())
        units.append(self._message.begin_part(refusal=self._refusal))
        self._is_writing = True
        return units

    def _open_message(self) -> WrittenMessage:
        assert self._message is not None
        return self._message

    def _begin_thought(self, *, redacted: bool = False) -> list[bytes]:
        units = [*self._no_search(), *self._settle()]
        self._redacted = redacted
        self._thought = WrittenThought(self._pen, len(self._output), self._id("reasoning"))
        return [*units, self._thought.begin()]

    def _prove(self, proof: Opaque) -> list[bytes]:
        if self._thought is None:
            self._afterwards = proof
            return []
        wordless = not self._redacted and not proof.on and proof.dialect != NAME
        return self._thought.prove(written(proof, NAME), wordless=wordless)

    def _proof_alone(self, proof: Opaque) -> list[bytes]:
        """Write the proof of a text or a call as thoughts without words beside it."""
        units = self._begin_thought(redacted=True)
        return [*units, *self._prove(proof), *self._settle()]

    def _begin_call(self, call: ToolCallStart) -> list[bytes]:
        units = [*self._no_search(), *self._settle()]
        if call.proof is not None:
            units += self._proof_alone(call.proof)
        if call.name == SEARCH and self._searches_tools:
            searching = {"id": self._id(CALL)} | call_item(self._call_id(call), {}, "in_progress")
            self._call = WrittenSearch(self._pen, len(self._output), searching)
            return [*units, self._call.begin()]
        kind = "custom_tool_call" if call.free_text else "function_call"
        name, namespace = self._names.get(call.name, (call.name, ""))
        body: Item = {"id": self._id(kind), "type": kind, "status": "in_progress"}
        body |= {"call_id": self._call_id(call), "name": name}
        if namespace:
            body["namespace"] = namespace
        body["input" if call.free_text else "arguments"] = ""
        self._call = WrittenCall(self._pen, len(self._output), body)
        return [*units, self._call.begin()]

    def _call_id(self, call: ToolCallStart) -> str:
        """Return the call's id, unlike those before; made where there is none."""
        id_ = call.id or f"call_{self._context.id}_{call.index}"
        if id_ in self._call_ids:
            id_ = f"{id_}_{call.index}"
        self._call_ids.add(id_)
        return id_

    def _whole(self, body: Item) -> list[bytes]:
        """Write an item that is there at once."""
        units = self._settle()
        kind = str(body["type"])
        bare = {name: body[name] for name in ("id", "type", "call_id") if name in body} | {"status": "in_progress"}
        item = WrittenItem(self._pen, len(self._output), bare)
        units.append(item.begin())
        units += [item.step(step) for step in _STEPS.get(kind, ())]
        status = body.get("status")
        item.body = {name: value for name, value in body.items() if name != "status" or status != "in_progress"}
        units.append(
            self._pen.event("response.output_item.done", {"output_index": len(self._output), "item": item.body})
        )
        self._output.append(item.body)
        return units

    def _draw(self, media: Media) -> list[bytes]:
        units = self._no_search()
        if media.kind is not MediaKind.IMAGE or not isinstance(media.source, Inline):
            self._context.losses.add(f"reply: {media.kind.value}")
            return units
        kind = "image_generation_call"
        body: Item = {"id": self._id(kind), "type": kind, "status": "completed", "result": media.source.data}
        body["output_format"] = media.mime_type.partition("/")[2] or "png"
        return [*units, *self._whole(body)]

    def _foreign(self, part: Foreign) -> list[bytes]:
        if part.dialect == NAME:
            body = msgspec.json.decode(part.body, type=Item)
            body["type"] = part.kind
            id_ = body.get("id")
            if not isinstance(id_, str) or not id_ or id_ in self._ids:
                body["id"] = self._id(part.kind)
            self._ids.add(str(body["id"]))
            return [*self._no_search(), *self._whole(body)]
        if part.search is not None:
            return self._half_search(part.search)
        units = self._no_search()
        if not part.instead:
            self._context.losses.add(f"reply: {part.kind}")
        for other in part.instead:
            units += self._instead(other)
        return units

    def _instead(self, part: Text | Media) -> list[bytes]:
        if isinstance(part, Media):
            return self._draw(part)
        self._refusal = part.refusal
        if not part.text:
            return []
        return [*self._words(), self._open_message().write(part.text), *self._end_part()]

    def _half_search(self, search: Search) -> list[bytes]:
        return [unit for whole in self._searches.take(search) for unit in self._searched(whole)]

    def _no_search(self) -> list[bytes]:
        """Write the search that was held: its other half does not come any more."""
        held = self._searches.held
        if held is None:
            return []
        self._searches.held = None
        return self._searched(held)

    def _searched(self, search: Search) -> list[bytes]:
        return self._whole(search_item(self._id("web_search_call"), search))


def encode_reply(reply: Reply, context: ReplyContext) -> bytes:
    """Return a whole reply as one body."""
    encoder = StreamEncoder(context)
    for event in events_of(reply):
        encoder.feed(event)
    return _encode(encoder.response)
