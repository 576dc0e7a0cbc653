"""Keys that sign, and keys that are not taken."""

from __future__ import annotations

import base64
import time

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


def test_a_key_that_would_take_minutes_to_sign_with_is_refused_at_once() -> None:
    """It costs the cube of its length, while nobody is served; anybody can write down a number of so many bits."""
    p, q, d = (1 << 16384) - 1, (1 << 16384) - 3, 65537
    numbers = (0, p * q, 65537, d, p, q, d, d, pow(q, -1, p))
    began = time.process_time()
    for thorough in (False, True):
        with pytest.raises(WrongKey, match="32768 bits, and more than 8192"):
            private_key(key_of(numbers), thorough=thorough)
    assert time.process_time() - began < 2  # signing once takes ten


def key_of(numbers: tuple[int, ...]) -> str:
    """Return a key of the form PKCS#1 that holds any numbers."""
    body = base64.b64encode(_tagged(0x30, b"".join(map(_number, numbers)))).decode()
    return f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n"


def _number(value: int) -> bytes:
    return _tagged(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _tagged(tag: int, data: bytes) -> bytes:
    if len(data) < 128:
        return bytes((tag, len(data))) + data
    length = len(data).to_bytes((len(data).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + data
