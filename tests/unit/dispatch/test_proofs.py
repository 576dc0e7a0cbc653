"""Proofs, kept for clients that do not send them back."""

from __future__ import annotations

import pytest

from cliproxy.conversation.assemble import events_of
from cliproxy.conversation.events import TextDelta, TextStart
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Conversation, Message, Opaque, Part, Reasoning, Role, Text, ToolCall
from cliproxy.dispatch.proofs import KeptProofs, ProofTap

PROOF = Opaque("anthropic_messages", "EqQB")
SECOND = Opaque("anthropic_messages", "FrQB")
ON_CALL = Opaque("gemini", "Ab=", "call")


def reply(*parts: Part) -> Reply:
    return Reply("r", "m", parts, Finish(FinishReason.TOOL_CALL), Usage())


def history(*parts: Part) -> Conversation:
    return Conversation("openai_chat", "m", messages=(Message(Role.ASSISTANT, parts),))


def restored(kept: KeptProofs, *parts: Part, client: str = "ann", now: float = 1.0) -> tuple[Part, ...]:
    return kept.restored(client, history(*parts), now=now).messages[0].parts


@pytest.fixture
def kept() -> KeptProofs:
    proofs = KeptProofs()
    thoughts = Reasoning("Hm.", PROOF), Reasoning("", SECOND, redacted=True)
    proofs.keep("ann", reply(thoughts[0], Text("Let me see."), ToolCall("c1", "look", "{}")), now=0.0)
    proofs.keep("ann", reply(thoughts[1], Text("It is Paris.")), now=0.0)
    proofs.keep("ann", reply(ToolCall("c2", "look", "{}", ON_CALL), ToolCall("c3", "look", "{}")), now=0.0)
    return proofs


def test_a_turn_that_called_gets_its_thoughts_back(kept: KeptProofs) -> None:
    """By the call's id, whatever became of the words; words of reasoning without a proof give way."""
    parts = restored(kept, Reasoning("Hm."), Text("Let me see. "), ToolCall("c1", "look", "{}"))

    assert parts == (Text("Let me see. "), Reasoning("Hm.", PROOF), ToolCall("c1", "look", "{}"))


def test_a_turn_without_calls_is_known_by_its_words(kept: KeptProofs) -> None:
    assert restored(kept, Text("It is Paris.\n")) == (Reasoning("", SECOND, redacted=True), Text("It is Paris.\n"))
    assert restored(kept, Text("It is Rome.")) == (Text("It is Rome."),)


def test_a_proof_on_a_call_comes_back_to_that_call(kept: KeptProofs) -> None:
    calls = ToolCall("c2", "look", "{}"), ToolCall("c3", "look", "{}")

    assert restored(kept, *calls) == (ToolCall("c2", "look", "{}", ON_CALL), calls[1])


def test_another_client_gets_nothing(kept: KeptProofs) -> None:
    """An id is no secret: whoever guesses it must not read what another was told."""
    assert restored(kept, ToolCall("c1", "look", "{}"), client="bob") == (ToolCall("c1", "look", "{}"),)


def test_what_a_client_sends_back_itself_stays(kept: KeptProofs) -> None:
    own = Reasoning("Mine.", Opaque("anthropic_messages", "own")), ToolCall("c1", "look", "{}")

    assert restored(kept, *own) == own


def test_proofs_grow_old(kept: KeptProofs) -> None:
    call = ToolCall("c1", "look", "{}")

    assert restored(kept, call, now=4 * 3600.0) == (call,)


def test_a_conversation_without_any_is_not_touched(kept: KeptProofs) -> None:
    conversation = history(Text("Hello"), ToolCall("c9", "look", "{}"))

    assert kept.restored("ann", conversation, now=1.0) is conversation


def test_a_stream_is_added_up_from_where_it_reasons() -> None:
    tap = ProofTap()
    whole = reply(Text("First."), Reasoning("Hm.", PROOF), ToolCall("c1", "look", "{}"))
    for event in events_of(whole):
        tap.feed(event)

    assert tap.reply is not None
    assert tap.reply.parts == whole.parts[1:]


def test_a_stream_that_does_not_reason_leaves_nothing() -> None:
    tap = ProofTap()
    for event in (TextStart(0), TextDelta(0, "Paris")):
        tap.feed(event)

    assert tap.reply is None
