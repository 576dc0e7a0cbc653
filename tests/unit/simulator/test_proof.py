"""How a simulated vendor recognises its own reasoning."""

from cliproxy.simulator.proof import is_forged, prove


def test_a_proof_is_good_for_its_vendor_and_its_words() -> None:
    """Where only the proof comes back, the words cannot be compared."""
    proof = prove("gemini", "I think")

    assert not is_forged("gemini", proof)
    assert not is_forged("gemini", proof, "I think")
    assert is_forged("gemini", proof, "I thought")
    assert is_forged("anthropic_messages", proof)


def test_a_proof_from_elsewhere_passes() -> None:
    """It may be out of a recording."""
    assert not is_forged("gemini", "skip_thought_signature_validator")
    assert not is_forged("anthropic_messages", "EqQBCkYIBBgCKkA=")
    assert not is_forged("anthropic_messages", "")
