"""Whole replies, written."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Raw

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import Candidate, Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Foreign, Opaque, Reasoning, Search, Source, Text, ToolCall
from cliproxy.conversation.words import Citation
from cliproxy.dialects.base import ReplyContext, RequestHead
from cliproxy.dialects.gemini.reply import encode_reply, list_models, show_model
from cliproxy.testing.grammar import reply_violations

CONTEXT = ReplyContext(RequestHead("asked"), None, "exchange1", 0.0)
STOP = Finish(FinishReason.STOP)


def written(*parts: Any, finish: Finish = STOP, **fields: Any) -> dict[str, Any]:
    body = encode_reply(Reply("id1", "m1", parts, finish, Usage(5, 2, 0, 7, 3), **fields), CONTEXT)
    assert reply_violations("gemini", body) == []
    found: dict[str, Any] = json.loads(body)
    return found


def test_each_part_is_one() -> None:
    """Signatures stand on the part they came on; foreign ones carry their maker's name."""
    reply = written(
        Reasoning("hm", Opaque("anthropic_messages", "EqQB")),
        Text("well", proof=Opaque("gemini", "s", "text")),
        Reasoning("so", Opaque("gemini", "t", "text")),
        ToolCall("c1", "f", '{"a":1}', Opaque("gemini", "u", "call")),
        finish=Finish(FinishReason.TOOL_CALL),
    )

    assert reply["candidates"] == [
        {
            "content": {
                "parts": [
                    {"text": "hm", "thought": True, "thoughtSignature": "Cliproxyanthropic0messagesNSVXX9EqQB"},
                    {"text": "well", "thoughtSignature": "s"},
                    {"text": "so", "thought": True},
                    {"text": "", "thoughtSignature": "t"},
                    {"functionCall": {"name": "f", "args": {"a": 1}, "id": "c1"}, "thoughtSignature": "u"},
                ],
                "role": "model",
            },
            "index": 0,
            "finishReason": "STOP",
        }
    ]
    assert reply["usageMetadata"] == {
        "promptTokenCount": 5, "candidatesTokenCount": 4, "thoughtsTokenCount": 3, "cachedContentTokenCount": 2,
        "totalTokenCount": 12,
    }  # fmt: skip
    assert (reply["modelVersion"], reply["responseId"]) == ("m1", "id1")


def test_a_reply_that_says_nothing_has_an_empty_text() -> None:
    """There are clients that lose the whole turn without one."""
    (candidate,) = written(finish=Finish(FinishReason.FILTERED))["candidates"]

    assert (candidate["content"]["parts"], candidate["finishReason"]) == ([{"text": ""}], "SAFETY")


def test_all_candidates_are_told() -> None:
    reply = written(Text("a"), others=(Candidate((Text("b"),), Finish(FinishReason.LENGTH)), Candidate((), STOP)))

    assert [(one["index"], one["content"]["parts"][0]["text"], one["finishReason"]) for one in reply["candidates"]] == [
        (0, "a", "STOP"),
        (1, "b", "MAX_TOKENS"),
        (2, "", "STOP"),
    ]


def test_a_search_of_another_vendor_is_grounding() -> None:
    search = Search("s1", ("q",), (Source("https://a.org", "A"),))
    trace = Foreign("anthropic_messages", "web_search_tool_result", Raw(b"{}"), search=search)
    reply = written(trace, Text("Hello", citations=(Citation("https://a.org", "A", start=0, end=5),)))

    assert reply["candidates"][0]["groundingMetadata"] == {
        "webSearchQueries": ["q"],
        "groundingChunks": [{"web": {"uri": "https://a.org", "title": "A"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 0, "endIndex": 5, "text": "Hello"}, "groundingChunkIndices": [0]}
        ],
    }


def test_at_home_grounding_is_written_as_it_came() -> None:
    own = Foreign("gemini", "groundingMetadata", Raw(b'{"searchEntryPoint":{"renderedContent":"x"}}'))
    reply = written(Text("Hello", citations=(Citation("https://a.org", start=0, end=5),)), own)

    assert reply["candidates"][0]["groundingMetadata"] == {"searchEntryPoint": {"renderedContent": "x"}}


def test_models_are_listed_under_their_path() -> None:
    model = ModelInfo("gemini-x", display_name="X", input_limit=10, output_limit=5)
    shown = json.loads(show_model(model))

    assert shown["name"] == "models/gemini-x"
    assert (shown["displayName"], shown["inputTokenLimit"], shown["outputTokenLimit"]) == ("X", 10, 5)
    assert json.loads(list_models([model])) == {"models": [shown]}
