"""
Other forms that people's files have -> the canonical one, before anything else sees them.

    load-balance:                                       routing: {strategy: least-connections}
      strategy: least-connections                  ->   claude-api-key: [{api-key: k, quota: 1000}]
      credentials: {anthropic: [{api-key: k, quota: 1000}]}

What the canonical form says itself goes first.

Source: `reference` sheet `contradictions` section 1; product, "Where the sources disagree" (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.config import forms
from cliproxy.config.document import Entry, Mapping, Node, Scalar, Sequence, quoted
from cliproxy.config.problem import Problem

LOAD_BALANCE = "load-balance"
OPENAI = "https://api.openai.com/v1"

_SECTIONS = {
    "gemini": "gemini-api-key",
    "claude": "claude-api-key",
    "codex": "codex-api-key",
    "openai": "codex-api-key",
}
_KEYS = ("api-key", "key")


class Alternates:
    """One run over one file."""

    def __init__(self, file: str) -> None:
        self.warnings: list[Problem] = []
        self._file = file

    def canonical(self, document: Node) -> Node:
        """Return the document in the canonical form. What it was made of is left as it is."""
        if not isinstance(document, Mapping) or LOAD_BALANCE not in document.entries:
            return document
        entries = dict(document.entries)
        given = entries.pop(LOAD_BALANCE)
        if isinstance(given.node, Mapping):
            self._load_balance(given.node, entries)
        elif not _is_null(given.node):
            self._warn(given.line, LOAD_BALANCE, "is no mapping of settings")
        return Mapping(document.line, entries)

    def _load_balance(self, given: Mapping, entries: dict[str, Entry]) -> None:
        for name, entry in given.entries.items():
            if name == "strategy":
                _settle(entries, "routing", "strategy", entry)
            elif name == "credentials" and isinstance(entry.node, Mapping):
                for provider, listed in entry.node.entries.items():
                    self._credentials(provider, listed, entries)
            else:
                self._warn(entry.line, f"{LOAD_BALANCE}.{quoted(name)}", "is unknown")

    def _credentials(self, provider: str, listed: Entry, entries: dict[str, Entry]) -> None:
        section = _SECTIONS.get(forms.provider_name(provider.strip()))
        if section is None or not isinstance(listed.node, Sequence):
            self._warn(listed.line, f"{LOAD_BALANCE}.credentials.{quoted(provider)}", "has no place here")
            return
        keys = []
        for place, item in enumerate(listed.node.items):
            key = _key_of(item)
            if isinstance(item, Mapping) and key is not None:
                said = {name: entry for name, entry in item.entries.items() if name not in _KEYS}
                keys.append(Mapping(item.line, _address(section, item.line) | said | {"api-key": key}))
            else:
                path = f"{LOAD_BALANCE}.credentials.{provider}[{place}]"
                self._warn(item.line, path, "has no api-key; what an account may use stands in its file")
        _settle_keys(entries, section, keys)

    def _warn(self, line: int, path: str, message: str) -> None:
        self.warnings.append(Problem(self._file, line, path, f"{path} {message}; it is ignored"))


def _settle(entries: dict[str, Entry], block: str, name: str, entry: Entry) -> None:
    """Put a setting into a block, unless one of that name stands there."""
    there = entries.get(block)
    if there is None or _is_null(there.node):
        entries[block] = Entry(entry.line, Mapping(entry.line, {name: entry}))
    elif isinstance(there.node, Mapping):
        entries[block] = Entry(there.line, Mapping(there.node.line, {name: entry} | there.node.entries))


def _settle_keys(entries: dict[str, Entry], section: str, keys: list[Mapping]) -> None:
    """Put what is said of keys into their entries, or give them one."""
    there = entries.get(section)
    if there is not None and not isinstance(there.node, Sequence) and not _is_null(there.node):
        return  # no list: that is told of anyway
    listed: list[Node] = list(there.node.items) if there is not None and isinstance(there.node, Sequence) else []
    places = {_text(_key_of(own)): place for place, own in reversed(list(enumerate(listed)))}
    for said in keys:
        text = _text(_key_of(said))
        place = places.get(text) if text else None
        own = None if place is None else listed[place]
        if place is not None and isinstance(own, Mapping):
            listed[place] = Mapping(own.line, said.entries | own.entries)
        else:
            listed.append(said)
    if listed:
        line = listed[0].line if there is None else there.line
        entries[section] = Entry(line, Sequence(line, listed))


def _address(section: str, line: int) -> dict[str, Entry]:
    """Return the vendor's address where the section has none of its own."""
    return {"base-url": Entry(line, Scalar(OPENAI, line, OPENAI, plain=False))} if section == "codex-api-key" else {}


def _key_of(node: Node) -> Entry | None:
    """Return where an entry names its key."""
    if not isinstance(node, Mapping):
        return None
    return next((node.entries[name] for name in _KEYS if name in node.entries), None)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _text(entry: Entry | None) -> str:
    return entry.node.text.strip() if entry is not None and isinstance(entry.node, Scalar) else ""
