"""Whole legacy Completions replies, written from what any upstream said."""

from __future__ import annotations

import json

import msgspec

from cliproxy.conversation.reply import Candidate, Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Conversation, Foreign, Part, Reasoning, Text, ToolCall
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import Losses, ReplyContext
from cliproxy.dialects.openai_completions import schema
from cliproxy.dialects.openai_completions.reply import encode_reply, usage_object, usage_of
from cliproxy.testing.grammar import reply_violations
from tests.unit.dialects.translating import CONTEXT, Body

STOP = Finish(FinishReason.STOP)
ECHOING = msgspec.structs.replace(
    CONTEXT, request=Conversation("openai_completions", "m"), body=b'{"prompt":["go on"],"echo":true}'
)


def written(*parts: Part, finish: Finish = STOP, context: ReplyContext = CONTEXT) -> tuple[Body, list[str]]:
    """Return the first choice, and what of the reply was lost."""
    context = msgspec.structs.replace(context, losses=Losses())
    body = encode_reply(Reply("", "", parts, finish, Usage(3, output_tokens=2)), context)
    assert reply_violations("openai_completions", body) == []
    choice: Body = json.loads(body)["choices"][0]
    return choice, [loss.field for loss in context.losses.found()]


def test_words_are_the_text_and_nothing_else_has_a_place() -> None:
    parts = (Reasoning("hm"), Text("a", citations=(Citation("https://a"),)), ToolCall("a", "f", "{}"))
    choice, losses = written(*parts, finish=Finish(FinishReason.TOOL_CALL))

    assert choice == {"index": 0, "text": "a", "logprobs": None, "finish_reason": "stop"}
    assert losses == ["reply: reasoning", "reply: citation", "reply: tool call"]


def test_a_refusal_is_told_by_the_reason() -> None:
    choice, _ = written(Text("no", refusal=True))

    assert (choice["text"], choice["finish_reason"]) == ("no", "content_filter")


def test_a_foreign_part_gives_way_to_its_words() -> None:
    code = Foreign("gemini", "executableCode", msgspec.Raw(b"{}"), (Text("code"),))
    choice, losses = written(code, Foreign("gemini", "hologram", msgspec.Raw(b"{}")))

    assert choice["text"] == "code"
    assert losses == ["reply: hologram"]


def test_the_prompt_comes_back_where_it_is_wanted() -> None:
    """Not where the request was relayed: the upstream has seen to it."""
    relayed = msgspec.structs.replace(ECHOING, request=None)

    assert written(Text(" x"), context=ECHOING)[0]["text"] == "go on x"
    assert written(Text(" x"), context=relayed)[0]["text"] == " x"


def test_logprobs_tell_where_in_the_text_each_token_begins() -> None:
    top = (Logprob("ab", -0.5), Logprob("x", -2.0))
    choice, _ = written(Text("abc", logprobs=(Logprob("ab", -0.5, top=top), Logprob("c", -0.1))), context=ECHOING)

    assert choice["logprobs"] == {
        "tokens": ["ab", "c"],
        "token_logprobs": [-0.5, -0.1],
        "top_logprobs": [{"ab": -0.5, "x": -2.0}, {}],
        "text_offset": [5, 7],
    }


def test_every_candidate_is_a_choice() -> None:
    other = Candidate((Text("b"),), Finish(FinishReason.LENGTH))
    body = json.loads(encode_reply(Reply("r", "m", (Text("a"),), STOP, Usage(), (other,)), CONTEXT))

    assert [(choice["text"], choice["finish_reason"]) for choice in body["choices"]] == [("a", "stop"), ("b", "length")]
    assert (body["id"], body["object"], body["model"]) == ("r", "text_completion", "m")


def test_usage_that_is_written_reads_back() -> None:
    usage = Usage(9, 5, 1, 4, 2)

    assert usage_of(msgspec.convert(usage_object(usage), schema.Usage)) == usage
    assert usage_of(schema.Usage(prompt_tokens=-3)) == Usage()
