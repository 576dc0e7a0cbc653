"""`data:` URLs."""

from __future__ import annotations

import pytest

from cliproxy.wire.data_url import plain_base64, read_data_url, sniffed, write_data_url


@pytest.mark.parametrize(
    ("url", "mime_type", "data"),
    [
        ("data:image/png;base64,iVBO", "image/png", "iVBO"),
        ("DATA:Image/PNG;name=a.png;BASE64,iVBO", "image/png", "iVBO"),
        ("data:text/plain,a%20b", "text/plain", "YSBi"),
        ("data:,x", "", "eA=="),
        ("data:image/png;base64,iV\n BO-_", "image/png", "iVBO+/"),
    ],
)
def test_every_form_is_read(url: str, mime_type: str, data: str) -> None:
    """With parameters, without `base64`, in capitals, with line breaks, in the URL alphabet."""
    assert read_data_url(url) == (mime_type, data)


def test_another_url_is_none() -> None:
    assert read_data_url("https://example.com/data:") is None


def test_what_is_written_is_read_back() -> None:
    assert read_data_url(write_data_url("image/png", "iVBO")) == ("image/png", "iVBO")


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [("iVBORw0KGgoAAA", "image/png"), ("/9j/4AAQ", "image/jpeg"), ("JVBERi0xLjQ", "application/pdf"), ("YSBi", "")],
)
def test_the_first_bytes_tell_the_type(data: str, mime_type: str) -> None:
    assert sniffed(data) == mime_type


def test_clean_base64_is_not_copied() -> None:
    data = "iVBORw0KGgo="
    assert plain_base64(data) is data
