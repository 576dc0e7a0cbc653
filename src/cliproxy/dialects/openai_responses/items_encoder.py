"""
Turns -> the items of a Responses request: every call, thought and result an item of its own, in the order they came.

Source: `reference` sheets `openai-responses` sections 3 and 7, `translation` sections 4, 5 and 11 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

import msgspec

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.free_text import unwrapped
from cliproxy.conversation.request import (
    Foreign,
    Inline,
    Media,
    MediaKind,
    Message,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.openai_responses import tool_search
from cliproxy.dialects.openai_responses.namespaces import split
from cliproxy.dialects.openai_responses.parts import NAME
from cliproxy.dialects.openai_responses.parts_encoder import Item, content_of, mark_of
from cliproxy.dialects.wording import Wording

_FERNET = "gAAAA"
_PART_KINDS = ("input_", "output_", "refusal")  # how types of parts begin; the others are items


class ItemsEncoder:
    """Writes the turns of one conversation."""

    def __init__(
        self, turns: Sequence[Message], wording: Wording, namespaces: Mapping[str, str], custom: Set[str]
    ) -> None:
        """
        Prepare the turns.

        Args:
            turns: What was said.
            wording: Of the conversation.
            namespaces: Tool -> the namespace that it is to be called in.
            custom: Tools that take words, calls of which may be told as a function's.
        """
        self._turns = turns
        self._wording = wording
        self._namespaces = namespaces
        calls = [part for turn in turns for part in turn.parts if isinstance(part, ToolCall)]
        self._custom = custom
        self._searching = _found_by(turns) if wording.at_home else set()
        self._free_text = {call.id for call in calls if self._takes_words(call)}
        self._drawn = 0

    def items(self) -> Iterator[Item]:
        """Give out the items."""
        for place, turn in enumerate(self._turns):
            where = f"messages[{place}]"
            extras = self._wording.extras(where, turn.extras)
            match turn.role:
                case Role.ASSISTANT:
                    yield from self._spoken(where, turn, extras)
                case Role.SYSTEM:
                    parts = list(self._wording.said(turn.parts, f"{where}.content"))
                    yield from self._message(where, "developer", parts, extras)
                case Role.REMINDER:
                    yield from self._message(where, "user", self._reminder(where, turn), extras)
                case Role.USER:
                    yield from self._asked(where, turn, extras)

    def _reminder(self, where: str, turn: Message) -> list[Part]:
        """Return what is meant where it stands, for a model that would take a system's words for the whole talk."""
        words: list[str] = []
        for part in self._wording.said(turn.parts, f"{where}.content"):
            if not isinstance(part, Text):
                self._wording.losses.add(f"{where}.content: {type(part).__name__.lower()}")
            elif part.text.strip():
                words.append(part.text)
                self._wording.extras(f"{where}.content", part.extras)
                mark_of(part.cache, self._wording, f"{where}.content")
        return [Text("\n".join(["<system-reminder>", *words, "</system-reminder>"]))] if words else []

    def _asked(self, where: str, turn: Message, extras: Item) -> Iterator[Item]:
        shown: list[Part] = []
        for part in self._wording.said(turn.parts, f"{where}.content"):
            if isinstance(part, ToolResult):
                yield self._result(where, part)
            elif isinstance(part, Foreign) and _is_item(part):
                yield msgspec.json.decode(part.body, type=Item)
            elif isinstance(part, (Text, Media, Foreign)):
                shown.append(part)
            else:
                self._wording.losses.add(f"{where}.content: {type(part).__name__.lower()}")  # no user can say it
        yield from self._message(where, "user", shown, extras)

    def _spoken(self, where: str, turn: Message, extras: Item) -> Iterator[Item]:
        words: list[Part] = []
        for part in self._wording.said(turn.parts, f"{where}.content"):
            if isinstance(part, Text) or (isinstance(part, Foreign) and not _is_item(part)):
                words.append(part)
                self._unproved(where, part)
                continue
            if words:
                yield from self._message(where, "assistant", words, extras)
                words, extras = [], {}
            yield from self._item(where, part)
        yield from self._message(where, "assistant", words, extras)

    def _item(self, where: str, part: Part) -> Iterator[Item]:
        match part:
            case ToolCall():
                self._unproved(where, part)
                yield self._call(where, part)
            case Reasoning():
                yield from self._thought(where, part)
            case Media():
                yield from self._picture(where, part)
            case Foreign(_, _, body):
                yield msgspec.json.decode(body, type=Item)
            case _:
                self._wording.losses.add(f"{where}.content: {type(part).__name__.lower()}")  # no model can say it

    def _message(self, where: str, role: str, parts: list[Part], extras: Item) -> Iterator[Item]:
        said = [part for part in parts if isinstance(part, (Text, Media, Foreign))]
        content = content_of(said, self._wording, f"{where}.content", spoken=role == "assistant")
        if content:
            yield {"type": "message", "role": role, "content": content} | extras

    def _call(self, where: str, call: ToolCall) -> Item:
        where = f"{where}.tool_calls"
        if call.id in self._searching:
            arguments, _ = object_of(call.arguments)
            item = tool_search.call_item(self._wording.id(call.id), arguments, "completed")
            return item | self._wording.extras(where, call.extras)
        free_text = self._takes_words(call)
        item = {"type": "custom_tool_call" if free_text else "function_call"}
        item["call_id"] = self._wording.id(call.id)
        item |= self.called(call.name)
        if free_text:
            item["input"] = call.arguments if call.free_text else unwrapped(call.arguments)
        else:
            item["arguments"] = call.arguments if call.arguments.strip() else "{}"
        mark_of(call.cache, self._wording, where)
        return item | self._wording.extras(where, call.extras)

    def _takes_words(self, call: ToolCall) -> bool:
        return call.free_text or call.name in self._custom

    def called(self, name: str) -> Item:
        """Return a tool's name, and its namespace where it has one."""
        namespace = self._namespaces.get(name)
        if namespace:
            return {"name": split(name, namespace), "namespace": namespace}
        return {"name": self._wording.name(name)}

    def _result(self, where: str, result: ToolResult) -> Item:
        where = f"{where}.tool_result"
        kind = "custom_tool_call_output" if result.call_id in self._free_text else "function_call_output"
        parts = [part for part in self._wording.said(result.content, where) if isinstance(part, (Text, Media, Foreign))]
        if len(parts) == 1 and isinstance(parts[0], Foreign) and parts[0].kind == tool_search.FOUND:
            return msgspec.json.decode(parts[0].body, type=Item)
        output: str | list[Item]
        if len(parts) == 1 and isinstance(parts[0], Text) and not parts[0].extras:
            output = parts[0].text
        else:
            output = content_of(parts, self._wording, where, spoken=False) or ""
        if result.is_error:
            self._wording.losses.add(f"{where}.is_error")
        mark_of(result.cache, self._wording, where)
        item: Item = {"type": kind, "call_id": self._wording.id(result.call_id), "output": output}
        return item | self._wording.extras(where, result.extras)

    def _thought(self, where: str, thought: Reasoning) -> Iterator[Item]:
        """Only thoughts with OpenAI's own proof are taken back; the words of the others are of no use there."""
        kept = self._wording.extras(f"{where}.content", thought.extras)
        proof = thought.proof
        if proof is not None and not _is_ours(proof):
            self._wording.losses.add(f"{where}.content: reasoning proof")
            return
        if proof is None and not self._wording.at_home:
            self._wording.losses.add(f"{where}.content: unsigned reasoning")
            return
        summary = [{"type": "summary_text", "text": thought.text}] if thought.text and self._wording.at_home else []
        item: Item = {"type": "reasoning", "summary": summary}
        if proof is not None:
            item["encrypted_content"] = proof.value
        elif "id" not in kept:  # an open model's words
            item = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": thought.text}]}
        yield item | kept

    def _picture(self, where: str, media: Media) -> Iterator[Item]:
        """Pictures that the model drew are items here, where nothing but words can stand in its messages."""
        if media.kind is not MediaKind.IMAGE or not isinstance(media.source, Inline):
            self._wording.losses.add(f"{where}.content: {media.kind.value}")
            return
        self._drawn += 1
        kept = self._wording.extras(f"{where}.content", media.extras)
        item: Item = {"type": "image_generation_call", "id": f"ig_{self._drawn}", "status": "completed"}
        yield item | {"result": media.source.data} | kept

    def _unproved(self, where: str, part: Part) -> None:
        if isinstance(part, (Text, ToolCall)) and part.proof is not None:
            self._wording.losses.add(f"{where}.content: proof of {part.proof.dialect}")


def _found_by(turns: Sequence[Message]) -> set[str]:
    """Return the calls by which the client searched for tools."""
    return {
        part.call_id
        for turn in turns
        for part in turn.parts
        if isinstance(part, ToolResult)
        and any(isinstance(one, Foreign) and one.kind == tool_search.FOUND for one in part.content)
    }


def _is_item(part: Foreign) -> bool:
    return bool(part.kind) and not part.kind.startswith(_PART_KINDS)


def _is_ours(proof: Opaque) -> bool:
    """Tell whether a proof is OpenAI's; some gateways hand it out untagged, and nobody else's looks like it."""
    return proof.dialect == NAME or proof.value.startswith(_FERNET)
