"""Which proxy a call goes through."""

from __future__ import annotations

import pytest

from cliproxy.transport.base import Unreachable
from cliproxy.transport.proxy import Proxies, place


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("https_proxy", "10.0.0.1:3128")
    monkeypatch.setenv("all_proxy", "socks5://10.0.0.2:1080")
    monkeypatch.setenv("no_proxy", "excepted.example")


@pytest.mark.parametrize(
    ("for_all", "wanted", "host", "chosen"),
    [
        ("http://all:1", "http://own:1", "upstream.example", "http://own:1"),
        ("http://all:1", "", "upstream.example", "http://all:1"),
        ("http://all:1", "direct", "upstream.example", ""),
        ("http://all:1", "NONE", "upstream.example", ""),
        ("direct", "", "upstream.example", ""),
        ("http://all:1", "", "127.0.0.1", "http://all:1"),
        ("", "", "127.0.0.1", ""),
        ("", "", "excepted.example", ""),
        ("SOCKS5://all:1", "", "upstream.example", "socks5://all:1"),
        ("", "", "upstream.example", "http://10.0.0.1:3128"),
    ],
)
def test_the_nearest_word_counts(for_all: str, wanted: str, host: str, chosen: str) -> None:
    """Environments often leave the scheme out; without one there would be no proxy at all, and nobody would know."""
    assert Proxies(for_all).chosen(wanted, "https", host) == chosen


def test_all_proxy_is_for_what_has_none_of_its_own() -> None:
    assert Proxies().chosen("", "http", "upstream.example") == "socks5://10.0.0.2:1080"


def test_a_kind_that_is_not_known_is_no_way_around() -> None:
    """Who wrote a proxy down must not find himself without one."""
    with pytest.raises(Unreachable, match=r"the proxy 10\.0\.0\.3:1 is of no kind that is known here"):
        Proxies().chosen("quic://user:hush@10.0.0.3:1", "https", "upstream.example")


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://user:hush@10.0.0.1:3128", "10.0.0.1:3128"),
        ("socks5://[::1]:1080", "[::1]:1080"),
        ("https://proxy.example", "proxy.example"),
        ("http://user:hush@proxy.example:port", "an address that cannot be read"),
    ],
)
def test_its_place_holds_no_password(proxy: str, shown: str) -> None:
    assert place(proxy) == shown
