"""Whose certificates are trusted on the way out: those that the system trusts, and the operator's own authority."""

from __future__ import annotations

import ssl

from cliproxy.errors import SetupError

SETTING = "upstream-tls.ca-file"


def context(ca_file: str) -> ssl.SSLContext | None:
    """
    Return how TLS is spoken to upstreams and proxies; None: as the system does, `SSL_CERT_FILE` included.

    Certificates are always checked. Raises SetupError where the file cannot be used.
    """
    if not ca_file:
        return None
    trusted = ssl.create_default_context()
    try:
        trusted.load_verify_locations(cafile=ca_file)
    except ssl.SSLError:
        raise SetupError(f"{SETTING} ({ca_file}) cannot be used: it holds no certificates in PEM form") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SetupError(f"{SETTING} ({ca_file}) cannot be read: {reason}") from None
    return trusted
