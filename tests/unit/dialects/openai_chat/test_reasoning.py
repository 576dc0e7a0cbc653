"""Thoughts and their proofs, as this dialect's speakers write them."""

from __future__ import annotations

import json

from msgspec import Raw

from cliproxy.conversation.request import Opaque, Reasoning
from cliproxy.dialects.openai_chat.reasoning import reasoning_detail, thoughts

SIGNED = Raw(b'{"type":"reasoning.text","signature":"S"}')
SEALED = Raw(b'{"type":"reasoning.encrypted","data":"D"}')


def test_words_join_the_proof_that_came_without_them() -> None:
    """A client that collects a stream keeps them apart."""
    assert thoughts("hm", [SIGNED]) == [Reasoning("hm", Opaque("openai_chat", "S"))]


def test_words_do_not_join_thoughts_that_are_sealed() -> None:
    assert thoughts("hm", [SEALED]) == [Reasoning("hm"), Reasoning("", Opaque("openai_chat", "D"), redacted=True)]


def test_a_detail_that_tells_more_is_the_proof_as_a_whole() -> None:
    """An aggregator wants back every field of what it gave."""
    detail = {"type": "reasoning.text", "signature": "S", "format": "x", "text": "hm"}
    (thought,) = thoughts("", [Raw(json.dumps(detail).encode())])

    assert thought.proof is not None
    assert reasoning_detail("hm", thought.proof.value, redacted=False) == detail


def test_a_proof_of_another_vendor_is_known_by_its_tag() -> None:
    (thought,) = thoughts("", [Raw(b'{"signature":"gemini.call#S"}')])

    assert thought == Reasoning("", Opaque("gemini", "S", "call"))


def test_details_that_are_none_are_passed_over() -> None:
    assert thoughts("", [Raw(b"3"), Raw(b"{}"), Raw(b'{"text":4}')]) == []
