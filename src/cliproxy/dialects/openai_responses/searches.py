"""
Searches that an upstream ran -> the items that tell of them.

Source: `reference` sheets `openai-responses` section 3, `translation` section 13.5 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.conversation.request import Search
from cliproxy.dialects.openai_responses.parts_encoder import Item


class Searches:
    """Joins what is told of one search in two parts: what was asked, and then what was found."""

    def __init__(self) -> None:
        self.held: Search | None = None  # one whose other half may follow

    def take(self, search: Search) -> list[Search]:
        """Return the searches of which nothing more will come."""
        held, self.held = self.held, None
        if held is not None and held.id == search.id and not search.queries:
            return [Search(held.id, held.queries, search.sources)]
        ready = [] if held is None else [held]
        if search.sources:
            return [*ready, search]
        self.held = search
        return ready


def search_item(id_: str, search: Search) -> Item:
    """Return the item that tells of a search."""
    action: Item = {"type": "search", "query": search.queries[0] if search.queries else ""}
    if search.queries:
        action["queries"] = search.queries
    if search.sources:
        action["sources"] = [{"type": "url", "url": source.url} for source in search.sources]
    return {"id": id_, "type": "web_search_call", "status": "completed", "action": action}
