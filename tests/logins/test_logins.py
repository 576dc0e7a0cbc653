"""
Every login from its beginning to its end, as a person goes through it.

A command on a terminal, a browser that follows where it is led, a gateway that takes the account up by itself; all
dialects through it; then it is taken back, logged in to again, and its token ends under load.
"""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from cliproxy.simulator.answer import Request
from tests.clients.story import Wish
from tests.clients.surfaces import SURFACES
from tests.gateway.asking import DIALECTS, Way, asked, read
from tests.gateway.reading import error_of
from tests.logins.kinds import KINDS, Kind
from tests.logins.stage import AUTHORIZED, CLIENT_KEY, Stage, staged
from tests.logins.terminal import Terminal

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

Clients = Mapping[str, Any]
Fields = Mapping[str, Any]  # of a credential file

AT_ONCE = 20  # requests at the moment in which a token has ended
MOMENTS = 20.0  # seconds in which a gateway takes up a file that was changed, on a machine with much else to do
SECRETS = {"access_token", "refresh_token", "id_token", "api_key", "cookie", "private_key"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clients(stage: Stage) -> AsyncIterator[Clients]:
    """The official SDKs before the gateway."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(surface.opened(stage.url, CLIENT_KEY))
            for name, surface in SURFACES.items()
        }


@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_the_whole_way(kind: Kind, stage: Stage, clients: Clients) -> None:
    """From nothing to an account that serves, through its being taken back and the end of its token."""
    await stage.cleared()
    stage.sits(kind.person)

    name = await _logged_in(stage, kind, kind.words)
    await stage.offers(kind.model)
    if kind.makes_tokens:  # it has none yet
        await _is_renewed_once(stage, kind, name)
    await _is_served_in_all_dialects(clients, kind)

    await _is_taken_back(stage, kind, name)
    again = await _logged_in(stage, kind, kind.again)
    assert kind.is_nameless or again == name, "an account has one file"
    await _serves_again(stage, kind)
    if not kind.makes_tokens:
        await _is_renewed_once(stage, kind, again)


async def _logged_in(stage: Stage, kind: Kind, words: tuple[str, ...], *, is_welcome: bool = True) -> str:
    """Log in, and return the name of the file that has become of it."""
    before = stage.files()
    key_file = stage.folder / "key.json"
    if kind.makes_tokens:
        key_file.write_bytes(msgspec.json.encode(stage.internet.service_account("project-1")))
    if not is_welcome:
        stage.internet.revoke(kind.vendor, kind.person.email)
    async with stage.command(*(word.format(key_file=key_file) for word in words)) as terminal:
        if kind.question and not {"--alias", "-project_id"} & {*words}:
            await terminal.asks(kind.question)
            terminal.type(kind.answer.format(cookie=stage.internet.iflow.cookie(kind.person.email)) + "\n")
        if kind.pastes:
            terminal.type(await stage.visited(await _address(terminal)) + "\n")
        if kind.types_code:
            assert stage.internet.approve(await _code(terminal))
        code = await terminal.code()
        if kind.way == "browser" and not kind.pastes:
            assert "You are logged in" in await stage.page()
    assert code == 0, terminal.written
    [name] = [name for name, fields in stage.files().items() if fields != before.get(name)]
    fields = stage.files()[name]
    _check_file(stage, kind, name, fields)
    _check_told(stage, terminal.written, fields)
    return name


async def _address(terminal: Terminal) -> str:
    written = await terminal.shows("paste here")
    found = re.search(r"https://\S+", written[written.index("Open this page") :])
    assert found is not None, written
    return found[0]


async def _code(terminal: Terminal) -> str:
    found = re.search(r"[0-9A-F]{4}-[0-9A-F]{4}", await terminal.shows("Waiting for you"))
    assert found is not None, terminal.written
    return found[0]


def _check_file(stage: Stage, kind: Kind, name: str, fields: Fields) -> None:
    """It is called and made as the Go program would, and nobody else can read it."""
    assert re.sub(r"\d{13}", "{ms}", re.sub(r"\d{10}(?=\.)(?<!\d{13})", "{s}", name)) == kind.file
    assert set(kind.fields.split()) <= fields.keys()
    assert stat.S_IMODE((stage.auths / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(stage.auths.stat().st_mode) == 0o700
    if kind.projects:
        assert fields["project_id"] == ",".join(kind.projects)


def _check_told(stage: Stage, written: str, fields: Fields) -> None:
    """The person is told whose account it is and where its file is, and no secret."""
    assert fields.get("email", "kimi") in written
    assert str(stage.auths) in written
    for secret in _secrets_in(fields):
        assert secret not in written
        assert secret not in stage.log


def _secrets_in(fields: Fields) -> list[str]:
    inner = [value for value in fields.values() if isinstance(value, dict)]
    here = [value for name, value in fields.items() if name in SECRETS and value]
    return [*here, *(secret for value in inner for secret in _secrets_in(value))]


async def _is_served_in_all_dialects(clients: Clients, kind: Kind) -> None:
    for name, surface in SURFACES.items():
        for streamed in (False, True):
            talk = surface.TALK(clients[name], kind.model, Wish())
            talk.say("one two three")
            answer = await talk.hear(streamed=streamed)
            assert (answer.text, answer.finish) == ('You said: "one two three".', "stop"), (name, streamed)


async def _is_taken_back(stage: Stage, kind: Kind, name: str) -> None:
    """Every client is told in its own dialect; what to do stands in the first answer and in the log."""
    heard = len(stage.log)
    if kind.makes_tokens:  # one that was made just now would not be doubted
        await stage.cleared()
        await _logged_in(stage, kind, kind.words, is_welcome=False)
        await stage.offers(kind.model)
    stage.internet.revoke(kind.vendor, kind.person.email)
    first, *others = [await _refused(stage, Way(dialect, upstream=kind.model)) for dialect in DIALECTS]

    assert kind.remedy in first or kind.makes_tokens, first
    assert all("revoked, somebody must log in again" in words for words in others), others
    [line] = [line for line in stage.log[heard:].splitlines() if "account must log in again" in line]
    assert f"auths/{name}" in line
    assert kind.remedy in line
    if not kind.makes_tokens:
        async with stage.command("accounts", "list") as terminal:
            assert await terminal.code() == 0
        rows = [row for row in terminal.written.splitlines() if name in row]
        assert rows
        assert all(kind.remedy in row for row in rows)


async def _refused(stage: Stage, way: Way) -> str:
    path, body = asked(way)
    async with stage.session.post(stage.url + path, json=body, headers=AUTHORIZED) as response:
        return error_of(way, await read(response))


async def _serves_again(stage: Stage, kind: Kind) -> None:
    async with asyncio.timeout(MOMENTS):
        while await _status(stage, kind) != 200:
            await asyncio.sleep(0.05)


async def _is_renewed_once(stage: Stage, kind: Kind, name: str) -> None:
    """Many requests find the token at its end at once; the vendor is asked for another one only once."""
    before = stage.files()[name]
    calls_before = 0
    if not kind.makes_tokens:  # else there is none yet, or one that was made ahead in this moment
        calls_before = len(_renewals(stage, kind))
        stage.internet.expire(kind.vendor, kind.person.email)

    statuses = await asyncio.gather(*(_status(stage, kind) for _ in range(AT_ONCE)))

    assert statuses == [200] * AT_ONCE
    assert len(_renewals(stage, kind)) == calls_before + 1
    after = stage.files()[name]
    assert after.keys() >= before.keys()
    assert (_secrets_in(after) == _secrets_in(before)) == kind.makes_tokens
    rotates = kind.vendor != "google" and bool(_refresh_token(before))
    assert (_refresh_token(after) != _refresh_token(before)) == rotates


def _refresh_token(fields: Fields) -> str:
    return str(fields.get("token", fields).get("refresh_token", ""))


def _renewals(stage: Stage, kind: Kind) -> list[Request]:
    """Return the requests for new tokens, also those of others at the same vendor, who are not there now."""
    calls = [one for one in stage.internet.calls if (one.host, one.path) == kind.renewed_at and one.method == "POST"]
    return [one for one in calls if (b"assertion=" in one.body) == kind.makes_tokens]


async def _status(stage: Stage, kind: Kind) -> int:
    said = [{"role": "user", "content": "one two three"}]
    status, _ = await stage.ask("/v1/chat/completions", {"model": kind.model, "messages": said})
    return status
