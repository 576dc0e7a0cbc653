"""Names of files, whatever an account is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.login.file_name import file_name
from cliproxy.stores.base import check_key


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("claude", "ann@example.com"), "claude-ann@example.com.json"),
        (("codex", "", "ann+x@example.com", "plus"), "codex-ann+x@example.com-plus.json"),
        (("qwen", " Jörg M. "), "qwen-Jörg-M.json"),
        (("qwen", "../../etc/passwd"), "qwen-etc-passwd.json"),
        (("qwen", "a/../b\\c\x00d\ne"), "qwen-a-.-b-c-d-e.json"),
        (("qwen", "..."), "qwen.json"),
        (("qwen", "a\u202egpj"), "qwen-a-gpj.json"),
    ],
)
def test_a_name_keeps_what_is_safe(parts: tuple[str, ...], name: str) -> None:
    assert file_name(*parts) == name


def test_long_names_are_cut_and_still_differ() -> None:
    one, other = file_name("qwen", "ü" * 300 + "1"), file_name("qwen", "ü" * 300 + "2")

    assert one != other
    assert len(one.encode()) <= 210


@given(st.text(max_size=300))
def test_any_account_gives_a_name_that_stores_take(account: str) -> None:
    """A vendor's e-mail address must not lead out of the folder, into a hidden one, or to no file at all."""
    name = file_name("qwen", account)

    check_key(f"auths/{name}")
    assert "/" not in name
    assert ".." not in name
    assert name.startswith("qwen")
    assert len(name.encode()) <= 210
    assert name.isprintable()
