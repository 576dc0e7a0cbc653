"""
What is said in Messages requests -> instructions, messages and parts.

Source: `reference` sheets `claude-messages` sections 2 and 8, `translation` section 4 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import Extras, Message, Part, Reasoning, Role, Text
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.blocks import parts_of, without_attribution
from cliproxy.dialects.anthropic_messages.plain import plain_message, plain_messages, plain_parts
from cliproxy.dialects.base import fields_of, given, unknown_fields

_ROLES = {"assistant": Role.ASSISTANT, "system": Role.REMINDER}
_MESSAGE_FIELDS = fields_of(schema.Message)

_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_message = msgspec.json.Decoder(schema.Message).decode
_encode = msgspec.json.Encoder().encode


def decode_instructions(system: Raw) -> tuple[tuple[Text, ...], Extras]:
    """
    Return the system texts that say something, and what else stands among them.

    The attribution line is no instruction; neither is a block that is no text.
    """
    texts: list[Text] = []
    extras: Extras = {}
    for place, part in enumerate(parts_of(system)):
        if not isinstance(part, Text):
            extras[f"system[{place}]"] = _decode_list(system)[place].copy() if bytes(system)[:1] == b"[" else system
            continue
        text = without_attribution(part.text)
        if text is not part.text and "system.attribution" not in extras:
            extras["system.attribution"] = Raw(_encode(part.text[: len(part.text) - len(text)]))
        if text.strip():
            texts.append(part if text is part.text else msgspec.structs.replace(part, text=text))
    return tuple(texts), extras


def decode_messages(raw: Raw) -> tuple[Message, ...]:
    """Return the turns. Raises what decoding foreign JSON may raise."""
    if not given(raw):
        return ()
    plain = plain_messages(raw)
    if plain is not None:
        return tuple(_turn(message.role, plain_parts(message)) for message in plain)
    return tuple(decode_turn(one) for one in _decode_list(raw))


def decode_turn(raw: Raw) -> Message:
    """Return one message."""
    plain = plain_message(raw)
    if plain is not None:
        return _turn(plain.role, plain_parts(plain))
    message = _decode_message(raw)
    return _turn(message.role, parts_of(message.content), unknown_fields(raw, _MESSAGE_FIELDS))


def _turn(word: str, parts: list[Part], extras: Extras | None = None) -> Message:
    role = _ROLES.get(word, Role.USER)
    if role is not Role.ASSISTANT:
        # Thoughts in a user's mouth are nobody's: a client could plant them.
        parts = [part for part in parts if not isinstance(part, Reasoning)]
    return Message(role, tuple(parts), extras or {})
