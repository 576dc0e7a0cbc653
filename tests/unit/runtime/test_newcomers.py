"""An account finds its file: one for each, whatever it is called and whoever wrote it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from cliproxy.credentials.files.document import read_credentials
from cliproxy.errors import LoginError
from cliproxy.login.flow import NewAccount
from cliproxy.runtime.intents import INTENTS, Intent, Intents, Stage
from cliproxy.runtime.newcomers import Newcomers, merged
from cliproxy.stores.base import AUTHS, Conflict, StoreError
from cliproxy.stores.files import FileStore
from cliproxy.stores.memory import MemoryStore
from tests.unit.runtime.logging_in import account

GEMINI = {"type": "gemini", "email": "ann@acme.example", "project_id": "p1"}
KEY_FILE = {
    "type": "service_account",
    "project_id": "p1",
    "private_key_id": "k1",
    "private_key": "old",
    "client_email": "robot@p1.example",
    "client_id": "1",
    "token_uri": "https://t.example",
    "priority": 3,
}


def encoded(**values: object) -> bytes:
    return msgspec.json.encode(values)


async def fields(store: MemoryStore, key: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode((await store.read(key)).data)
    return found


def gemini(project: str) -> NewAccount:
    inner = {"access_token": "at-2", "refresh_token": "rt-2"}
    values = {"token": inner, **GEMINI, "project_id": project}
    return NewAccount(name=f"gemini-ann@acme.example-{project}.json", fields=values)


async def test_a_new_account_gets_the_name_that_its_login_says() -> None:
    """And the file holds the fields in their order, for people to read."""
    store = MemoryStore()

    saved = await Newcomers(store).save(account())

    assert saved.key == "auths/claude-ann@acme.example.json"
    assert not saved.replaced
    assert saved.first.label == "ann@acme.example"
    data = (await store.read(saved.key)).data
    assert data.startswith(b'{\n  "type": "claude",\n  "email"')


async def test_a_second_login_replaces_the_tokens_and_nothing_else() -> None:
    """Wherever the file is and whatever its name; layout and the operator's words stay."""
    key = "auths/team/my-claude.json"
    before = (
        b'{\n\t"priority": 7,\n\t"type": "claude",\n\t"email": "Ann@acme.example",\n\t"access_token": "old",\n'
        b'\t"refresh_token": "old",\n\t"expire": "2026-01-01T00:00:00Z",\n'
        b'\t"proxy_url": "direct",\n\t"odd": [1, 2]\n}\n'
    )
    store = MemoryStore({key: before})

    saved = await Newcomers(store).save(account(expired="2027-01-01T00:00:00Z"))

    assert saved.key == key
    assert saved.replaced
    assert (await store.read(key)).data == (
        b'{\n\t"priority": 7,\n\t"type": "claude",\n\t"email": "ann@acme.example",\n'
        b'\t"access_token": "at-ann@acme.example",\n\t"refresh_token": "rt-ann@acme.example",\n'
        b'\t"proxy_url": "direct",\n\t"odd": [1, 2],\n\t"expired": "2027-01-01T00:00:00Z"\n}\n'
    )
    assert await store.list(AUTHS) == [key]


async def test_another_account_s_file_is_left_alone() -> None:
    """Names may be the same by chance; the newcomer gets a number, and the person is told."""
    key = "auths/claude-ann@acme.example.json"
    files = {key: encoded(type="claude", email="bob@acme.example", access_token="b"), key[:-5] + "-2.json": b'{"half'}
    store = MemoryStore(files)

    saved = await Newcomers(store).save(account())

    assert saved.key == "auths/claude-ann@acme.example-3.json"
    assert "left alone" in saved.notes[0]
    assert {name: (await store.read(name)).data for name in files} == files


async def test_the_same_address_at_another_vendor_is_another_account() -> None:
    """People use one e-mail address everywhere."""
    key = "auths/codex-ann@acme.example.json"
    store = MemoryStore({key: encoded(type="codex", email="ann@acme.example", access_token="c")})

    assert not (await Newcomers(store).save(account())).replaced
    assert len(await store.list(AUTHS)) == 2


async def test_what_the_person_may_not_expect_is_said() -> None:
    """A file that is switched off stays so: somebody had a reason."""
    key = "auths/claude-ann@acme.example.json"
    store = MemoryStore({key: encoded(type="claude", email="ann@acme.example", access_token="a", disabled=True)})

    saved = await Newcomers(store).save(account(disabled=False))

    assert saved.first.disabled
    assert "disabled" in saved.notes[0]


async def test_a_login_ends_what_is_remembered_of_a_refused_token() -> None:
    """An account that was revoked lives again."""
    key = "auths/claude-ann@acme.example.json"
    store = MemoryStore({key: encoded(type="claude", email="ann@acme.example", access_token="a", refresh_token="r")})
    await Intents(store).write(Intent(key, "digest", Stage.REFUSED, 1.0, "revoked"))

    await Newcomers(store).save(account())

    assert await store.list(INTENTS) == []


class Forgetless(MemoryStore):
    async def delete(self, key: str, *, expected: str | None = None) -> None:
        raise StoreError("permission denied")


async def test_a_note_that_stays_does_not_undo_a_login() -> None:
    """The file is written by then, and the note speaks of tokens that are no longer there."""
    key = "auths/claude-ann@acme.example.json"
    store = Forgetless({key: encoded(type="claude", email="ann@acme.example", access_token="a", refresh_token="r")})

    assert (await Newcomers(store).save(account())).replaced
    assert (await fields(store, key))["access_token"] == "at-ann@acme.example"


@pytest.mark.parametrize(
    ("there", "project", "expected", "replaced"),
    [
        (["p1"], "p1", "gemini-ann@acme.example-p1.json", True),
        (["p1"], "p2", "gemini-ann@acme.example-p1.json", True),
        (["p1", "p2"], "p2", "gemini-ann@acme.example-p2.json", True),
        (["p1", "p2"], "p3", "gemini-ann@acme.example-p3.json", False),
    ],
)
async def test_projects_of_one_google_account(there: list[str], project: str, expected: str, replaced: bool) -> None:
    """The Go program has a file for each; who has several means the one with that project."""
    store = MemoryStore(
        {
            f"auths/gemini-ann@acme.example-{name}.json": encoded(
                token={"access_token": "a", "scopes": ["x"]}, **{**GEMINI, "project_id": name}
            )
            for name in there
        }
    )

    saved = await Newcomers(store).save(gemini(project))

    assert (saved.key, saved.replaced) == (AUTHS + expected, replaced)
    assert saved.first.project == project
    if replaced:
        assert (await fields(store, saved.key))["token"] == {
            "access_token": "at-2",
            "scopes": ["x"],
            "refresh_token": "rt-2",
        }
        assert bool(saved.notes) == (project not in there)


@pytest.mark.parametrize(
    ("there", "replaced"),
    [
        ({"go": {}}, "go"),
        ({"go": {}, "same": {"organization_uuid": "o2"}}, "same"),
        ({"other": {"organization_uuid": "o1"}}, ""),
        ({"other": {"organization_uuid": "o1"}, "go": {}}, "go"),
    ],
)
async def test_a_person_in_two_organisations(there: dict[str, dict[str, str]], replaced: str) -> None:
    """An older file names none; one that names another organisation is another account's."""
    common = {"type": "claude", "email": "ann@acme.example", "access_token": "a", "refresh_token": "r"}
    store = MemoryStore({f"auths/{name}.json": encoded(**common, **more) for name, more in there.items()})

    saved = await Newcomers(store).save(account(organization_uuid="o2"))

    assert saved.key == f"auths/{replaced or 'claude-ann@acme.example'}.json"
    assert saved.replaced == bool(replaced)


async def test_an_account_is_called_by_its_address() -> None:
    """Also where it is several credentials, each labelled with its project."""
    saved = await Newcomers(MemoryStore()).save(gemini("p1,p2"))

    assert [one.label for one in saved.credentials] == ["ann@acme.example [p1]", "ann@acme.example [p2]"]
    assert saved.account == "ann@acme.example"


def test_a_flat_token_becomes_a_nested_one_without_a_rest() -> None:
    """What was true of the old token must not be read for the new one."""
    before = encoded(**GEMINI, access_token="old", refresh_token="old", expiry="2026-01-01T00:00:00Z", priority=2)

    after = msgspec.json.decode(merged(before, gemini("p1").fields))

    assert after == {**GEMINI, "priority": 2, "token": {"access_token": "at-2", "refresh_token": "rt-2"}}


def test_a_nested_token_keeps_no_end_of_the_old_one() -> None:
    """Whatever its end was called: else the new token would be taken for one that ran out."""
    inner = {"access_token": "old", "expires_at": 1, "timestamp": 1, "scopes": ["x"]}

    after = msgspec.json.decode(merged(encoded(**GEMINI, token=inner), gemini("p1").fields))

    assert after["token"] == {"access_token": "at-2", "scopes": ["x"], "refresh_token": "rt-2"}


async def test_what_nobody_said_does_not_replace_what_the_file_says() -> None:
    """A new key for a service account leaves it in its location, unless another one was named."""
    said = {"type": "claude", "email": "ann@acme.example", "access_token": "a"}
    key = "auths/claude-ann@acme.example.json"
    store = MemoryStore({key: encoded(**said, location="europe-west4")})
    again = structs.replace(account(location="us-central1"), assumed=frozenset(("location",)))

    await Newcomers(store).save(again)
    assert (await fields(store, key))["location"] == "europe-west4"
    await Newcomers(store).save(account(location="us-central1"))
    assert (await fields(store, key))["location"] == "us-central1"


def test_a_key_file_as_it_was_downloaded_becomes_ours() -> None:
    """No old key stays beside the new one; what the operator added does."""
    inner = {**KEY_FILE, "private_key": "new"}
    new = {"service_account": inner, "project_id": "p1", "email": "robot@p1.example", "type": "vertex"}

    after = msgspec.json.decode(merged(msgspec.json.encode(KEY_FILE), new))

    assert after == {"priority": 3, **new}


def test_a_byte_order_mark_is_no_hindrance() -> None:
    """Editors on Windows leave one."""
    assert merged(b'\xef\xbb\xbf{"type":"claude","email":"a@b.example"}', {"email": "c@d.example"}) == (
        b'{"type":"claude","email":"c@d.example"}'
    )


async def test_two_that_log_in_the_same_account_leave_one_whole_file(tmp_path: Path) -> None:
    """Also as two processes, each with its own view of the folder."""
    stores = [FileStore(tmp_path, None) for _ in range(4)]

    saved = await asyncio.gather(
        *(Newcomers(store).save(account(access_token=f"at-{number}")) for number, store in enumerate(stores))
    )

    assert {one.key for one in saved} == {"auths/claude-ann@acme.example.json"}
    assert sorted(one.replaced for one in saved) == [False, True, True, True]
    [file] = tmp_path.glob("*.json")
    assert read_credentials(saved[0].key, file.read_bytes())[0].secret.reveal().startswith("at-")


class Contested(MemoryStore):
    """A store in which others write at the same time."""

    times = 0

    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        if self.times:
            self.times -= 1
            raise Conflict(f"{key} was changed meanwhile")
        return await super().write(key, data, expected=expected)


async def test_an_edit_at_the_same_time_is_not_lost() -> None:
    """It is read again and written again; not for ever."""
    store = Contested()
    store.times = 3
    assert (await Newcomers(store).save(account())).key in await store.list(AUTHS)

    store.times = 1000
    with pytest.raises(LoginError, match="all the time"):
        await Newcomers(store).save(account("bob@acme.example"))


@pytest.mark.parametrize("meanwhile", [b"", b'{"type":"claude","email":"ann@acme.ex', None])
async def test_a_file_that_is_half_written_or_removed_meanwhile(meanwhile: bytes | None) -> None:
    """The Go program writes in place. What is whole then is replaced; what stays broken is left alone."""
    key = "auths/claude-ann@acme.example.json"

    class Shared(MemoryStore):
        @asynccontextmanager
        async def hold(self, name: str, *, seconds: float) -> AsyncIterator[None]:
            if name == f"refresh/{key}":  # it is known by then
                await (self.delete(key) if meanwhile is None else self.write(key, meanwhile))
            async with super().hold(name, seconds=seconds):
                yield

    store = Shared({key: encoded(type="claude", email="ann@acme.example", access_token="a", refresh_token="r")})
    saved = await Newcomers(store).save(account())

    assert saved.key == (key if meanwhile is None else "auths/claude-ann@acme.example-2.json")
    assert (await fields(store, saved.key))["access_token"] == "at-ann@acme.example"


class Full(MemoryStore):
    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        raise StoreError("no space left on device")


async def test_a_file_that_cannot_be_written_is_told_with_its_account() -> None:
    """And not with its tokens."""
    with pytest.raises(LoginError, match=r"ann@acme\.example \(claude\).*no space left") as told:
        await Newcomers(Full()).save(account())
    assert "at-ann" not in str(told.value)


async def test_an_account_that_could_not_be_read_back_is_not_written() -> None:
    """A token with a line break in it would spoil every request."""
    store = MemoryStore()
    with pytest.raises(LoginError, match="access_token"):
        await Newcomers(store).save(account(access_token="a\nb"))
    assert await store.list(AUTHS) == []
