"""What may hang on words: where they come from, and how sure the model was of them."""

from __future__ import annotations

from msgspec import Raw, Struct


class Citation(Struct, frozen=True, gc=False):
    """
    Where words come from.

    `start` and `end` count characters of the text part that the citation hangs on; -1: not said. A source without a
    `url` (a page of a document, a file at the vendor) means nothing to other dialects.
    """

    url: str = ""
    title: str = ""
    quote: str = ""  # the source's own words
    start: int = -1
    end: int = -1
    dialect: str = ""  # in which `body` is written
    body: Raw | None = None  # as it came


class Logprob(Struct, frozen=True):
    """How likely a token was. `top` holds the likeliest at its place, with no `top` of their own."""

    token: str
    logprob: float  # natural logarithm
    raw_bytes: tuple[int, ...] | None = None  # of the token, where it is no whole character
    top: tuple[Logprob, ...] = ()
