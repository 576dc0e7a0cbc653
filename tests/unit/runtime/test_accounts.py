"""The credentials that lie in a store."""

from __future__ import annotations

import json
from typing import Any

from structlog.testing import capture_logs

from cliproxy.credentials.files.document import read_credentials
from cliproxy.runtime.accounts import Accounts
from cliproxy.stores.memory import MemoryStore


def file_of(**fields: Any) -> bytes:
    """Return a credential file of Claude."""
    usual = {"type": "claude", "email": "a@example.com", "access_token": "at-1", "refresh_token": "rt-1"}
    return json.dumps(usual | fields).encode()


async def test_all_files_are_read_in_the_order_of_their_names() -> None:
    accounts = Accounts(
        MemoryStore(
            {
                "auths/b.json": file_of(email="b@x.example", refresh_token="rt-2"),
                "auths/a.json": file_of(),
                "state/x": b"{}",
            }
        )
    )
    await accounts.load()
    assert [credential.id for credential in accounts.credentials] == ["a.json", "b.json"]


async def test_a_new_token_is_an_update_and_nothing_else() -> None:
    store = MemoryStore({"auths/a.json": file_of()})
    accounts = Accounts(store)
    await accounts.load()
    await store.write("auths/a.json", file_of(access_token="at-2"))
    changes = await accounts.look(["auths/a.json", "config.yaml"])
    assert not changes.is_other_set
    assert [credential.secret.reveal() for credential in changes.updated] == ["at-2"]
    assert changes.before["a.json"].secret.reveal() == "at-1"


async def test_files_come_and_go() -> None:
    store = MemoryStore({"auths/a.json": file_of()})
    accounts = Accounts(store)
    await accounts.load()
    await store.write("auths/b.json", file_of(refresh_token="rt-2"))
    assert (await accounts.look(["auths/b.json"])).is_other_set
    assert len(accounts) == 2
    await store.delete("auths/a.json")
    assert (await accounts.look(["auths/a.json"])).is_other_set
    assert [credential.id for credential in accounts.credentials] == ["b.json"]


async def test_a_file_that_was_only_touched_changes_nothing() -> None:
    accounts = Accounts(MemoryStore({"auths/a.json": file_of()}))
    await accounts.load()
    changes = await accounts.look(["auths/a.json"])
    assert not changes.updated
    assert not changes.is_other_set


async def test_a_broken_file_changes_nothing_and_is_reported_once() -> None:
    """Somebody may be in the middle of writing it."""
    store = MemoryStore({"auths/a.json": file_of()})
    accounts = Accounts(store)
    await accounts.load()
    await store.write("auths/a.json", file_of()[:30])
    with capture_logs() as logs:
        for _ in range(3):
            changes = await accounts.look(["auths/a.json"])
            assert not changes.updated
            assert not changes.is_other_set
    assert len(accounts) == 1
    (told,) = logs
    assert told["file"] == "auths/a.json"
    assert "at-1" not in str(told)
    await store.write("auths/a.json", file_of(access_token="at-2"))
    assert (await accounts.look(["auths/a.json"])).updated


async def test_what_is_no_credential_is_passed_over() -> None:
    with capture_logs() as logs:
        accounts = Accounts(MemoryStore({"auths/a.json": b"[]", "auths/b.json": file_of()}))
        await accounts.load()
    assert len(accounts) == 1
    assert logs[0]["file"] == "auths/a.json"


async def test_new_tokens_are_known_before_the_store_tells_and_an_edit_beside_them_is_not_missed() -> None:
    store = MemoryStore({"auths/a.json": file_of(), "auths/b.json": file_of(refresh_token="rt-2")})
    accounts = Accounts(store)
    await accounts.load()
    both = file_of(access_token="at-2", prefix="team")
    accounts.renewed("auths/a.json", read_credentials("auths/a.json", both))
    first, second = accounts.credentials
    assert (first.secret.reveal(), first.prefix, second.secret.reveal()) == ("at-2", "", "at-1")

    await store.write("auths/a.json", both)
    (changed,) = (await accounts.look(["auths/a.json"])).updated
    assert (changed.secret.reveal(), changed.prefix) == ("at-2", "team")


async def test_new_tokens_of_a_document_that_is_gone_bring_nothing_back() -> None:
    accounts = Accounts(MemoryStore())
    await accounts.load()
    accounts.renewed("auths/a.json", read_credentials("auths/a.json", file_of()))
    assert list(accounts.credentials) == []


async def test_an_account_in_two_files_is_used_once() -> None:
    """A refresh of the one would spend the token of the other. The newest is used, and the operator told once."""
    org = {"organization_uuid": "o-1"}
    old, new = file_of(expired="2026-01-01T00:00:00Z", **org), file_of(expired="2026-02-01T00:00:00Z", **org)
    store = MemoryStore({"auths/a.json": old, "auths/b.json": new})
    accounts = Accounts(store)
    with capture_logs() as logs:
        await accounts.load()
        await accounts.look(["auths/a.json", "auths/b.json"])
    assert [one.id for one in accounts.credentials] == ["b.json"]
    assert [(told["file"], "auths/b.json" in told["then"]) for told in logs] == [("auths/a.json", True)]

    await store.write("auths/a.json", file_of(expired="2026-03-01T00:00:00Z", **org))
    assert (await accounts.look(["auths/a.json"])).is_other_set
    assert [one.id for one in accounts.credentials] == ["a.json"]

    await store.delete("auths/a.json")
    assert (await accounts.look(["auths/a.json"])).is_other_set
    assert [one.id for one in accounts.credentials] == ["b.json"]
