"""What is told of an account: whose it is, where its file lies, no secret."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cliproxy.cli.account_facts import facts_of, rows_of
from cliproxy.config.schema import Config
from cliproxy.credentials.files.document import read_credentials
from cliproxy.runtime.newcomers import Saved

KEY = "auths/team/claude.json"
FIELDS = {
    "type": "claude",
    "email": "ann@acme.example",
    "access_token": "hush-1",
    "refresh_token": "hush-2",
    "organization": "Acme",
    "expired": "2027-01-01T00:00:00Z",
}


def saved(**more: object) -> Saved:
    return Saved(KEY, read_credentials(KEY, msgspec.json.encode({**FIELDS, **more})), True, ("look out",))


def test_the_facts(tmp_path: Path) -> None:
    """As JSON for scripts."""
    facts = facts_of(saved(), Config(auth_dir=str(tmp_path)))

    assert facts == {
        "ok": True,
        "provider": "claude",
        "account": "ann@acme.example",
        "organization": "Acme",
        "plan": "",
        "projects": [],
        "expires_at": "2027-01-01T00:00:00Z",
        "file": str(tmp_path / "team" / "claude.json"),
        "replaced": True,
        "disabled": False,
        "notes": ["look out"],
    }
    assert b"hush" not in msgspec.json.encode(facts)


def test_the_rows(tmp_path: Path) -> None:
    """Only what there is, for people."""
    rows = dict(rows_of(facts_of(saved(type="gemini", project_id="p1,p2", organization=7), Config())))

    assert rows["projects"] == "p1, p2"
    assert rows["expires at"] == "2027-01-01T00:00:00Z"
    assert {"plan", "organization", "notes"}.isdisjoint(rows)
