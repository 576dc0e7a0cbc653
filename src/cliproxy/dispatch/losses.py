"""What a translation could not say, as a client is told of it: in a header, or in a refusal where all is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from cliproxy.errors import RequestError
from cliproxy.wire.http import HeaderList

HEADER = "x-cliproxy-losses"
LONGEST_HEADER = 1000  # characters
_AS_IT_IS = " !\"#$&'()*+-./:;<=>?@[\\]^_`{|}~"  # beside letters and digits; a comma separates names
_LONGEST_REST = len(", ... and 999999 more")


class Lossy(Exception):  # noqa: N818 (a state of the translation, not a fault)
    """An upstream cannot be told the whole request, and nothing less is wanted. Nothing was sent."""

    def __init__(self, losses: Sequence[str], dialect: str) -> None:
        super().__init__(f"{len(losses)} fields have no place in {dialect}")
        self.losses = losses
        self.dialect = dialect  # the upstream's

    def told(self) -> RequestError:
        """Return what the client is told."""
        return RequestError(
            f"with `strict-translation`, a request is refused that {self.dialect} has no words for;"
            f" these have none: {', '.join(self.losses)}",
            code="strict_translation",
        )


def header_of(losses: Sequence[str]) -> HeaderList:
    """Return the header that names the losses, none where there are none. What does not fit is counted."""
    if not losses:
        return ()
    named: list[str] = []
    left = LONGEST_HEADER - _LONGEST_REST
    for loss in losses:
        name = quote(loss, safe=_AS_IT_IS, errors="replace").strip()
        left -= len(name) + len(", ")
        if left < 0:
            named.append(f"... and {len(losses) - len(named)} more")
            break
        named.append(name)
    return ((HEADER, ", ".join(named)),)
