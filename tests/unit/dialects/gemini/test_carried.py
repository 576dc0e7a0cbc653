"""Other vendors' proofs as signatures, through Google's own SDK."""

from __future__ import annotations

import base64

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.conversation.request import Opaque
from cliproxy.dialects.gemini.carried import read, written

ANTHROPIC = Opaque("anthropic_messages", "EqQB+/8=")
OPENAI = Opaque("openai_responses", "gAAAAABo_-8=")
DETAIL = Opaque("openai_chat", '{"type":"reasoning.text","id":"ü"}')


def through_the_sdk(signature: str) -> str:
    """Return a signature as Google's SDK sends it back: it reads bytes, and writes them in its own alphabet."""
    part = types.Part.model_validate({"text": "", "thoughtSignature": signature})
    assert part.thought_signature is not None
    return base64.urlsafe_b64encode(part.thought_signature).decode()


@pytest.mark.parametrize("proof", [ANTHROPIC, OPENAI, DETAIL, Opaque("openai_chat", "odd")])
@pytest.mark.parametrize("redacted", [False, True])
def test_a_foreign_proof_survives_the_sdk(proof: Opaque, redacted: bool) -> None:
    signature = written(proof, redacted=redacted)

    assert read(signature) == (proof, redacted)
    assert read(through_the_sdk(signature)) == (proof, redacted)


@pytest.mark.parametrize("proof", [ANTHROPIC, OPENAI])
def test_a_proof_in_base64_stands_there_as_it_is(proof: Opaque) -> None:
    """Whoever looks for it finds it."""
    assert proof.value in written(proof)


def test_google_s_own_goes_as_it_is() -> None:
    assert written(Opaque("gemini", "Ab+/", "call")) == "Ab+/"
    assert read("Ab+/", "call") == (Opaque("gemini", "Ab+/", "call"), False)


@given(
    proof=st.builds(Opaque, st.sampled_from(["anthropic_messages", "openai_chat", "openai_responses"]), st.text())
    | st.builds(
        Opaque, st.just("openai_responses"), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())
    ),
    on=st.sampled_from(["", "text", "call"]),
)
def test_every_proof_comes_back(proof: Opaque, on: str) -> None:
    whole = Opaque(proof.dialect, proof.value.encode("utf-8", "replace").decode(), on)

    assert read(through_the_sdk(written(whole)))[0] == whole
