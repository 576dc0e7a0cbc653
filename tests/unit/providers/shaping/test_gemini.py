"""Proofs of another family of models, on their way to Google."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cliproxy.providers import aistudio, antigravity, gemini, gemini_cli, vertex
from cliproxy.providers.base import Provider
from tests.unit.providers.calling import prepared, shaped

PROOF = "p" * 60
SPEAKERS = [gemini.PROVIDER, vertex.PROVIDER, aistudio.PROVIDER, gemini_cli.PROVIDER, antigravity.PROVIDER]


def thoughts(proof: str) -> dict[str, Any]:
    part = {"text": "hm", "thought": True, "thoughtSignature": proof}
    return {"contents": [{"role": "model", "parts": [part]}, {"role": "user", "parts": [{"text": "go on"}]}]}


def sent(provider: Provider, proof: str, model: str) -> tuple[Any, list[str]]:
    body, lost = shaped(provider, thoughts(proof), model=model)
    parts = body.get("request", body)["contents"][0]["parts"]
    return parts[0].get("thoughtSignature"), lost


@pytest.mark.parametrize("provider", SPEAKERS, ids=lambda provider: provider.name)
def test_google_is_sent_no_proof_of_claude_s(provider: Provider) -> None:
    """It would refuse the request: a client that changes the model in mid-conversation brings both."""
    assert sent(provider, f"claude#{PROOF}", "gemini-3-flash") == (
        None,
        ["contents: proofs of another family of models"],
    )
    assert sent(provider, PROOF, "gemini-3-flash") == (PROOF, [])


def test_claude_is_sent_its_own() -> None:
    assert sent(antigravity.PROVIDER, f"claude#{PROOF}", "claude-opus-4-6-thinking") == (PROOF, [])


def test_thoughts_of_another_family_are_nothing_to_claude() -> None:
    """Without a proof that it takes, a thought is refused."""
    body, lost = shaped(antigravity.PROVIDER, thoughts(f"gemini#{PROOF}"), model="claude-opus-4-6-thinking")

    assert [content["role"] for content in body["request"]["contents"]] == ["user"]
    assert lost == ["contents: proofs of another family of models"]


def test_a_body_without_such_proofs_stays_the_bytes_it_was() -> None:
    body = msgspec.json.format(msgspec.json.encode(thoughts(PROOF)))

    assert prepared(gemini.PROVIDER, body=body).body == body
