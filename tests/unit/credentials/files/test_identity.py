"""Who is behind a file, and whether two are of one account."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cliproxy.credentials.files.identity import email_of, identity_of, same_account

GO = {"type": "claude", "email": "Ann@Example.com", "access_token": "a"}
OURS = {"type": "claude", "email": "ann@example.com", "account_uuid": "u-1", "organization_uuid": "o-1"}


def token(**claims: Any) -> str:
    """Return an id token of OpenAI's kind."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.sig"


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        (GO, OURS, True),  # what one does not say does not tell them apart
        (OURS, OURS | {"organization": "Renamed"}, True),
        (OURS | {"organization": "A"}, OURS | {"organization": "B"}, True),
        (OURS, OURS | {"organization_uuid": "o-2"}, False),  # one person, two organisations
        (GO | {"organization": "A"}, GO | {"organization": "B"}, False),
        (GO, GO | {"email": "bob@example.com"}, False),
        ({"account_id": "team"}, {"account_id": "team", "email": "ann@example.com"}, False),  # whose of the team?
        ({"account_id": "team"}, {"account_id": "team"}, True),
        ({"account_id": "t", "email": "a@x.example"}, {"account_id": "t", "email": "b@x.example"}, False),
        ({"id_token": token(email="a@x.example")}, {"email": "a@x.example"}, True),
        ({"token": {"access_token": "a", "id_token": token(email="a@x.example")}}, {"email": "a@x.example"}, True),
        ({"user_id": "u", "device_id": "one"}, {"user_id": "u", "device_id": "two"}, True),
        ({"device_id": "one"}, {"device_id": "one"}, True),
        ({"device_id": "one"}, {"user_id": "u", "device_id": "one"}, False),
        ({"type": "service_account", "client_email": "s@x.example"}, {"email": "s@x.example"}, True),
        ({"access_token": "a"}, {"access_token": "a"}, False),  # nobody said who that is
    ],
)
def test_two_files_are_of_one_account(one: dict[str, Any], other: dict[str, Any], are_same: bool) -> None:
    assert same_account(one, other) is are_same
    assert same_account(other, one) is are_same


def test_a_name_has_all_that_tells_accounts_apart() -> None:
    assert identity_of(OURS | {"organization": "Acme"}, "") == "u-1/o-1/ann@example.com"
    assert identity_of(GO | {"organization": "Acme"}, "") == "Acme/ann@example.com"
    assert identity_of({"user_id": "u", "device_id": "d"}, "") == "u"
    assert identity_of({"device_id": "d"}, "") == "d"
    assert identity_of({"access_token": "hush"}, "qwen.json") == "qwen.json"


def test_an_address_is_the_file_s_or_its_token_s() -> None:
    assert email_of({"email": " a@x.example "}) == "a@x.example"
    assert email_of({"id_token": token(email="b@x.example")}) == "b@x.example"
    assert email_of({"id_token": "nonsense"}) == ""
