"""Reading JSON that may hold anything: each function gives what was hoped for, or something empty of that kind."""

import base64
import binascii
from typing import Any

from cliproxy.simulator.answer import JsonObject
from cliproxy.simulator.talk import Image


def mapping(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def parts(content: Any) -> list[JsonObject]:
    """Return content as a list of parts, where a bare string is one text part."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return mappings(content)


def text_of(content: Any) -> str:
    """Return the text of a string or of a list of parts, a line for each part."""
    return "\n".join(part["text"] for part in parts(content) if isinstance(part.get("text"), str))


def inline_image(mime: str, data: str) -> Image:
    """Return the image in a base64 text; one that cannot be read has no bytes."""
    try:
        return Image(mime, len(base64.b64decode(data + "=" * (-len(data) % 4))))
    except (binascii.Error, ValueError):
        return Image(mime, 0)


def image_at(url: str) -> Image:
    """Return the image behind an address, which may be a data URL."""
    if not url.startswith("data:"):
        return Image("", url=url)
    head, _, data = url.removeprefix("data:").partition(",")
    return inline_image(head.split(";")[0], data)
