"""What a login makes of chance."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cliproxy.credentials.credential import Secret
from cliproxy.login.pkce import SHORT, challenge, device_of, state_of, verifier_of
from tests.unit.login.steps import ENTROPY


def test_a_challenge_is_the_digest_of_its_verifier() -> None:
    """The example of RFC 7636, appendix B."""
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert challenge(verifier) == {
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    assert challenge(Secret("")) == {}


def test_lengths_are_those_that_vendors_know() -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", state_of(ENTROPY))
    assert re.fullmatch(r"[A-Za-z0-9_-]{128}", verifier_of(ENTROPY).reveal())
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", verifier_of(ENTROPY, SHORT).reveal())


@given(st.binary(min_size=128, max_size=128))
def test_a_device_is_a_random_uuid(entropy: bytes) -> None:
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", device_of(entropy))


def test_nothing_that_goes_out_is_made_of_the_verifier_s_bytes() -> None:
    """State and device are seen by others; the verifier must not follow from them."""
    other = ENTROPY[:32] + bytes(96)

    assert state_of(ENTROPY) == state_of(other)
    assert device_of(ENTROPY) == device_of(other)
    assert verifier_of(ENTROPY) != verifier_of(other)
