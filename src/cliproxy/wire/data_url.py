"""
`data:` URLs <-> base64 text and a media type.

Source: RFC 2397; shapes met in practice: `reference` sheet `openai-chat`, section 8, trap 7.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_MAGIC = {  # how base64 begins -> what it is
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi0": "application/pdf",
}
_SPACE = re.compile(r"\s+")
_URL_SAFE = str.maketrans("-_", "+/")


class DataUrl(NamedTuple):
    """What a `data:` URL holds."""

    mime_type: str  # "" where it does not say
    data: str  # base64, standard alphabet


def read_data_url(url: str) -> DataUrl | None:
    """Return what a `data:` URL holds, or None for another URL."""
    if url[:5].lower() != "data:":
        return None
    head, _, data = url[5:].partition(",")
    mime_type, *parameters = (part.strip() for part in head.split(";"))
    if any(parameter.lower() == "base64" for parameter in parameters):
        return DataUrl(mime_type.lower(), plain_base64(data))
    return DataUrl(mime_type.lower(), base64.b64encode(unquote_to_bytes(data)).decode())


def write_data_url(mime_type: str, data: str) -> str:
    """Return base64 as a `data:` URL."""
    return f"data:{mime_type or 'application/octet-stream'};base64,{data}"


def sniffed(data: str) -> str:
    """Return the media type that base64 gives away by its first bytes, or ""."""
    return next((mime_type for start, mime_type in _MAGIC.items() if data.startswith(start)), "")


def plain_base64(data: str) -> str:
    """Return base64 in the standard alphabet and without white space."""
    if "\n" in data or " " in data or "\r" in data:
        data = _SPACE.sub("", data)
    return data.translate(_URL_SAFE) if "-" in data or "_" in data else data
