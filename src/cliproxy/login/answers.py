"""
What a person pastes after a login in a browser -> the answer that the browser would have brought.

Taken are the whole address, `host/path?code=…`, `?code=…`, `code=…&state=…`, the part behind `#`, `code#state` as some
pages show it, and a code alone. What stands in the query goes before what stands behind `#`.

Source: `reference` sheet `cli`, section 7 (accepted paste forms; read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from cliproxy.errors import LoginError

SHORTEST_CODE = 10  # characters, where nothing else says that it is one: a word is a slip
LONGEST = 8192  # characters; codes have some hundred
NAMES = frozenset(("code", "state", "error", "error_description"))

_CODE = re.compile(r"[!-~]+")
_ADDRESS = re.compile(r"\w+://|localhost\b|127\.0\.0\.1\b", re.IGNORECASE)
_AROUND = "\"'<>`"  # what a chat or a shell puts around an address


def answer_in(pasted: str) -> Mapping[str, str]:
    """Return `code`, `state`, `error` and `error_description`, as far as they are there. Raises LoginError."""
    if len(pasted) > LONGEST:
        raise LoginError(f"what was pasted is longer than {LONGEST} characters; paste the address the browser ended on")
    given = "".join(pasted.split()).strip(_AROUND)  # a terminal breaks long lines
    if not given:
        raise LoginError("nothing was pasted; paste the address the browser ended on")
    head, _, fragment = given.partition("#")
    address, mark, query = head.partition("?")
    found = {**_fields(fragment), **_fields(query if mark else address)}
    if "code" in found or "error" in found:
        if fragment and "=" not in fragment:
            found.setdefault("state", unquote(fragment))
        return found
    is_word = not fragment and len(address) < SHORTEST_CODE
    if mark or found or is_word or _ADDRESS.match(address) or not _CODE.fullmatch(address):
        raise LoginError("what was pasted has neither a code nor an error; paste the address the browser ended on")
    return {"code": unquote(address), **({"state": unquote(fragment)} if fragment else {})}


def _fields(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query):
        if name in NAMES:
            found.setdefault(name, value)
    return found
