"""Keys of service accounts, made when they are first wanted."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

EMAIL = "robot@acme-1.iam.gserviceaccount.com"


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def pkcs8(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None) -> str:
    """Return a key as Google writes it."""
    return (key or rsa_key()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def pkcs1() -> str:
    """Return the key as the Go program stores it."""
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def key_file(**changed: Any) -> dict[str, Any]:
    """Return what Google gives somebody who makes a key; None takes a field out."""
    fields = {
        "type": "service_account",
        "project_id": "acme-1",
        "private_key_id": "kid-1",
        "private_key": pkcs8(),
        "client_email": EMAIL,
        "token_uri": "https://oauth2.googleapis.com/token",
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}
