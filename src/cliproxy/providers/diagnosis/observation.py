"""One answer of an upstream, as far as it may tell of quotas: nothing of it was asked for, and none of it is sure."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from functools import lru_cache

from msgspec import Struct

from cliproxy.wire.http import Headers

_LEAST_OFFSET = 5.0  # seconds; a `Date` is cut to whole ones, and takes a while to arrive
_MOST_OFFSET = 86_400.0  # more than that is no clock but a kept page


class Observation(Struct, frozen=True):
    """A refusal, the headers of any reply, an event of a stream, or what a usage endpoint answered."""

    status: int  # as it came, or as an error inside a reply says it; 0: nobody said
    headers: Headers
    body: bytes  # of a refusal, an event, a usage endpoint; else empty
    now: float  # unix time at which it came
    model: str = ""  # the one called, as the upstream names it
    inside: bool = False  # of a reply that began with a 200, so that its headers say nothing of a refusal
    polled: bool = False  # from a usage endpoint, which has limits of its own
    third_party: bool = False  # from an address that is not the vendor's

    def __repr__(self) -> str:
        """Headers and body may hold what somebody said."""
        return f"Observation({self.status}, {self.model or 'no model'}, {len(self.body)} bytes)"

    @property
    def clock_offset(self) -> float:
        """How many seconds the upstream's clock is ahead of ours; 0 where it is not worth a correction."""
        sent = http_date(self.headers.get("date", ""))
        offset = 0.0 if sent is None else sent - self.now
        return offset if _LEAST_OFFSET < abs(offset) < _MOST_OFFSET else 0.0


@lru_cache(maxsize=16)  # one answer's `Date` is asked for with each of its times
def http_date(text: str) -> float | None:
    """Return a header's date as unix time, or None where it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
