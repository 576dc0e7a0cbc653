"""
Tools of a namespace, under one name where there are no namespaces.

A tool that a search for tools found is called in a namespace of its own name.

Source: `reference` sheet `openai-responses` section 4, recordings of openai with the item `tool_search_output` (read
2026-11-21).
"""

from __future__ import annotations

_BETWEEN = "__"


def joined(namespace: str, name: str) -> str:
    """Return the name with its namespace in front, unless it stands there already."""
    if not namespace or namespace == name:
        return name
    prefix = _prefix(namespace)
    return name if name.startswith(prefix) else prefix + name


def split(name: str, namespace: str) -> str:
    """Return a joined name without its namespace."""
    return name.removeprefix(_prefix(namespace)) if namespace else name


def _prefix(namespace: str) -> str:
    return namespace if namespace.endswith(_BETWEEN) else namespace + _BETWEEN
