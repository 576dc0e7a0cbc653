"""What one choice says beside calls: words, thoughts, sources, pictures, sound."""

from __future__ import annotations

import base64
import json

import pytest

from cliproxy.conversation.request import Inline, Media, MediaKind, Opaque, Reasoning, Text, ToolCall
from tests.unit.dialects.openai_chat.chunks import DONE, call, chunk, reply_of, whole_reply
from tests.unit.dialects.translating import Body

END = chunk(finish="stop")


@pytest.mark.parametrize(
    "thought",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": ["h", "m"]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
    ],
)
def test_thoughts_wherever_they_stand(thought: Body) -> None:
    """DeepSeek, Z.ai, Qwen; OpenRouter; Mistral."""
    assert reply_of(chunk(thought), chunk({"content": "x"}), END).parts == (Reasoning("hm"), Text("x"))


def test_a_switch_that_says_thoughts_are_hidden_is_no_thought() -> None:
    """Venice sends `reasoning_encrypted` with every chunk."""
    delta = {"content": "x", "reasoning_content": None, "reasoning_encrypted": False, "padding": "abc", "channel": "a"}

    assert reply_of(chunk(delta), END).parts == (Text("x"),)


def test_proofs_of_thoughts_end_them() -> None:
    signed = {"reasoning": "a", "reasoning_details": [{"type": "reasoning.text", "text": "a", "signature": "S"}]}
    sealed = {"reasoning_details": [{"type": "reasoning.encrypted", "data": "D"}]}

    assert reply_of(chunk(signed), chunk(sealed), chunk({"content": "x"}), END).parts == (
        Reasoning("a", Opaque("openai_chat", "S")),
        Reasoning("", Opaque("openai_chat", "D"), redacted=True),
        Text("x"),
    )


def test_words_and_calls_in_one_delta_are_both_said() -> None:
    delta = {"content": "x"} | call(id="a", name="f", arguments="{}")

    assert reply_of(chunk(delta), chunk(finish="stop"), DONE).parts == (Text("x"), ToolCall("a", "f", "{}"))


def test_a_refusal_is_told_from_what_is_said() -> None:
    assert reply_of(chunk({"refusal": "n"}), chunk({"refusal": "o"}), END).parts == (Text("no", refusal=True),)


def test_sources_hang_on_the_words() -> None:
    """They count the characters of the whole message, also of words before a call."""
    source = {"url": "https://a", "title": "A", "start_index": 3, "end_index": 5}
    annotations = {"annotations": [{"type": "url_citation", "url_citation": source}]}
    before, after = chunk({"content": "abc"}), chunk({"content": "de"})
    reply = reply_of(before, chunk(call(id="a", name="f", arguments="{}")), after, chunk(annotations), END)
    (citation,) = (citation for part in reply.parts if isinstance(part, Text) for citation in part.citations)

    assert (citation.url, citation.title, citation.start, citation.end) == ("https://a", "A", 0, 2)


@pytest.mark.parametrize("found", [[], None, {}, ["x"], 3])
def test_annotations_that_are_none_are_passed_over(found: object) -> None:
    assert whole_reply({"content": "x", "annotations": found}).parts == (Text("x"),)


def test_logprobs_hang_on_the_words() -> None:
    token = {"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": [{"token": "y", "logprob": -1.0}]}
    (part,) = reply_of(chunk({"content": "x"}, logprobs={"content": [token], "refusal": None}), END).parts

    assert isinstance(part, Text)
    assert [(found.token, found.logprob, [top.token for top in found.top]) for found in part.logprobs] == [
        ("x", -0.5, ["y"])
    ]


def test_logprobs_of_a_refusal_hang_on_the_refusal() -> None:
    token = {"token": "no", "logprob": -0.5}
    (part,) = reply_of(chunk({"refusal": "no"}, logprobs={"refusal": [token]}), END).parts

    assert isinstance(part, Text)
    assert [found.token for found in part.logprobs] == ["no"]


@pytest.mark.parametrize("logprobs", [-0.5, [], {"content": 3}, {"tokens": ["x"], "token_logprobs": [-0.5]}])
def test_logprobs_of_another_shape_are_passed_over(logprobs: object) -> None:
    """Together sends a number, or the lists of legacy completions."""
    assert reply_of(chunk({"content": "x"}, logprobs=logprobs), END).parts == (Text("x"),)


def test_logprobs_of_thoughts_are_nobodys() -> None:
    """Cerebras tells of thoughts where others tell of words."""
    token = {"token": "hm", "logprob": -0.5}

    assert reply_of(chunk({"reasoning": "hm"}, logprobs={"content": [token]}), END).parts == (Reasoning("hm"),)


def test_pictures_are_parts() -> None:
    """In a field of their own, or in a list of content."""
    image = {"type": "image_url", "index": 0, "image_url": {"url": "data:image/png;base64,AA=="}}
    picture = Media(MediaKind.IMAGE, Inline("AA=="), "image/png")

    assert reply_of(chunk({"content": "x", "images": [image]}), END).parts == (Text("x"), picture)
    assert whole_reply({"content": [{"type": "text", "text": "x"}, image]}).parts == (Text("x"), picture)


@pytest.mark.parametrize("pieces", [[b"abc", b"def"], [b"a", b"bc", b"d"]])
def test_sound_in_pieces_is_one(pieces: list[bytes]) -> None:
    """Each piece is base64 with an end of its own; what was said is text too."""
    opening = chunk({"audio": {"id": "audio_1", "transcript": "hi"}})
    middle = [chunk({"audio": {"data": base64.b64encode(piece).decode()}}) for piece in pieces]
    text, media = reply_of(opening, *middle, chunk({"audio": {"expires_at": 9}}), END).parts

    assert text == Text("hi")
    assert isinstance(media, Media)
    assert media.source == Inline(base64.b64encode(b"".join(pieces)).decode())
    assert {name: json.loads(bytes(value)) for name, value in media.extras.items()} == {
        "id": "audio_1",
        "expires_at": 9,
    }


def test_the_proof_of_what_was_said_ends_it() -> None:
    google = {"extra_content": {"google": {"thought_signature": "S"}}}

    assert reply_of(chunk({"content": "x"}), chunk({"content": ""} | google), END).parts == (
        Text("x", proof=Opaque("openai_chat", "S", "text")),
    )
