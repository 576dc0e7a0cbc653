"""A private key that is the same wherever it is made, and what it stands in. It belongs to nobody."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_P, _Q = (3 << 1022) + 1037, (7 << 1021) + 309  # the first primes after these
_E = 65537
_TOKENS = {"access_token": "at", "expires_in": 3600}


def pem(form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    """Return the key as text."""
    d = pow(_E, -1, (_P - 1) * (_Q - 1))
    rest = rsa_crt_dmp1(d, _P), rsa_crt_dmq1(d, _Q), rsa_crt_iqmp(_P, _Q)
    key = RSAPrivateNumbers(_P, _Q, d, *rest, RSAPublicNumbers(_E, _P * _Q)).private_key()
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def key_file(email: str = "robot@p.iam.gserviceaccount.com") -> bytes:
    """Return what a vendor gives who makes a key."""
    fields = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": pem(),
        "client_email": email,
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return msgspec.json.encode(fields)


def with_key(target: str) -> Iterator[bytes]:
    """Return inputs of a target that have a key in them."""
    if target == "key":
        yield pem().encode()
        yield pem(PrivateFormat.TraditionalOpenSSL).encode()
        yield b"\x1b[31m" + pem().replace("\n", "\\n").encode()
    elif target == "login":
        yield b"\x09\x00" + key_file()
    elif target == "refresh":
        yield b"\x07\x00" + msgspec.json.encode(_TOKENS) + b"\n\n" + key_file()
        yield b"\x07\x03" + b'{"error":"invalid_grant"}' + b"\n\n" + key_file()
        yield b"\x07\x03" + b'{"error":"invalid_grant"}' + b"\n\n" + key_file("robot\x1b[2J@p\n" + "x" * 5000)
