"""
Messages and parts -> contents.

Every call is answered in the next content, in the same order, under the name that was called. No part and no content
is empty. A signature goes back onto the part it came on, also where another dialect carried it beside that part.

Source: `reference` sheets `dialects/gemini` section 2, `translation` sections 4, 11 and 13 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Raw

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    Extras,
    Foreign,
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.gemini.media import media_part, note
from cliproxy.dialects.gemini.messages import MADE_ID
from cliproxy.dialects.gemini.results import response_of
from cliproxy.dialects.gemini.schema import NAME
from cliproxy.dialects.gemini.signatures import Content, PartObject, fitting, is_checked, sign_calls
from cliproxy.dialects.wording import Wording

_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode

_RESPONSES = "openai_responses"
_MESSAGES = "anthropic_messages"


class MessagesEncoder:
    """Writes the turns of one conversation."""

    def __init__(self, conversation: Conversation, words: Wording, model: str) -> None:
        self._said = conversation
        self._words = words
        self._model = model
        self._called: dict[str, str] = {}  # id -> the name as it is written
        self._joined = set(_beside_results(conversation)) if words.at_home else set[int]()

    def contents(self) -> list[Content]:
        """Return the turns."""
        contents: list[Content] = []
        for place, turn in enumerate(self._words.turns):
            where = f"messages[{place}]"
            parts = list(self._turn(where, turn))
            extras = self._words.extras(where, turn.extras)
            if not parts:
                continue
            if id(turn.parts[0]) in self._joined and contents:
                earlier = contents[-1]["parts"]
                assert isinstance(earlier, list)
                earlier.extend(parts)
            else:
                contents.append({"role": "model" if turn.role is Role.ASSISTANT else "user", "parts": parts} | extras)
        if not self._words.at_home:
            self._cut_end(contents)
        if is_checked(self._model):
            sign_calls(contents)
        return contents

    def instructions(self) -> list[PartObject]:
        """Return the instructions, those that stood further down among them: here they have one place."""
        texts = list(self._said.instructions)
        for message in self._said.messages:
            if message.role is Role.SYSTEM:
                self._words.extras("system", message.extras)
                texts.extend(part for part in message.parts if isinstance(part, Text))
                if any(not isinstance(part, Text) for part in message.parts):
                    self._words.losses.add("system: what is no text")
        return [part for text in texts for part in self._text("system", text)]

    def _cut_end(self, contents: list[Content]) -> None:
        """Cut an end that Google would refuse, or go on from: calls that nobody answered, words of the model."""
        if len(contents) < 2 or contents[-1]["role"] != "model":
            return
        parts = contents[-1]["parts"]
        assert isinstance(parts, list)
        if any("functionCall" in part for part in parts):
            self._words.losses.add("messages: calls at the end that have no results")
        elif self._said.origin == _RESPONSES and not any(part.get("thought") for part in parts):
            self._words.losses.add("messages: the model's own words at the end")
        else:
            return
        contents.pop()

    def _turn(self, where: str, turn: Message) -> Iterator[PartObject]:
        if turn.role is Role.REMINDER:
            words = "\n".join(self._reminders(f"{where}.content", turn.parts))
            if words:
                yield {"text": f"<system-reminder>\n{words}\n</system-reminder>"}
            return
        waiting: str | None = None  # a signature for the call that follows
        last: PartObject | None = None  # the text that a signature may follow
        for part in self._words.said(turn.parts, f"{where}.content"):
            proof = self._proof(part.proof) if isinstance(part, Reasoning) else None
            if isinstance(part, Reasoning) and proof is not None and proof.on:
                if proof.on == "call":
                    waiting = proof.value
                    yield from self._thought(part.text, None)
                elif last is not None and not part.text:
                    last["thoughtSignature"] = proof.value
                else:
                    yield from self._thought(part.text, None)
                    yield {"text": "", "thoughtSignature": proof.value}
                last = None
                continue
            for written_part in self._part(where, part, waiting):
                is_words = isinstance(part, Text) and "thoughtSignature" not in written_part
                last = written_part if is_words and not self._words.at_home else None
                yield written_part
            if isinstance(part, ToolCall):
                waiting = None
        if waiting is not None:
            yield {"text": "", "thoughtSignature": waiting}

    def _reminders(self, where: str, parts: Iterable[Part]) -> Iterator[str]:
        for part in self._words.said(parts, where):
            if isinstance(part, Text):
                self._kept(where, part.extras, part.cache)
                yield from (part.text,) if part.text.strip() else ()
            else:
                self._words.losses.add(f"{where}: {type(part).__name__.lower()} in a reminder")

    def _part(self, where: str, part: Part, waiting: str | None) -> Iterable[PartObject]:
        match part:
            case Text():
                return self._text(f"{where}.content", part)
            case ToolCall():
                return self._call(where, part, waiting)
            case ToolResult():
                return self._result(where, part)
            case Reasoning():
                return self._reasoning(where, part)
            case Media():
                return self._media(f"{where}.content", part)
            case Foreign(_, _, body):
                return (dict(_decode_object(body)),)

    def _text(self, where: str, part: Text) -> Iterable[PartObject]:
        kept = self._kept(where, part.extras, part.cache)
        written_part: PartObject = {"text": part.text}
        proof = self._proof(part.proof)
        if proof is not None:
            written_part["thoughtSignature"] = proof.value
        elif not part.text.strip():
            return ()
        return (placed(written_part, kept),)

    def _call(self, where: str, call: ToolCall, waiting: str | None) -> Iterable[PartObject]:
        where = f"{where}.tool_calls"
        arguments, unchanged = object_of(call.arguments)
        if not unchanged:
            self._words.losses.add(f"{where}: arguments that are no JSON object")
        name = self._called[call.id] = self._words.name(call.name)
        function: dict[str, object] = self._id(call.id) | {"name": name, "args": arguments}
        part: PartObject = {"functionCall": function}
        proof = self._proof(call.proof)
        if proof is not None:
            part["thoughtSignature"] = proof.value
        elif waiting is not None:
            part["thoughtSignature"] = waiting
        return (placed(part, self._kept(where, call.extras, call.cache)),)

    def _result(self, where: str, result: ToolResult) -> Iterator[PartObject]:
        where = f"{where}.tool_result"
        parts = list(self._words.said(result.content, where))
        media = [part for part in parts if isinstance(part, Media)]
        texts = [part for part in parts if isinstance(part, Text) and (part.text or len(parts) == 1)]
        for text in texts:
            self._kept(where, text.extras, text.cache)
        response = response_of(
            texts, is_error=result.is_error, origin=self._said.origin, has_media=len(parts) > len(texts)
        )
        name = self._called.get(result.call_id) or self._words.name(result.call_id)
        function: dict[str, object] = self._id(result.call_id) | {"name": name, "response": response}
        shown = [item for part in media for item in self._media(where, part)]
        if self._words.at_home and shown:
            function["parts"] = shown
        yield placed({"functionResponse": function}, self._kept(where, result.extras, result.cache))
        if not self._words.at_home:
            yield from shown

    def _reasoning(self, where: str, part: Reasoning) -> Iterable[PartObject]:
        """Return a thought. Without Google's proof it is words only; Messages' thoughts are nothing without theirs."""
        self._words.extras(f"{where}.content", part.extras)
        proof = self._proof(part.proof)
        if proof is not None:
            return self._thought(part.text, proof.value)
        if self._said.origin == _MESSAGES:
            self._words.losses.add(f"{where}.content: reasoning that is not this vendor's")
            return ()
        if part.proof is not None:
            self._words.losses.add(f"{where}.content: reasoning proof")
        return self._thought(part.text, None)

    def _proof(self, proof: Opaque | None) -> Opaque | None:
        """Return a proof as the model takes it; None: it is not one that this model's family made."""
        if proof is None or proof.dialect != NAME:
            return None
        value = fitting(proof.value, self._model)
        return msgspec.structs.replace(proof, value=value) if value else None

    def _thought(self, text: str, value: str | None) -> Iterable[PartObject]:
        if not text and value is None:
            return ()
        return ({"text": text, "thought": True} | ({"thoughtSignature": value} if value else {}),)

    def _media(self, where: str, media: Media) -> Iterable[PartObject]:
        kept = self._kept(where, media.extras, media.cache)
        if media.detail not in ("", "auto"):
            self._words.losses.add(f"{where}: image detail")
        part = media_part(media, at_home=self._words.at_home)
        if part is None:
            self._words.losses.add(f"{where}: {media.kind.value} that Google cannot read")
            return ({"text": note(media)},)
        return (placed(part, kept),)

    def _kept(self, where: str, extras: Extras, cache: CacheMark | None) -> dict[str, object]:
        if cache is not None:
            self._words.losses.add(f"{where}: cache mark")
        return self._words.extras(where, extras)

    def _id(self, call_id: str) -> dict[str, object]:
        """Return a call's id, unless we made it because the client had none."""
        if self._words.at_home and MADE_ID.fullmatch(call_id):
            return {}
        return {"id": self._words.id(call_id)}


def _beside_results(conversation: Conversation) -> Iterator[int]:
    """Give out which parts stood in one content with results before them, by identity: there they stay."""
    for message in conversation.messages:
        others = [part for part in message.parts if not isinstance(part, ToolResult)]
        if others and len(others) < len(message.parts):
            yield id(others[0])


def placed(target: dict[str, object], extras: dict[str, object]) -> dict[str, object]:
    """Put extras back where their paths say, in place."""
    for path, value in extras.items():
        *steps, name = path.split(".")
        inner = target
        for step in steps:
            below = inner.setdefault(step, {})
            if not isinstance(below, dict):
                break
            inner = below
        else:
            inner.setdefault(name, value)
    return target
