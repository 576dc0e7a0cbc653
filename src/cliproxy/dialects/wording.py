"""
What every encoder of requests asks for all that it writes: the turns in order, names and ids that the target takes,
and what becomes of fields that only the client's dialect knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from cliproxy.conversation.names import fitted, renamed
from cliproxy.conversation.request import Conversation, Extras, Message, Part, ToolCall
from cliproxy.conversation.turns import settled
from cliproxy.dialects.base import Losses, said

ANYTHING = re.compile(r"(?!)")  # refuses no character


class Fit(Struct, frozen=True):
    """What a target takes: which characters it refuses, and how many fit."""

    refused: re.Pattern[str]
    longest: int


class Wording:
    """One conversation on its way into one dialect."""

    def __init__(
        self,
        conversation: Conversation,
        dialect: str,
        *,
        names: Fit,
        ids: Fit,
        turns: Iterable[Message] | None = None,
    ) -> None:
        """
        Prepare the turns and settle every name and id.

        Args:
            conversation: What is to be written.
            dialect: In which.
            names: What tools may be called.
            ids: What calls may be called.
            turns: Those to be written, where that is not all of them.
        """
        self.losses = Losses()
        self.at_home = conversation.origin == dialect
        self.turns, unmatched = settled(conversation.messages if turns is None else tuple(turns))
        for call_id in unmatched:
            self.losses.add(f"messages: result for the unknown call {call_id}")
        self._dialect = dialect
        self._names = names
        self._renamed = renamed((tool.name for tool in conversation.functions), names.refused, names.longest)
        calls = (part.id for turn in self.turns for part in turn.parts if isinstance(part, ToolCall))
        self._ids = renamed(calls, ids.refused, ids.longest)

    def name(self, name: str) -> str:
        """Return a tool's name as the target takes it."""
        return self._renamed.get(name) or fitted(name, self._names.refused, self._names.longest)

    def id(self, call_id: str) -> str:
        """Return a call's id as the target takes it."""
        return self._ids.get(call_id, call_id)

    def extras(self, where: str, extras: Extras) -> dict[str, object]:
        """Return fields that only their own dialect knows; elsewhere they are lost."""
        if not extras:
            return {}
        if self.at_home:
            return dict(extras)
        self.losses.extras(where, extras)
        return {}

    def said(self, parts: Iterable[Part], where: str) -> Iterator[Part]:
        """Return parts in words that the target has."""
        return said(parts, self._dialect, self.losses, where)

    @property
    def names_back(self) -> Mapping[str, str]:
        """Tools that were renamed: the target's name -> the client's."""
        return {theirs: ours for ours, theirs in self._renamed.items()}
