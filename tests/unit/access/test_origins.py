"""From which web pages a connection is taken."""

from __future__ import annotations

import pytest

from cliproxy.access.origins import may_connect

ALLOWED = ("https://aistudio.google.com", "https://*.scf.usercontent.goog")


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "https://aistudio.google.com",
        "HTTPS://AIStudio.google.com",
        "https://one-two.scf.usercontent.goog",
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://[::1]:8080",
        "http://192.168.1.5:8317",
    ],
)
def test_who_is_let_in(origin: str | None) -> None:
    """What is no browser, pages that are listed, this machine's, and those of the gateway's own address."""
    assert may_connect(origin, "192.168.1.5:8317", ALLOWED)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "http://aistudio.google.com",
        "https://aistudio.google.com:444",
        "https://aistudio.google.com.evil.example",
        "https://evil.example/aistudio.google.com",
        "https://scf.usercontent.goog",
        "http://192.168.1.5:80",
        "http://localhost.evil.example",
        "http://[",
        "localhost",
    ],
)
def test_who_is_not(origin: str) -> None:
    assert not may_connect(origin, "192.168.1.5:8317", ALLOWED)


def test_a_name_that_leads_here_is_not_enough() -> None:
    """Whoever made the page may have had his own name lead to this machine after it was loaded."""
    assert not may_connect("http://evil.example:8317", "evil.example:8317", ALLOWED)
    assert may_connect("https://gateway.example", "gateway.example", ("https://gateway.example",))
