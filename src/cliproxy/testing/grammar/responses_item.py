"""One item of a Responses stream: what it was filled with must be what it is in the end."""

from __future__ import annotations

from cliproxy.testing.grammar.reading import Json, Problems, is_text, lacking, objects

_NEEDED = {  # what the SDKs and clients read of a finished item without looking whether it is there
    "message": ("role", "status", "content"),
    "reasoning": ("summary",),
    "function_call": ("call_id", "name", "arguments"),
    "custom_tool_call": ("call_id", "name", "input"),
}
_FILLED = {  # events that fill a field of the item itself: item type, event's field, item's field
    "response.function_call_arguments": ("function_call", "arguments", "arguments"),
    "response.custom_tool_call_input": ("custom_tool_call", "input", "input"),
}
_WRITTEN = {  # events that fill a part: list in the item, event's index, event's field, what types the part may have
    "response.output_text": ("content", "content_index", "text", "output_text"),
    "response.refusal": ("content", "content_index", "refusal", "refusal"),
    "response.reasoning_text": ("content", "content_index", "text", "reasoning_text"),
    "response.reasoning_summary_text": ("summary", "summary_index", "text", "summary_text"),
}
_PARTS = {
    "response.content_part": ("content", "content_index"),
    "response.reasoning_summary_part": ("summary", "summary_index"),
}
_ANNOTATION = "response.output_text.annotation.added"


class _OpenPart:
    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.words = ""
        self.annotations = 0
        self.is_written = self.is_done = False


class OpenItem:
    """An item that was added and is not done."""

    def __init__(self, item: Json) -> None:
        self.id = item.get("id")
        self._kind = item.get("type")
        self._words: str | None = None  # of a call, as long as they are not done
        self._whole: str | None = None  # the same, done
        self._parts: dict[tuple[str, int], _OpenPart] = {}

    def knows(self, kind: str) -> bool:
        """Tell whether an event is about what the item says, and not about what a tool does."""
        return kind.rpartition(".")[0] in _FILLED

    def feed(self, kind: str, event: Json) -> Problems:
        """Give out what is wrong with an event for this item."""
        stem, _, step = kind.rpartition(".")
        if stem in _FILLED and step in ("delta", "done"):
            yield from self._fill(kind, step, event, *_FILLED[stem])
        elif stem in _WRITTEN and step in ("delta", "done"):
            yield from self._write(kind, step, event, *_WRITTEN[stem])
        elif stem in _PARTS and step in ("added", "done"):
            yield from self._part(kind, step, event, *_PARTS[stem])
        elif kind == _ANNOTATION:
            yield from self._annotate(event)
        else:
            yield f"an event of type {kind!r}"

    def _fill(self, kind: str, step: str, event: Json, item_kind: str, field: str, _: str) -> Problems:
        if self._kind != item_kind or self._whole is not None:
            yield f"{kind} for a {self._kind}, or after it was done"
        elif step == "delta":
            self._words = (self._words or "") + str(event.get("delta"))
        else:
            self._whole = str(event.get(field))
            if self._words is not None and self._whole != self._words:
                yield f"{kind} says something else than its deltas"

    def _write(self, kind: str, step: str, event: Json, place: str, index_name: str, field: str, part: str) -> Problems:
        index = event.get(index_name)
        if not isinstance(index, int):
            yield f"{kind} without {index_name}"
            return
        if kind.startswith("response.reasoning_text"):  # these open without an event of their own
            self._parts.setdefault((place, index), _OpenPart("reasoning_text"))
        opened = self._parts.get((place, index))
        if opened is None or opened.kind != part or opened.is_written:
            yield f"{kind} for part {index}, which is not open for it"
            return
        if kind.startswith("response.output_text") and not isinstance(event.get("logprobs"), list):
            yield f"{kind} without logprobs"
        if step == "delta":
            opened.words += str(event.get("delta"))
        else:
            opened.is_written = True
            if event.get(field) != opened.words:
                yield f"{kind} says something else than its deltas"

    def _part(self, kind: str, step: str, event: Json, place: str, index_name: str) -> Problems:
        index, part = event.get(index_name), event.get("part") or {}
        if not isinstance(index, int):
            yield f"{kind} without {index_name}"
        elif step == "added":
            if index != sum(1 for where, _ in self._parts if where == place):
                yield f"part {index} opens after others"
            self._parts[place, index] = _OpenPart(str(part.get("type")))
        else:
            opened = self._parts.get((place, index))
            if opened is None or opened.is_done or not opened.is_written:
                yield f"{kind} for part {index}, which is not open or not written"
                return
            opened.is_done = True
            if part.get("type") != opened.kind or _words_of(part) != opened.words:
                yield f"{kind} holds another part than was streamed"

    def _annotate(self, event: Json) -> Problems:
        index = event.get("content_index")
        opened = self._parts.get(("content", index)) if isinstance(index, int) else None
        if opened is None or opened.is_done:
            yield "an annotation for a part that is not open"
            return
        if event.get("annotation_index") != opened.annotations:
            yield f"annotation {event.get('annotation_index')} after {opened.annotations} others"
        opened.annotations += 1

    def done(self, event: Json) -> Problems:
        """Give out what is wrong with the item's end."""
        item = event.get("item") or {}
        if item.get("id") != self.id or item.get("type") != self._kind:
            yield f"a {self._kind} {self.id!r} ends as {item.get('type')} {item.get('id')!r}"
        yield from item_problems(item)
        cut = item.get("status") == "incomplete"
        for (place, index), part in self._parts.items():
            if not part.is_written or (part.kind != "reasoning_text" and not part.is_done):
                yield f"part {index} of {place} is open at the item's end"
        for place in ("content", "summary"):
            streamed = [part.words for (where, _), part in sorted(self._parts.items()) if where == place]
            if self._kind in ("message", "reasoning") and [*map(_words_of, objects(item.get(place)))] != streamed:
                yield f"the item's {place} is not what was streamed"
        for stem, (kind, _, field) in _FILLED.items():
            if self._kind == kind:
                if item.get(field) != ((self._words or "") if self._whole is None else self._whole):
                    yield f"the item's {field} are not what was streamed"
                if self._whole is None and not cut:
                    yield f"the item ends without {stem}.done"


def _words_of(part: Json) -> object:
    return part.get("refusal") if part.get("type") == "refusal" else part.get("text")


def item_problems(item: Json) -> Problems:
    """Give out what a finished item lacks."""
    kind = item.get("type")
    for name in lacking(item, _NEEDED.get(str(kind), ())):
        yield f"a {kind} without {name}"
    if item.get("status") == "in_progress":
        yield f"a finished {kind} with status 'in_progress'"
    if kind in ("function_call", "custom_tool_call") and not (
        is_text(item.get("call_id")) and is_text(item.get("name"))
    ):
        yield "a call without call_id or name"
    for part in objects(item.get("content")) if kind == "message" else ():
        needed = ("refusal",) if part.get("type") == "refusal" else ("text", "annotations")
        for name in lacking(part, needed):
            yield f"a {part.get('type')} part without {name}"
