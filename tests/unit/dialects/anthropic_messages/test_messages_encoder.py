"""What is said, in the form that the Messages API takes."""

from __future__ import annotations

import json
from typing import Any

from cliproxy.conversation.model import ModelInfo
from cliproxy.dialects.anthropic_messages import DIALECT
from tests.unit.dialects.translating import Body, to_messages

HI: Body = {"role": "user", "content": "hi"}


def calling(*calls: tuple[str, str], **fields: Any) -> Body:
    return {
        "role": "assistant",
        "tool_calls": [
            {"id": id_, "type": "function", "function": {"name": "f", "arguments": arguments}}
            for id_, arguments in calls
        ],
    } | fields


def answer(id_: str, content: object) -> Body:
    return {"role": "tool", "tool_call_id": id_, "content": content}


def test_parallel_results_stand_in_one_turn_before_the_words() -> None:
    """Results spread over several turns are a 400."""
    body, _ = to_messages({"messages": [HI, calling(("a", "{}"), ("b", "{}")), answer("b", "2"), answer("a", "1"), HI]})
    blocks = body["messages"][2]["content"]

    assert [block["type"] for block in blocks] == ["tool_result", "tool_result", "text"]
    assert [block.get("tool_use_id") for block in blocks] == ["a", "b", None]


def test_a_system_message_alone_still_makes_a_turn() -> None:
    body, _ = to_messages({"messages": [{"role": "system", "content": "Be brief."}]})

    assert body["system"] == [{"type": "text", "text": "Be brief."}]
    assert [message["role"] for message in body["messages"]] == ["user"]


def test_unsigned_thoughts_are_dropped_and_told() -> None:
    """The API refuses thoughts that it did not sign, and nobody can sign for it."""
    body, losses = to_messages({"messages": [HI, {"role": "assistant", "content": "x", "reasoning_content": "hm"}]})

    assert body["messages"][1]["content"] == [{"type": "text", "text": "x"}]
    assert losses == ["messages[1].content: unsigned reasoning"]


def test_a_proof_that_was_lent_to_a_chat_client_comes_home() -> None:
    """The client collected a stream: words in one field, the proof in another."""
    spoken = {
        "role": "assistant",
        "content": "x",
        "reasoning_content": "hm",
        "reasoning_details": [{"type": "reasoning.text", "text": "", "signature": "anthropic_messages#EqQB"}],
    }
    body, losses = to_messages({"messages": [HI, spoken]})

    assert body["messages"][1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "EqQB"}
    assert losses == []


def test_broken_arguments_do_not_lose_the_call() -> None:
    body, losses = to_messages({"messages": [HI, calling(("a", "[1]")), answer("a", "x")]})

    assert body["messages"][1]["content"][0]["input"] == {}
    assert losses == ["messages[1].tool_calls: arguments that are no JSON object"]


def test_pictures_hidden_in_a_string_are_pictures_again() -> None:
    """Some agents send a tool's picture as JSON text."""
    text = '[{"type":"input_image","image_url":"data:image/png;base64,iVBO"},{"type":"text","text":"see"}]'
    body, _ = to_messages({"messages": [HI, calling(("a", "{}")), answer("a", text)]})

    assert [block["type"] for block in body["messages"][2]["content"][0]["content"]] == ["image", "text"]


def test_a_string_that_only_looks_like_a_list_stays_text() -> None:
    body, _ = to_messages({"messages": [HI, calling(("a", "{}")), answer("a", '[{"type":"image_url"}]')]})

    assert body["messages"][2]["content"][0]["content"] == '[{"type":"image_url"}]'


def test_files_become_what_the_api_can_read() -> None:
    def file(name: str, data: str) -> Body:
        return {"type": "file", "file": {"filename": name, "file_data": data}}

    parts = [file("a.pdf", "JVBERi0="), file("b.txt", "aGk="), file("c.png", "data:image/png;base64,iVBO")]
    body, _ = to_messages({"messages": [{"role": "user", "content": parts}]})
    pdf, text, picture = body["messages"][0]["content"]

    assert (pdf["type"], pdf["source"]["media_type"], pdf["title"]) == ("document", "application/pdf", "a.pdf")
    assert text["source"] == {"type": "text", "media_type": "text/plain", "data": "hi"}
    assert picture["type"] == "image"


def test_sound_is_a_loss() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
    _, losses = to_messages({"messages": [{"role": "user", "content": [sound, {"type": "text", "text": "hi"}]}]})

    assert losses == ["messages[0].content: audio"]


def test_no_more_than_four_cache_marks_are_written() -> None:
    """The API refuses the fifth."""
    mark = {"cache_control": {"type": "ephemeral"}}
    parts = [{"type": "text", "text": str(n)} | mark for n in range(6)]
    body, losses = to_messages({"messages": [{"role": "user", "content": parts}]})

    assert sum("cache_control" in block for block in body["messages"][0]["content"]) == 4
    assert losses == ["messages[0].content: more than four cache marks"]


def test_a_field_that_looks_like_a_place_is_a_field() -> None:
    """A client may call its own fields as it likes."""
    body = b'{"model":"m","max_tokens":1,"messages":[],"system[]":"x","system[\xd9\xa3]":1,"tools[x]":2}'
    codec = DIALECT.codec
    assert codec is not None

    written = codec.encode_request(codec.decode_request(body), ModelInfo("m"), False).body

    assert json.loads(written)["model"] == "m"
