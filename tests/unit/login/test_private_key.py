"""Private keys out of texts that went through other hands."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.login.private_key import LONGEST, WrongKey, key_in

DER = bytes(range(200))
LINES = base64.encodebytes(DER).decode()
TEXT = f"-----BEGIN PRIVATE KEY-----\n{LINES}-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("PRIVATE KEY", "RSA PRIVATE KEY"),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\\n"),
        TEXT.replace("\n", "\\r\\n"),
        TEXT.replace("\n", ""),
        TEXT.replace("\n", " "),
        f"\x1b[32m{TEXT}\x1b[0m".replace("AQ", "\x1b[1;31mAQ\x1b[0m"),
        f"\ufeff  {TEXT}",
        TEXT.replace("\n", "\n\ufffd"),
    ],
    ids=["whole", "pkcs1", "crlf", "escaped", "escaped crlf", "one line", "spaces", "colours", "mark", "not utf-8"],
)
def test_what_happens_to_texts_on_their_way_does_no_harm(text: str) -> None:
    assert key_in(text) == DER


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is missing"),
        ("hunter2", "no BEGIN"),
        (TEXT[:60], "no BEGIN and END lines, or not both"),
        (TEXT.replace("PRIVATE KEY", "PUBLIC KEY"), "is a public key: the private part is missing"),
        (TEXT.replace("PRIVATE KEY", "CERTIFICATE"), "is a certificate"),
        (TEXT.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), "password"),
        (TEXT.replace("-\nAA", "-\nProc-Type: 4,ENCRYPTED\n\nAA"), "password"),
        (TEXT.replace("=", ""), "a part of it is missing"),
        ("x" * (LONGEST + 1), "too long"),
    ],
)
def test_what_is_no_key_is_told_apart_and_never_shown(text: str, why: str) -> None:
    with pytest.raises(WrongKey, match=why) as wrong:
        key_in(text)
    assert "hunter2" not in str(wrong.value)
    assert LINES[:20] not in str(wrong.value)


@given(st.text() | st.builds("-----BEGIN {} KEY-----{}-----END ".format, st.text(), st.text()))
def test_no_text_breaks_it(text: str) -> None:
    try:
        key_in(text)
    except WrongKey:
        return
    assert "PRIVATE KEY" in text


@pytest.mark.timeout(5)
def test_a_text_of_beginnings_takes_no_time() -> None:
    """Files are read while requests wait."""
    with pytest.raises(WrongKey):
        key_in("-----BEGIN A-----" * (LONGEST // 17))
