"""Where words come from."""

from __future__ import annotations

from cliproxy.conversation.events import PartEnd, TextCitation, TextDelta, TextStart
from cliproxy.conversation.request import Role, Text
from cliproxy.conversation.words import Citation
from tests.unit.dialects.anthropic_messages.home import (
    abroad,
    context,
    decoded,
    encoded,
    heard,
    replied,
    saying,
    streamed,
    written_at_home,
)

FOUND = {
    "type": "web_search_result_location",
    "url": "https://x",
    "title": "T",
    "cited_text": "words",
    "encrypted_index": "E",
}
PAGE = {"type": "page_location", "document_index": 0, "document_title": "D", "cited_text": "w", "start_page_number": 1}
ELSEWHERE = Citation("https://y", "Y", "q", start=0, end=3)


def test_a_reply_s_citations_are_heard() -> None:
    text = heard({"type": "text", "text": "x", "citations": [FOUND, PAGE]}).parts[0]

    assert isinstance(text, Text)
    assert [(one.url, one.title, one.quote) for one in text.citations] == [("https://x", "T", "words"), ("", "D", "w")]
    assert replied(text)["content"] == [{"type": "text", "text": "x", "citations": [FOUND, PAGE]}]


def test_a_client_s_citations_go_home_as_they_came() -> None:
    """The API knows its own by what is encrypted in them."""
    block = {"type": "text", "text": "x", "citations": [FOUND]}
    turns = [{"role": "user", "content": [{"type": "text", "text": "a"}]}, {"role": "assistant", "content": [block]}]

    assert written_at_home(messages=turns)["messages"] == turns


def test_another_vendor_s_search_result_is_cited() -> None:
    told = {"type": "web_search_result_location", "url": "https://y", "title": "Y", "cited_text": "q"}
    told["encrypted_index"] = ""

    assert replied(Text("x", citations=(ELSEWHERE,)))["content"][0]["citations"] == [told]
    deltas = streamed(TextStart(0), TextDelta(0, "x"), TextCitation(0, ELSEWHERE), PartEnd(0))[1:-1]
    assert deltas[1]["delta"] == {"type": "citations_delta", "citation": told}
    back = heard({"type": "text", "text": "x", "citations": [told]}).parts[0]
    assert isinstance(back, Text)
    assert back.citations == (Citation("https://y", "Y", "q"),)


def test_one_that_only_its_own_vendor_could_read_is_a_loss() -> None:
    within = context()
    replied(Text("x", citations=(Citation(title="p. 3", dialect="elsewhere"),)), within=within)

    assert [loss.field for loss in within.losses.found()] == ["reply: citations"]
    assert encoded(saying(Text("x", citations=(ELSEWHERE,)), role=Role.ASSISTANT))[1] == [
        "messages[1].content: citations"
    ]


def test_what_is_no_citation_is_passed_over() -> None:
    text = heard({"type": "text", "text": "x", "citations": [7, None]}).parts[0]

    assert text == Text("x")
    assert encoded(abroad(decoded(messages=[{"role": "user", "content": [{"type": "text", "text": "x"}]}])))[1] == []
