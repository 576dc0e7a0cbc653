"""
The items of a Responses request -> instructions and turns.

One item is one call, one thought, one message; a run of them that the model gave at once is one turn.

Source: `reference` sheets `openai-responses` section 3, `translation` sections 4 and 11.2 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Raw

from cliproxy.conversation.proof import read as read_proof
from cliproxy.conversation.request import (
    Extras,
    Foreign,
    Inline,
    Media,
    MediaKind,
    Message,
    Part,
    Reasoning,
    Role,
    Search,
    Source,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.base import given, text_of, unknown_fields
from cliproxy.dialects.openai_responses import schema, tool_search
from cliproxy.dialects.openai_responses.namespaces import joined
from cliproxy.dialects.openai_responses.parts import (
    NAME,
    Content,
    decode_content,
    decode_output,
    first_sign,
    readable_texts,
)
from cliproxy.dialects.openai_responses.tools import found_in
from cliproxy.wire.body import UNREADABLE
from cliproxy.wire.data_url import plain_base64, sniffed

CALLS = ("function_call", "custom_tool_call")
_RESULTS = ("function_call_output", "custom_tool_call_output")
_INSTRUCTING = ("system", "developer")
_ANSWERING = ("_output", "_response", "_trigger")  # how types of items end that a client adds
_USUAL = ("completed", "")
_ITEM_FIELDS = {
    "message": {"type", "role", "content", "id", "status"},
    "reasoning": {"type", "id", "status", "summary", "content", "encrypted_content"},
    "function_call": {"type", "id", "status", "call_id", "name", "namespace", "arguments"},
    "custom_tool_call": {"type", "id", "status", "call_id", "name", "namespace", "input"},
    "function_call_output": {"type", "id", "status", "call_id", "output"},
    "custom_tool_call_output": {"type", "id", "status", "call_id", "output"},
}

_decode_only_item = msgspec.json.Decoder(schema.OnlyItem).decode
_decode_item = msgspec.json.Decoder(schema.Item).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_picture = msgspec.json.Decoder(schema.Picture).decode
_decode_action = msgspec.json.Decoder(schema.Action).decode


class Said(NamedTuple):
    """What the items of an input say."""

    instructions: list[Text]  # that open it
    turns: list[Message]
    declaring: list[Raw]  # items in which tools are declared


def decode_items(raws: list[Raw]) -> Said:
    """Return what the items say."""
    reader = _Reader()
    for raw in raws:
        reader.read(raw)
    return Said(reader.instructions, reader.turns, reader.declaring)


class _Reader:
    def __init__(self) -> None:
        self.instructions: list[Text] = []
        self.turns: list[Message] = []
        self.declaring: list[Raw] = []
        self._has_spoken = False  # whether the open turn of the assistant holds a message

    def read(self, raw: Raw) -> None:
        extras: Extras = {}
        item: schema.Item | schema.OnlyItem
        try:
            item = _decode_only_item(raw)
        except msgspec.ValidationError:
            if first_sign(raw) == b'"':
                self._add(Role.USER, [Text(text_of(raw))], {})
                return
            item = _decode_item(raw)
            known = _ITEM_FIELDS.get(item.type or "message")
            extras = unknown_fields(raw, known) if known else {}
        if item.status is not None and item.status not in _USUAL:
            extras = extras | {"status": _decode_object(raw)["status"].copy()}
        kind = item.type or "message"
        if kind == "message":
            self._message(item, extras)
        elif kind in _RESULTS:
            self._result(ToolResult(item.call_id or "", decode_output(item.output), extras=extras))
        elif kind in CALLS:
            self._assistant(call_of(item, extras))
        elif kind == "reasoning":
            self._assistant(_thought(item, raw, extras))
        elif kind == tool_search.CALL and tool_search.is_the_clients(raw):
            self._assistant(tool_search.search_call(item.call_id or item.id or "", raw))
        elif kind == tool_search.FOUND and tool_search.is_the_clients(raw):
            self._result(tool_search.search_result(item.call_id or "", raw, found_in(raw)))
        elif kind == "additional_tools":
            self.declaring.append(raw)
        else:
            self._other(kind, raw)

    def _message(self, item: schema.Item | schema.OnlyItem, extras: Extras) -> None:
        parts = decode_content(item.content)
        if item.role in _INSTRUCTING:
            self._instruct([part for _, part in parts], extras)
        elif item.role == "assistant":
            said: list[Part] = [part for _, part in parts if not _is_empty(part)]
            thoughts = text_of(extras.pop("reasoning_content", Raw()))
            if thoughts:  # where a client keeps them as in Chat Completions
                said.insert(0, Reasoning(thoughts))
            self._speak(said, extras)
        else:
            self._mixed(parts, extras)

    def _instruct(self, parts: list[Text | Media | Foreign], extras: Extras) -> None:
        texts = [part for part in parts if isinstance(part, Text) and part.text]
        shown = [part for part in parts if not isinstance(part, Text)]
        if texts and not self.turns:
            if extras:
                texts[0] = msgspec.structs.replace(texts[0], extras=texts[0].extras | extras)
            self.instructions.extend(texts)
        elif texts:
            self._add(Role.SYSTEM, texts, extras)
        if shown:  # pictures are nothing that instructions can hold
            self._add(Role.USER, shown, {})

    def _mixed(self, parts: list[tuple[str, Text | Media | Foreign]], extras: Extras) -> None:
        """Read a user's message; what some clients put there as `output_text` is still the model's."""
        run: list[Part] = []
        is_model = False
        for kind, part in parts:
            if run and (kind == "output_text") is not is_model:
                self._add(Role.ASSISTANT if is_model else Role.USER, run, extras)
                run, extras = [], {}
            is_model = kind == "output_text"
            run.append(part)
        self._add(Role.ASSISTANT if is_model else Role.USER, run, extras)

    def _speak(self, parts: list[Part], extras: Extras) -> None:
        """Add a message to what the model gave at once; a second one begins anew, with the thoughts before it."""
        last = self.turns[-1] if self.turns else None
        if last is None or last.role is not Role.ASSISTANT:
            self._add(Role.ASSISTANT, parts, extras)
        elif self._has_spoken or _calls(last):
            thoughts = _trailing_thoughts(last.parts)
            self.turns[-1] = Message(Role.ASSISTANT, last.parts[: len(last.parts) - len(thoughts)], last.extras)
            self._add(Role.ASSISTANT, [*thoughts, *parts], extras)
        else:
            self.turns[-1] = Message(Role.ASSISTANT, (*last.parts, *parts), last.extras | extras)
        self._has_spoken = True

    def _assistant(self, part: Part) -> None:
        last = self.turns[-1] if self.turns else None
        if last is None or last.role is not Role.ASSISTANT:
            self._add(Role.ASSISTANT, [part], {})
        else:
            self.turns[-1] = Message(Role.ASSISTANT, (*last.parts, part), last.extras)

    def _result(self, result: ToolResult) -> None:
        last = self.turns[-1] if self.turns else None
        if last is not None and last.role is Role.USER and all(isinstance(part, ToolResult) for part in last.parts):
            self.turns[-1] = Message(Role.USER, (*last.parts, result))
        else:
            self._add(Role.USER, [result], {})

    def _other(self, kind: str, raw: Raw) -> None:
        part = other_part(kind, raw)
        if kind == tool_search.FOUND:
            part = Foreign(NAME, kind, raw.copy(), tools=found_in(raw))
        if kind.endswith(_ANSWERING) or kind == "item_reference":
            self._add(Role.USER, [part], {})
        else:
            self._assistant(part)

    def _add(self, role: Role, parts: Sequence[Part], extras: Extras) -> None:
        self.turns.append(Message(role, tuple(parts), extras))
        self._has_spoken = False


def _calls(turn: Message) -> bool:
    return any(isinstance(part, ToolCall) for part in turn.parts)


def _trailing_thoughts(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    place = len(parts)
    while place and isinstance(parts[place - 1], Reasoning):
        place -= 1
    return parts[place:]


def _is_empty(part: Part) -> bool:
    return isinstance(part, Text) and not part.text


def call_of(item: schema.Item | schema.OnlyItem, extras: Extras) -> ToolCall:
    """Return the call that an item is."""
    free_text = item.type == "custom_tool_call"
    given_words = item.input if free_text else item.arguments
    words = text_of(given_words) if isinstance(given_words, Raw) else given_words or ""
    name = joined(item.namespace or "", item.name or "")
    return ToolCall(item.call_id or item.id or "", name, words, extras=extras, free_text=free_text)


def _thought(item: schema.Item | schema.OnlyItem, raw: Raw, extras: Extras) -> Reasoning:
    thought = thought_of(item)
    if thought.proof is None and item.id:  # all by which the vendor, where it stored the reply, knows it again
        extras = extras | {"id": _decode_object(raw)["id"].copy()}
    return msgspec.structs.replace(thought, extras=extras) if extras else thought


def thought_of(item: schema.Item | schema.OnlyItem) -> Reasoning:
    """
    Return the reasoning that an item is: its summary, else its own words.

    Another vendor's proof without any summary is one of redacted thoughts, which have no words; thoughts that merely
    show none come with an empty one.
    """
    parts = words_of(item.summary)
    text = "\n\n".join(part for part in parts if part) or "\n\n".join(words_of(item.content))
    if not item.encrypted_content:
        return Reasoning(text)
    proof = read_proof(item.encrypted_content, NAME)
    redacted = proof.dialect != NAME and not proof.on and not parts and not text
    return Reasoning(text, proof, redacted)


def words_of(content: Content) -> list[str]:
    """Return the texts in `summary` or `content`."""
    return [text.text for _, text in readable_texts(content)]


def other_part(kind: str, raw: Raw) -> Media | Foreign:
    """Return an item without words of its own: a picture that was drawn, or what only this dialect knows."""
    try:
        if kind == "image_generation_call":
            return _picture(raw) or Foreign(NAME, kind, raw.copy())
        if kind == "web_search_call":
            return Foreign(NAME, kind, raw.copy(), search=_search(raw))
    except UNREADABLE:
        pass
    return Foreign(NAME, kind, raw.copy())


def _picture(raw: Raw) -> Media | None:
    picture = _decode_picture(raw)
    if not picture.result:
        return None
    data = plain_base64(picture.result)
    mime_type = f"image/{picture.output_format}" if picture.output_format else sniffed(data) or "image/png"
    return Media(MediaKind.IMAGE, Inline(data), mime_type)


def _search(raw: Raw) -> Search:
    item = _decode_object(raw)
    action = _decode_action(item["action"]) if given(item.get("action", Raw())) else schema.Action()
    queries = tuple(action.queries or ()) or ((action.query,) if action.query else ())
    sources = tuple(Source(source.url, source.title or "") for source in action.sources or () if source.url)
    if action.url and not sources:
        sources = (Source(action.url),)
    return Search(text_of(item.get("id", Raw())), queries, sources)
