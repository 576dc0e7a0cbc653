"""Which of several files of one account is used."""

from __future__ import annotations

import json
from typing import Any

from cliproxy.credentials.files.document import read_credentials
from cliproxy.runtime.twins import Twins


def twins_of(files: dict[str, dict[str, Any]]) -> Twins:
    twins = Twins()
    for name, fields in files.items():
        twins.put(name, read_credentials(f"auths/{name}", json.dumps(fields).encode()))
    return twins


def test_the_newest_tokens_are_used() -> None:
    mine = {"type": "qwen", "email": "ann@x.example", "refresh_token": "r"}
    twins = twins_of({"a": mine | {"expired": 100}, "b": mine | {"expired": 200}, "c": mine | {"email": "bob"}})
    assert [twins.used(name) for name in "abc"] == ["b", "b", "c"]
    assert twins.of("a") == ("a", "b")

    twins.drop("b")
    assert twins.used("a") == "a"
    assert twins.of("b") == ("b",)


def test_one_that_is_switched_off_makes_way_only_for_its_equals() -> None:
    """Who switches off the newest wants the account off, not its old token tried."""
    mine = {"type": "qwen", "email": "ann@x.example"}
    twins = twins_of({"a": mine | {"disabled": True}, "b": mine, "c": mine})
    assert {twins.used(name) for name in "abc"} == {"b"}  # among equals the first by name

    twins = twins_of({"a": mine, "b": mine | {"expired": 200, "disabled": True}})
    assert {twins.used(name) for name in "ab"} == {"b"}


def test_what_looks_alike_and_is_not() -> None:
    """Projects rest on their own; and a person may have accounts in several organisations at Anthropic."""
    google = {"type": "gemini", "email": "ann@x.example", "token": {"refresh_token": "r"}}
    claude = {"type": "claude", "email": "ann@x.example"}
    twins = twins_of(
        {
            "one": google | {"project_id": "p-1"},
            "two": google | {"project_id": "p-2"},
            "here": claude | {"refresh_token": "r-1"},
            "there": claude | {"refresh_token": "r-2"},
            "copy": claude | {"refresh_token": "r-2"},
            "key": claude | {"access_token": "a"},
            "other key": claude | {"access_token": "a"},
        }
    )
    used = {name: twins.used(name) for name in ("one", "two", "here", "there", "copy", "key", "other key")}
    assert used == {name: name for name in used} | {"there": "copy"}
