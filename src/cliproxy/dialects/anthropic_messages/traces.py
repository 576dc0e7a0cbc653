"""
What tools that the upstream ran leave behind: `server_tool_use`, `*_tool_result` and the like <-> foreign parts.

They go back to Anthropic as they came. What they tell of a web search, other vendors can say in their own words; and
the other way round, where the client declared such a tool.

Source: `reference` sheets `claude-messages` sections 2 and 5, `translation` sections 13.5 and 13.9 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import Foreign, Search, ServerTool, ServerToolKind, Source, Text
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.base import ReplyContext, text_of
from cliproxy.wire.body import UNREADABLE

_SEARCHES_TOOLS = "tool_search"  # among the tools, not in the web

_decode_block = msgspec.json.Decoder(schema.Trace).decode
_decode_input = msgspec.json.Decoder(schema.SearchInput).decode
_decode_results = msgspec.json.Decoder(list[schema.SearchResult]).decode


def trace(raw: Raw, instead: tuple[Text, ...] = ()) -> Foreign:
    """Return a block that has no neutral meaning, with what it tells of a web search. `raw` outlives its body."""
    block = _decode_block(raw)
    return Foreign(NAME, text_of(block.type), raw, instead, _search(block))


def kind_of(raw: Raw) -> str:
    """Return the type of a block of any shape; "": it tells none."""
    try:
        return text_of(_decode_block(raw).type)
    except UNREADABLE:
        return ""


def _search(block: schema.Trace) -> Search | None:
    try:
        match text_of(block.type):
            case "server_tool_use" if not text_of(block.name).startswith(_SEARCHES_TOOLS):
                query = _decode_input(block.input).query
                return Search(text_of(block.id), (query,)) if query else None
            case "web_search_tool_result":
                found = tuple(Source(one.url, one.title or "") for one in _decode_results(block.content) if one.url)
                return Search(text_of(block.tool_use_id), (), found)
            case _:
                return None
    except UNREADABLE:
        return None  # an error in place of results, or an input that is none


def declared_search(context: ReplyContext) -> str:
    """Return the name under which the client declared a web search; "": it did not."""
    tools = context.request.tools if context.request is not None else ()
    searches = (t for t in tools if isinstance(t, ServerTool) and t.kind is ServerToolKind.WEB_SEARCH)
    search = next(searches, None)
    return "" if search is None else search.name or search.kind.value


def search_blocks(search: Search, name: str, made_id: str) -> list[dict[str, object]]:
    """Return another vendor's search as this one's: the query, and what was found."""
    results = [
        {"type": "web_search_result", "url": s.url, "title": s.title, "encrypted_content": "", "page_age": None}
        for s in search.sources
    ]
    return [
        {"type": "server_tool_use", "id": made_id, "name": name, "input": {"query": "; ".join(search.queries)}},
        {"type": "web_search_tool_result", "tool_use_id": made_id, "content": results},
    ]
