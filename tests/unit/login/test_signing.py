"""Keys that sign, and keys that are not taken."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cliproxy.login.private_key import WrongKey
from cliproxy.login.signing import as_pem, private_key, signed
from tests.unit.login.keys import pkcs1, pkcs8, rsa_key


@pytest.mark.parametrize("text", [pkcs8(), pkcs1()], ids=["pkcs8", "pkcs1"])
def test_both_forms_are_read_and_one_is_written(text: str) -> None:
    """The Go program stores PKCS#1 whatever it was given."""
    assert as_pem(private_key(text)) == pkcs1()


def test_a_signature_can_be_checked_with_the_public_key() -> None:
    token = signed({"iss": "robot", "exp": 4_000_000_000}, private_key(pkcs8()), key_id="kid-1")

    assert jwt.decode(token, rsa_key().public_key(), algorithms=["RS256"])["iss"] == "robot"
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": "kid-1"}


def test_a_key_without_a_name_signs_too() -> None:
    assert "kid" not in jwt.get_unverified_header(signed({}, private_key(pkcs8()), key_id=""))


def test_keys_of_another_kind_are_told_apart() -> None:
    with pytest.raises(WrongKey, match="no RSA key"):
        private_key(pkcs8(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(WrongKey, match="1024 bits"):
        private_key(pkcs8(rsa_key(1024)))


def test_a_damaged_key_is_not_shown() -> None:
    lines = pkcs8().splitlines()
    lines[3] = "A" * 64  # of the modulus, which every signature needs
    with pytest.raises(WrongKey, match="damaged") as wrong:
        private_key("\n".join(lines))
    assert lines[5][:20] not in str(wrong.value)


def test_damage_that_no_signature_shows_is_found_by_a_thorough_look() -> None:
    """The Go program, which may share the folder, would refuse such a key."""
    lines = pkcs8().splitlines()
    lines[8] = "A" * 64  # of the exponent that its primes make superfluous

    assert private_key("\n".join(lines)).key_size == 2048
    with pytest.raises(WrongKey, match="damaged"):
        private_key("\n".join(lines), thorough=True)
