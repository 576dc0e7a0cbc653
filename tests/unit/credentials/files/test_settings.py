"""What an operator writes is understood, or refused with what it could be; `test_document.py` has whole files."""

from __future__ import annotations

import pytest

from cliproxy.credentials.credential import Quota, Secret
from cliproxy.credentials.files import settings
from cliproxy.credentials.files.fields import WrongField


@pytest.mark.parametrize(
    ("period", "expected"),
    [(None, "month"), ("", "month"), ("Day", "day"), ("hour", "hour"), (3600, "3600"), ("5h", "18000"), ("90", "90")],
)
def test_periods_of_a_quota(period: object, expected: str) -> None:
    """Without one it is the calendar's month."""
    assert settings.quota({"quota": 5, "quota-period": period}) == Quota(5, "tokens", expected)


@pytest.mark.parametrize(
    "values",
    [
        {"quota": -1},
        {"quota": "much"},
        {"quota": True},
        {"quota": 1, "quota-period": 0},
        {"quota": 1, "quota-period": "week"},
        {"quota": 1, "quota-unit": "euros"},
    ],
)
def test_a_quota_that_nobody_understands_is_refused(values: dict[str, object]) -> None:
    """Taking it for none would spend what was to be saved."""
    with pytest.raises(WrongField, match="quota"):
        settings.quota(values)


def test_proxies() -> None:
    """`none` and `direct` are the same; no proxy at all would be a leak where one was asked for."""
    assert settings.proxy({}) == Secret("")
    assert settings.proxy({"proxy_url": "None"}) == settings.proxy({"proxy-url": "direct"}) == Secret("direct")
    assert settings.proxy({"proxyUrl": "HTTP://u:p@h:1"}) == Secret("HTTP://u:p@h:1")
    for wrong in ("h:1", "ftp://h", "http://", "http://a b", "socks5://h\x01"):
        with pytest.raises(WrongField, match="proxy_url is no"):
            settings.proxy({"proxy_url": wrong})


def test_prefixes() -> None:
    """One with a slash inside is passed over, as the Go program does."""
    assert [settings.prefix({"prefix": value}) for value in ("a", " /a/ ", "a/b", 7, None)] == ["a", "a", "", "7", ""]


def test_headers() -> None:
    """They go into every request, so they must be some."""
    assert dict(settings.headers({"headers": {"X-A": "1\tä"}})) == {"X-A": "1\tä"}
    assert dict(settings.headers({})) == {}
    for wrong in ("X-A: 1", {"X A": "1"}, {"X-A": 1}, {"X-A": "1\r\nX-B: 2"}, {"": "1"}):
        with pytest.raises(WrongField, match="headers"):
            settings.headers({"headers": wrong})
