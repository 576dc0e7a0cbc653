"""Certificates that strict readers accept."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509

from cliproxy.simulator.certificates import Authority


def shaken(authority: Authority, trusted: bytes, name: str, folder: Path) -> None:
    """Shake hands in memory as strictly as Python can."""
    identity = authority.issue(["one.example", "*.two.example"])
    (folder / "pair.pem").write_bytes(identity.certificate + identity.key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "pair.pem")
    client = ssl.create_default_context(cadata=trusted.decode())
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    while ends:
        for end in tuple(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                pass


@pytest.mark.parametrize("name", ["one.example", "any.two.example"])
def test_a_host_is_trusted_by_its_names(tmp_path: Path, name: str) -> None:
    authority = Authority(time.time())

    shaken(authority, authority.pem, name, tmp_path)


@pytest.mark.parametrize("name", ["three.example", "a.b.two.example"])
def test_a_host_is_not_trusted_by_other_names(tmp_path: Path, name: str) -> None:
    authority = Authority(time.time())
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        shaken(authority, authority.pem, name, tmp_path)


def test_another_authority_is_not_trusted(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(Authority(time.time()), Authority(time.time()).pem, "one.example", tmp_path)


def test_certificates_begin_at_the_time_they_are_told() -> None:
    certificate = x509.load_pem_x509_certificate(Authority(1_800_000_000.0).pem)

    assert certificate.not_valid_before_utc.timestamp() == 1_800_000_000 - 3600
    assert certificate.not_valid_after_utc.timestamp() > 1_800_000_000
