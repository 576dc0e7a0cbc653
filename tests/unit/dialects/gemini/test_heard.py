"""What candidates say, part by part."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import PartEnd, ReplyEnd, StreamEvent, TextCitation, ToolCallStart
from cliproxy.conversation.reply import FinishReason, Reply
from cliproxy.conversation.request import Foreign, Media, Opaque, Reasoning, Search, Source, Text, ToolCall
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.gemini.stream import StreamDecoder, decode_reply
from cliproxy.testing.grammar.events import event_violations
from cliproxy.wire.frames import Frame

Body = dict[str, Any]
END: Body = {"candidates": [{"finishReason": "STOP"}]}


def chunk(*parts: Body, **candidate: Any) -> Body:
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"}} | candidate], "responseId": "r"}


def heard(*chunks: Body) -> list[StreamEvent]:
    decoder = StreamDecoder()
    events = [event for one in chunks for event in decoder.feed(Frame("", json.dumps(one).encode()))]
    events += decoder.close()
    assert event_violations(events) == []
    return events


def reply_of(events: list[StreamEvent]) -> Reply:
    assembler = Assembler()
    for event in events:
        assembler.feed(event)
    assert assembler.error is None
    return assembler.reply


def said(*chunks: Body) -> Reply:
    return reply_of(heard(*chunks))


def whole(*parts: Body, **candidate: Any) -> Reply:
    events = decode_reply(json.dumps(chunk(*parts, finishReason="STOP", **candidate)).encode())
    assert event_violations(events) == []
    return reply_of(events)


def test_pieces_of_one_kind_are_one_part() -> None:
    thought, text = {"thought": True}, {"text": "c"}

    assert said(
        chunk({"text": "a"} | thought), chunk({"text": "b"} | thought), chunk(text), chunk(text), END
    ).parts == (
        Reasoning("ab"),
        Text("cc"),
    )


@pytest.mark.parametrize(
    ("parts", "heard_as"),
    [
        (
            [{"text": "hm", "thought": True}, {"text": "", "thoughtSignature": "s"}, {"text": "a"}],
            (Reasoning("hm", Opaque("gemini", "s", "text")), Text("a")),
        ),
        (
            [{"text": "hm", "thought": True, "thoughtSignature": "s"}, {"text": "a"}],
            (Reasoning("hm", Opaque("gemini", "s")), Text("a")),
        ),
        (
            [{"text": "", "thought": True, "thoughtSignature": "s"}, {"text": "hm", "thought": True}],
            (Reasoning("hm", Opaque("gemini", "s")),),
        ),
        ([{"text": "a"}, {"text": "", "thoughtSignature": "s"}], (Text("a", proof=Opaque("gemini", "s", "text")),)),
        (
            [{"text": "a", "thoughtSignature": "s"}, {"text": "b"}],
            (Text("a", proof=Opaque("gemini", "s", "text")), Text("b")),
        ),
        (
            [{"text": "a", "thoughtSignature": "s"}, {"thoughtSignature": "t"}],
            (Text("a", proof=Opaque("gemini", "s", "text")), Reasoning("", Opaque("gemini", "t", "text"))),
        ),
        (
            [{"functionCall": {"name": "f"}, "thoughtSignature": "s"}, {"text": "", "thoughtSignature": "t"}],
            (ToolCall("", "f", "{}", Opaque("gemini", "s", "call")), Reasoning("", Opaque("gemini", "t", "text"))),
        ),
        ([{"text": ""}], ()),
    ],
)
def test_a_signature_closes_the_part_it_belongs_to(parts: list[Body], heard_as: tuple[Any, ...]) -> None:
    """And no empty text is opened for one that stands alone."""
    assert whole(*parts).parts == heard_as
    assert said(*map(chunk, parts), END).parts == heard_as


def test_a_call_comes_whole() -> None:
    reply = said(
        chunk({"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}}),
        chunk({"functionCall": {"name": "g"}}),
        END,
    )

    assert [(part.id, part.name, json.loads(part.arguments)) for part in reply.parts if isinstance(part, ToolCall)] == [
        ("c1", "f", {"a": 1}),
        ("", "g", {}),
    ]
    assert reply.finish.reason is FinishReason.TOOL_CALL


def piece(value: str, *, goes_on: bool = False) -> Body:
    argument = {"jsonPath": "$.a", "stringValue": value} | ({"willContinue": True} if goes_on else {})
    return chunk({"functionCall": {"partialArgs": [argument], "willContinue": True}})


def test_arguments_may_come_in_pieces() -> None:
    """Vertex streams them where the client asks for it; the last piece does not continue."""
    reply = said(
        chunk({"functionCall": {"name": "f", "willContinue": True}}),
        piece("x", goes_on=True),
        piece("y"),
        chunk({"functionCall": {}}),
        chunk({"text": "after"}),
        END,
    )

    assert reply.parts == (ToolCall("", "f", '{"a":"xy"}'), Text("after"))


def test_a_call_that_is_still_being_written_is_ended() -> None:
    opened = {"functionCall": {"name": "f", "willContinue": True}}
    reply = said(chunk(opened), piece("x"), chunk({"functionCall": {"name": "g"}}), chunk(opened), END)

    assert [(part.name, part.arguments) for part in reply.parts if isinstance(part, ToolCall)] == [
        ("f", '{"a":"x"}'),
        ("g", "{}"),
        ("f", "{}"),
    ]


def test_several_candidates_are_told_apart() -> None:
    """By index or, in a whole reply without one, by their place."""
    reply = said(
        {"candidates": [{"index": 1, "content": {"parts": [{"text": "b"}]}}]},
        {"candidates": [{"index": 0, "content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]},
        {"candidates": [{"index": 1, "content": {"parts": [{"text": "b"}]}, "finishReason": "MAX_TOKENS"}]},
    )
    body = {"candidates": [{"content": {"parts": [{"text": "a"}]}}, {"content": {"parts": [{"text": "b"}]}}]}

    assert reply.parts == (Text("a"),)
    assert [(other.parts, other.finish.reason) for other in reply.others] == [((Text("bb"),), FinishReason.LENGTH)]
    assert [other.parts for other in reply_of(decode_reply(json.dumps(body).encode())).others] == [(Text("b"),)]


def test_words_after_the_finish_reason_are_not_lost() -> None:
    reply = said(chunk({"text": "a"}, finishReason="STOP"), chunk({"text": "b"}, finishReason="STOP"))

    assert reply.parts == (Text("ab"),)


def test_pictures_and_code_are_parts_of_their_own() -> None:
    reply = said(
        chunk({"text": "a"}, {"executableCode": {"language": "PYTHON", "code": "1"}}),
        chunk({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}, {"inventedPart": {"x": 1}}),
        END,
    )

    assert [type(part) for part in reply.parts] == [Text, Foreign, Media, Foreign]
    assert [part.kind for part in reply.parts if isinstance(part, Foreign)] == ["executableCode", "inventedPart"]


GROUNDING = {
    "webSearchQueries": ["q"],
    "groundingChunks": [{"web": {"uri": "https://a.org", "title": "A"}}],
    "groundingSupports": [{"segment": {"startIndex": 3, "endIndex": 6, "text": "ell"}, "groundingChunkIndices": [0]}],
}


def test_citations_hang_on_the_words_they_speak_of() -> None:
    """Google counts bytes of all that was said; a call between does not keep them from their text."""
    call = {"functionCall": {"name": "f"}}
    cited = Citation("https://a.org", "A", start=2, end=5)
    reply = said(chunk({"text": "\u00e4Hello"}, call), chunk({"text": ""}, groundingMetadata=GROUNDING), END)
    text, _, grounding = reply.parts

    assert isinstance(text, Text)
    assert text.citations == (cited,)
    assert isinstance(grounding, Foreign)
    assert grounding.search == Search("", ("q",), (Source("https://a.org", "A"),))
    (first, *_) = whole({"text": "\u00e4Hello"}, call, {"text": "bye"}, groundingMetadata=GROUNDING).parts
    assert isinstance(first, Text)
    assert first.citations == (cited,)


def test_citations_are_told_once() -> None:
    """Where an upstream repeats them in every chunk, the last report counts."""
    events = heard(
        chunk({"text": "Hello"}, groundingMetadata={"webSearchQueries": ["q"]}),
        chunk(
            {"text": "!"}, groundingMetadata=GROUNDING, citationMetadata={"citations": [{}, {"uri": "https://b.org"}]}
        ),
        END,
    )
    parts = [event.part.kind for event in events if hasattr(event, "part")]

    assert [event.citation.url for event in events if isinstance(event, TextCitation)] == [
        "https://a.org",
        "https://b.org",
    ]
    assert parts == ["groundingMetadata", "citationMetadata"]


def test_a_text_before_a_call_ends_when_more_is_said() -> None:
    events = heard(chunk({"text": "a"}, {"functionCall": {"name": "f"}}), chunk({"text": "b"}), END)
    order = [event for event in events if isinstance(event, (PartEnd, ToolCallStart))]

    assert [event.index for event in order] == [1, 1, 0, 2]


def test_logprobs_hang_on_the_text() -> None:
    result = {
        "chosenCandidates": [{"token": "a", "tokenId": 5, "logProbability": -0.5}],
        "topCandidates": [
            {"candidates": [{"token": "a", "logProbability": -0.5}, {"token": "b", "logProbability": -1}]}
        ],
    }
    (text,) = said(chunk({"text": "a"}, logprobsResult=result), END).parts

    assert isinstance(text, Text)
    assert text.logprobs == (Logprob("a", -0.5, top=(Logprob("a", -0.5), Logprob("b", -1.0))),)


@pytest.mark.parametrize(
    "candidate",
    [{"groundingMetadata": 5}, {"groundingMetadata": {"groundingSupports": 5}}, {"logprobsResult": []}, {"index": -1},
     {"index": 10**9}, {"content": None}, {"content": {}}, {"content": {"parts": None}}],
)  # fmt: skip
def test_odd_shapes_are_passed_over(candidate: Body) -> None:
    """MAX_TOKENS comes without parts, for one."""
    events = heard(chunk({"text": "a"}), {"candidates": [candidate]}, END)

    assert isinstance(events[-1], ReplyEnd)
    assert msgspec.to_builtins(reply_of(events).parts[0])["text"] == "a"
