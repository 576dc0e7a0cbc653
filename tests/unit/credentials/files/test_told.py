"""What a file tells of its account: all that is worth knowing, and no secret."""

from __future__ import annotations

import msgspec

from cliproxy.credentials.files.told import told_by
from tests.gateway.go_accounts import GO, NAMES
from tests.unit.credentials.files.test_identity import token

CLAIMS = "https://api.openai.com/auth"


def test_no_file_tells_a_secret() -> None:
    """By the folder of the Go program: every secret in it is called invented, or is a part of a key file."""
    for name in NAMES:
        values = msgspec.json.decode((GO / name).read_bytes(), type=dict[str, object])
        told = told_by(values)
        assert told or name.startswith("kimi")  # which says nothing of whose it is
        assert "invented" not in str(told)
        assert "00112233" not in str(told)


def test_what_openai_s_token_says() -> None:
    account = {
        "chatgpt_account_id": "acc-1",
        "chatgpt_plan_type": "team",
        "chatgpt_subscription_active_until": "2099-01-01T00:00:00+00:00",
        "organizations": [{"title": "Other"}, {"title": "Acme", "is_default": True}],
    }
    told = told_by({"id_token": token(email="ann@x.example", name="Ann", **{CLAIMS: account}), "account_id": "old"})

    assert told == {
        "e-mail": "ann@x.example",
        "name": "Ann",
        "organization": "Acme",
        "account id": "acc-1",
        "plan": "team",
        "subscription until": "2099-01-01T00:00:00+00:00",
    }


def test_nonsense_tells_nothing() -> None:
    assert told_by({}) == {}
    assert told_by({"id_token": "x.y.z", "email": 1.5, "organization": [], "service_account": "no"}) == {}
    assert told_by({"id_token": token(**{CLAIMS: {"organizations": [1, "x"], "chatgpt_plan_type": {}}})}) == {}


def test_a_key_file_names_its_account_and_project() -> None:
    key_file = {"type": "service_account", "client_email": "s@x.example", "project_id": "p-1", "private_key": "hush"}
    assert told_by(key_file) == told_by({"service_account": key_file}) == {"e-mail": "s@x.example", "project": "p-1"}
