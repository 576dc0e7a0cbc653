"""Notes on tokens that are about to be spent."""

from __future__ import annotations

from msgspec import structs

from cliproxy.runtime.intents import INTENTS, Intent, Intents, Stage, digest_of
from cliproxy.stores.memory import MemoryStore
from tests.unit.runtime.accounts import Accounts, key_of

NOTE = Intent("auths/ann.json", "digest", Stage.SENT, 1.0)


async def test_a_note_is_kept_until_it_is_cleared() -> None:
    store = MemoryStore()
    intents = Intents(store)
    await intents.write(NOTE)

    assert await intents.of("auths/ann.json") == NOTE
    assert await intents.of("auths/bob.json") is None
    await intents.clear("auths/ann.json")
    await intents.clear("auths/ann.json")
    assert await intents.of("auths/ann.json") is None
    assert await store.list("state/") == []


async def test_what_cannot_be_read_is_no_note() -> None:
    """It is of another version, or nothing of ours; a refresh must not fail for it."""
    store = MemoryStore()
    await Intents(store).write(NOTE)
    [key] = await store.list(INTENTS)
    await store.write(key, b"not a note")

    assert await Intents(store).of("auths/ann.json") is None


async def test_notes_on_documents_that_are_gone_are_swept() -> None:
    """Else removed accounts would leave them for ever."""
    accounts = Accounts("ann", "bob")
    intents = Intents(accounts.store)
    for name in ("ann", "bob", "gone"):
        await intents.write(Intent(key_of(name), "digest", Stage.SENT, 1.0))
    await accounts.store.delete(key_of("bob"))
    await intents.sweep()

    assert len(await accounts.store.list(INTENTS)) == 1
    assert await intents.of(key_of("ann")) is not None


async def test_a_digest_tells_tokens_apart_and_shows_none() -> None:
    """Where a server does not rotate, the access token is what changes."""
    accounts = Accounts("ann", rotates=False)
    before = await accounts.credential("ann")
    await accounts.store.write(key_of("ann"), accounts.file("ann", refresh_token=before.refresh_token.reveal()))
    after = await accounts.credential("ann")

    assert before.refresh_token == after.refresh_token
    assert digest_of(before) != digest_of(after)
    assert before.secret.reveal() not in digest_of(before)


async def test_another_cookie_is_another_token() -> None:
    """It is what the next key is bought with; whoever brings a new one is not held to what became of the old."""
    account = await Accounts("ann").credential("ann")
    one, other = (structs.replace(account, details={"cookie": cookie}) for cookie in ("BXAuth=1;", "BXAuth=2;"))

    assert len({digest_of(account), digest_of(one), digest_of(other)}) == 3
