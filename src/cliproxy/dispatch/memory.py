"""
Replies kept by id, for requests that go on from one: which account made it, and what had been said.

Where that account serves again the id is enough. Where another does, all that was said is sent along. What was said
is kept turn by turn, each with the one before, for the client's key alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from cliproxy.dialects.base import Continuing
from cliproxy.dispatch.kept import Bounds, Kept
from cliproxy.wire.frames import Frame

BOUNDS = Bounds(entries=2_000, size=32 * 1024 * 1024, total_size=256 * 1024 * 1024, lifetime=6 * 3600.0)
MOST_TURNS = 2_000  # of one conversation

_OVERHEAD = 300  # bytes that keeping anything takes


class Remembered(Struct, frozen=True):
    """What came before a request."""

    account: str  # the credential that made the reply and knows it by its id; "": none does
    items: tuple[bytes, ...] | None  # all that was said so far, in the client's dialect; None: only the account knows


class _Turn(Struct, frozen=True):
    before: str  # the id of the reply that the turn went on from
    account: str
    items: tuple[bytes, ...]  # what was asked and answered in this turn


class KeptReplies:
    """What was said, by client and reply."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._kept: Kept[_Turn] = Kept(bounds)

    def keep(
        self, client: str, id_: str, items: Sequence[bytes], *, before: str = "", account: str = "", now: float
    ) -> None:
        """
        Keep one turn.

        Args:
            client: For whom.
            id_: The reply's.
            items: What was asked and answered in this turn.
            before: The reply it went on from.
            account: The credential that knows the reply by its id.
            now: Unix time.
        """
        size = _OVERHEAD + sum(map(len, items))
        self._kept.keep(client, id_, _Turn(before, account, tuple(items)), size, now=now)

    def recall(self, client: str, id_: str, *, now: float) -> Remembered | None:
        """
        Return what came before, or None where that is not known any more.

        Where only the beginning is not known (it was said before a restart), the account that made the reply may know
        it all the same.
        """
        turns: list[_Turn] = []
        account = ""
        while id_ and len(turns) < MOST_TURNS:
            turn = self._kept.get(client, id_, now=now)
            if turn is None:
                return Remembered(account, None) if account else None
            account = account if turns else turn.account
            turns.append(turn)
            id_ = turn.before
        if id_ or not turns:
            return None
        return Remembered(account, tuple(item for turn in reversed(turns) for item in turn.items))


class ReplyTap:
    """Hears, while a reply goes out to the client, what it says and what it is called."""

    def __init__(self, continuing: Continuing, frames: Callable[[bytes], Sequence[Frame]]) -> None:
        self.id = ""  # once the reply is complete
        self.items: list[bytes] = []
        self._heard = continuing.heard
        self._has_signs = continuing.signs.search
        self._frames = frames

    def feed(self, block: bytes) -> None:
        """Listen to a block of whole frames."""
        if self._has_signs(block):
            for frame in self._frames(block):
                self._listen(frame)

    def whole(self, body: bytes) -> None:
        """Listen to a whole reply."""
        self._listen(Frame("", body))

    def _listen(self, frame: Frame) -> None:
        heard = self._heard(frame)
        if heard is None or self.id:
            return
        if not heard.id:
            self.items.extend(heard.items)
            return
        self.id = heard.id
        self.items = list(heard.items) or self.items
