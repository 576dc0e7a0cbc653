"""Whose certificates are trusted. That they are: `tests/gateway/test_network.py`."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from cliproxy.errors import SetupError
from cliproxy.transport import tls
from tests.gateway.authority import Authority


def test_nothing_said_is_as_the_system_does() -> None:
    assert tls.context("") is None


def test_an_authority_is_added_and_none_taken_away(tmp_path: Path) -> None:
    """And certificates are checked, whatever is written."""
    trusted = tls.context(str(Authority(tmp_path).file))

    assert trusted is not None
    assert trusted.cert_store_stats()["x509_ca"] == ssl.create_default_context().cert_store_stats()["x509_ca"] + 1
    assert trusted.verify_mode is ssl.CERT_REQUIRED
    assert trusted.check_hostname


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff\x00", None])
def test_a_file_that_cannot_be_used_is_named_with_its_setting(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SetupError, match=r"^upstream-tls\.ca-file \(.*ca\.pem\) cannot be (used|read): .+"):
        tls.context(str(file))
