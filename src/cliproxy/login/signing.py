"""
A private key and what it signs. Only imported by who needs it: what it imports takes longer than all the rest.

Source: RFC 7515 (RS256), RFC 8017 appendix A.1.2 (PKCS#1), RFC 5208 (PKCS#8).
"""

from __future__ import annotations

from collections.abc import Mapping

import jwt
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from cliproxy.login.private_key import WrongKey, key_in

SHORTEST, LONGEST = 2048, 8192  # bits; what a key costs grows with their cube, and nobody is served meanwhile


def private_key(text: str, *, thorough: bool = False) -> RSAPrivateKey:
    """
    Return the key that a text holds.

    A key that signs as it should is good enough. `thorough` also finds parts of it that are damaged and not used in
    that; it takes 35 ms instead of one, in which nobody is served.

    Raises:
        WrongKey: It holds none, or one of another kind.
    """
    try:
        data = key_in(text)
        key = load_der_private_key(data, password=None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            raise WrongKey("is no RSA key, and only such keys are taken")
        if key.key_size < SHORTEST:
            raise WrongKey(f"has {key.key_size} bits, and less than {SHORTEST} are no longer safe")
        if key.key_size > LONGEST:
            raise WrongKey(f"has {key.key_size} bits, and more than {LONGEST} take too long to sign with")
        _try(key)
        if thorough:
            load_der_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError, InvalidSignature):  # they may quote the text
        raise WrongKey("cannot be read: it is damaged, or only a part of a key") from None
    return key


def as_pem(key: RSAPrivateKey) -> str:
    """Return a key as the Go program stores it: PEM of the form PKCS#1."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def signed(claims: Mapping[str, object], key: RSAPrivateKey, *, key_id: str) -> str:
    """Return claims as a JSON web token, signed by RS256."""
    return jwt.encode(dict(claims), key, algorithm="RS256", headers={"kid": key_id} if key_id else None)


def _try(key: RSAPrivateKey) -> None:
    """Raise InvalidSignature where the parts of a key do not belong together."""
    key.public_key().verify(key.sign(b"", PKCS1v15(), SHA256()), b"", PKCS1v15(), SHA256())
