"""Recordings drive the codecs: every one, in every direction."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cliproxy.conversation.events import ReplyError
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import FinishReason
from cliproxy.errors import RequestError
from cliproxy.testing.grammar import violations
from cliproxy.testing.recordings import decoded, request_of, spelled
from tests.properties.laws import broken_laws
from tests.properties.replaying import CODECS, CONTEXT, FOLDER, assembled, every_recording, heard, streamed, told

RECORDINGS = every_recording(list(CODECS))
CASES = sorted(RECORDINGS)
OTHER = {"openai_chat": "anthropic_messages", "anthropic_messages": "openai_chat"}
# What a dialect cannot tell apart reads as this when it comes back.
_BLURRED = {FinishReason.STOP_SEQUENCE: FinishReason.STOP, FinishReason.CONTEXT_FULL: FinishReason.LENGTH}


def dialect_of(case: str) -> str:
    return case.partition("/")[0]


@pytest.mark.parametrize(
    "folder", sorted(FOLDER.glob("*/*/events.json")), ids=lambda file: f"{file.parts[-3]}/{file.parts[-2]}"
)
def test_decoding_equals_the_reviewed_snapshot(folder: Path) -> None:
    """A change in what we make of real traffic is seen, and meant."""
    case = f"{folder.parts[-3]}/{folder.parts[-2]}"
    events = decoded(CODECS[dialect_of(case)], RECORDINGS[case])

    assert spelled(events) == json.loads(folder.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_decoding_keeps_the_laws_of_events(case: str) -> None:
    """Encoders, assembler and pipeline rely on them without looking."""
    assert broken_laws(decoded(CODECS[dialect_of(case)], RECORDINGS[case])) == []


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("is_home", [True, False], ids=["home", "away"])
def test_a_stream_written_from_it_is_grammatical_and_says_the_same(case: str, is_home: bool) -> None:
    """Whatever an upstream sends, the client reads a well-formed stream with all of it."""
    name = dialect_of(case) if is_home else OTHER[dialect_of(case)]
    events = decoded(CODECS[dialect_of(case)], RECORDINGS[case])
    frames = streamed(CODECS[name], events)

    if isinstance(events[-1], ReplyError):
        assert isinstance(heard(CODECS[name], frames)[-1], ReplyError)
        return
    reply, again = assembled(events).reply, assembled(heard(CODECS[name], frames)).reply
    assert violations(name, frames) == []
    assert told(again) == told(reply)
    refused = any(getattr(part, "refusal", False) for part in reply.parts)
    if not refused:
        assert again.finish.reason in (reply.finish.reason, _BLURRED.get(reply.finish.reason))


@pytest.mark.parametrize("case", CASES)
def test_a_whole_reply_written_from_it_says_the_same(case: str) -> None:
    """A client that did not ask for a stream gets as much as one that did."""
    name = OTHER[dialect_of(case)]
    assembler = assembled(decoded(CODECS[dialect_of(case)], RECORDINGS[case]))
    if assembler.error is not None:
        return
    again = assembled(CODECS[name].decode_reply(CODECS[name].encode_reply(assembler.reply, CONTEXT))).reply

    assert told(again) == told(assembler.reply)


@pytest.mark.parametrize("case", CASES)
def test_its_request_can_be_asked_in_the_other_dialect(case: str) -> None:
    """Nothing a real client sent, and the vendor took, is refused by us; the other dialect reads what we wrote."""
    body = request_of(RECORDINGS[case])
    if body is None or b'"messages"' not in body:
        return
    here, there = CODECS[dialect_of(case)], CODECS[OTHER[dialect_of(case)]]
    conversation = here.decode_request(body)
    encoded = there.encode_request(conversation, ModelInfo("m"), True)
    again = there.decode_request(encoded.body)

    assert len(again.tools) == len(conversation.tools)
    assert again.model == conversation.model
    try:
        here.encode_request(conversation, ModelInfo("m"), False)
    except RequestError as error:  # pragma: no cover (a message for whoever breaks it)
        pytest.fail(f"the same dialect refuses it: {error}")
