"""What a web search leaves behind, in both directions."""

from __future__ import annotations

from msgspec import Raw

from cliproxy.conversation.events import ForeignPart
from cliproxy.conversation.request import Foreign, Search, Source, Text
from tests.unit.dialects.anthropic_messages.home import context, decoded, heard, replied, streamed, written_at_home
from tests.unit.dialects.translating import Body

USE: Body = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
RESULT: Body = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [{"type": "web_search_result", "url": "https://x", "title": "X", "encrypted_content": "E"}],
}
ELSEWHERE = Foreign("elsewhere", "web_search_call", Raw(b"{}"), (), Search("ws-1", ("q", "r"), (Source("https://x"),)))


def searching(name: str) -> Body:
    return {"tools": [{"type": "web_search_20250305", "name": name}]}


def test_a_search_is_told_of_the_use_and_of_the_result() -> None:
    parts = heard(USE, RESULT).parts
    searches = [part.search for part in parts if isinstance(part, Foreign)]

    assert searches == [Search("srvtoolu_1", ("q",)), Search("srvtoolu_1", (), (Source("https://x", "X"),))]
    turns = [{"role": "user", "content": [{"type": "text", "text": "a"}]}]
    turns.append({"role": "assistant", "content": [USE, RESULT]})
    assert written_at_home(messages=turns)["messages"] == turns


def test_other_tools_of_the_upstream_s_are_no_search_of_the_web() -> None:
    """A search among the tools has a query as well; a failed one has no results."""
    failed = RESULT | {"content": {"type": "web_search_tool_result_error", "error_code": "unavailable"}}
    parts = heard(
        USE | {"name": "tool_search_tool_bm25"}, {"type": "mcp_tool_use", "input": {"query": "q"}}, failed
    ).parts

    assert [part.search for part in parts if isinstance(part, Foreign)] == [None, None, None]


def test_another_vendor_s_search_is_told_under_the_client_s_name_for_it() -> None:
    within = context(decoded(**searching("look_up")))
    use, result = replied(ELSEWHERE, within=within)["content"]

    assert (use["name"], use["input"]) == ("look_up", {"query": "q; r"})
    assert use["id"] == result["tool_use_id"] == "srvtoolu_ws_1"
    assert [one["url"] for one in result["content"]] == ["https://x"]
    events = streamed(ForeignPart(0, ELSEWHERE), within=context(decoded(**searching("look_up"))))
    assert [event["type"] for event in events].count("content_block_start") == 2
    assert events[1]["delta"] == {"type": "input_json_delta", "partial_json": '{"query":"q; r"}'}


def test_a_client_without_a_search_is_told_of_none() -> None:
    """It would not know what to do with a tool that it did not declare."""
    within = context(decoded())

    assert replied(Text("x"), ELSEWHERE, within=within)["content"] == [{"type": "text", "text": "x"}]
    assert [loss.field for loss in within.losses.found()] == ["reply: web_search_call"]
