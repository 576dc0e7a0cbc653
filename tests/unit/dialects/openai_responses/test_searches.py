"""Searches that are told of in two parts."""

from __future__ import annotations

import pytest

from cliproxy.conversation.request import Search, Source
from cliproxy.dialects.openai_responses.searches import Searches, search_item

FOUND = (Source("https://a"),)


@pytest.mark.parametrize(
    ("told", "whole", "held"),
    [
        ([Search("s", ("q",)), Search("s", (), FOUND)], [Search("s", ("q",), FOUND)], None),
        ([Search("s", ("q",)), Search("s")], [Search("s", ("q",))], None),
        ([Search("s", ("q",), FOUND)], [Search("s", ("q",), FOUND)], None),
        ([Search("s", ("q",)), Search("t", (), FOUND)], [Search("s", ("q",)), Search("t", (), FOUND)], None),
        ([Search("s", ("q",)), Search("t", ("r",))], [Search("s", ("q",))], Search("t", ("r",))),
    ],
    ids=["two halves", "nothing found", "at once", "another's", "two in a row"],
)
def test_two_halves_are_one_search(told: list[Search], whole: list[Search], held: Search | None) -> None:
    searches = Searches()

    assert [one for search in told for one in searches.take(search)] == whole
    assert searches.held == held


def test_a_search_that_asked_nothing_we_know_of_still_has_a_query() -> None:
    """SDKs read it without looking whether it is there."""
    assert search_item("ws_1", Search("s")) == {
        "id": "ws_1",
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "search", "query": ""},
    }
