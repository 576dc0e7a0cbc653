"""Benches, kept for the plans that are asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from cliproxy.credentials.bench import Bench
from cliproxy.credentials.credential import Candidate

MOST_BENCHES = 1024
MOST_PLACES_EACH = 32  # on average, for each credential; and so many more
FEW_PLACES = 10_000


class Benches:
    """
    The benches used last, by the identity of their candidates.

    Plans keep the same tuple, so that nobody has to look at ten thousand candidates to know them again. Others are
    known by what they hold.
    """

    def __init__(self, new: Callable[[tuple[Candidate, ...]], Bench]) -> None:
        self._new = new
        self._kept: OrderedDict[int, Bench] = OrderedDict()  # each holds its tuple, so no other has its identity
        self._by_content: dict[int, int] = {}  # hash of the content: identity
        self._places = 0

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, candidates: Sequence[Candidate], *, credentials: int) -> Bench:
        """Return the bench for these candidates; `credentials`: how many there are, for the bound."""
        bench = self._kept.get(id(candidates))
        if bench is not None and bench.candidates is candidates:
            self._kept.move_to_end(id(candidates))
            return bench
        return self._of_content(tuple(candidates), credentials)

    def clear(self) -> None:
        """Forget them all; their seats are told by who calls."""
        self._kept.clear()
        self._by_content.clear()
        self._places = 0

    def _of_content(self, candidates: tuple[Candidate, ...], credentials: int) -> Bench:
        digest = hash(candidates)
        known = self._by_content.get(digest)
        if known is not None and self._kept[known].candidates == candidates:
            self._kept.move_to_end(known)
            return self._kept[known]
        if known is not None:
            self._drop(known)
        bench = self._new(candidates)
        self._kept[id(candidates)] = bench
        self._by_content[digest] = id(candidates)
        self._places += len(bench.places)
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_BENCHES or self._places > FEW_PLACES + MOST_PLACES_EACH * credentials
        ):
            self._drop(next(iter(self._kept)))
        return bench

    def _drop(self, identity: int) -> None:
        bench = self._kept.pop(identity)
        self._by_content.pop(hash(bench.candidates), None)
        self._places -= len(bench.places)
        bench.leave()
