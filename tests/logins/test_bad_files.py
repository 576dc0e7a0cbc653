"""Key files that are none, clocks that are wrong, and credential files that are half there beside a gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.logins.stage import Stage
from tests.logins.wanda import CLOCK, begun, fails, files, got, nothing_written, serves_wanda, until

pytestmark = pytest.mark.asyncio(loop_scope="package")

MOST_AT_ONCE = 4  # commands
DAY = 86400.0  # seconds
BY_CLAUDE = "claude-ann@example.com.json"
GEMINI, SONNET = "gemini-2.5-flash", "claude-sonnet-4-5-20250929"


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def _others_are_untouched(stage: Stage) -> AsyncIterator[None]:
    async with nothing_written(stage):
        yield


def ed25519() -> str:
    """Return a private key of another kind."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def test_key_files_that_are_none(stage: Stage, tmp_path: Path) -> None:
    """Of each is said what is wrong with it; no part of a key is shown."""
    good = stage.internet.service_account("broken")
    key, lines = good["private_key"], good["private_key"].splitlines()
    told_of = {
        "is no JSON object, or only half of one": json.dumps(good)[:300],
        "has no client_email": json.dumps({**good, "client_email": None}),
        "has no BEGIN and END lines": json.dumps({**good, "private_key": "\n".join(lines[:9])}),
        "the private key of gateway@broken.iam": json.dumps({**good, "private_key": key.replace(lines[4], "?" * 64)}),
        "the private part is missing": json.dumps({**good, "private_key": key.replace("PRIVATE", "PUBLIC")}),
        "RSA": json.dumps({**good, "private_key": ed25519()}),
    }
    turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(number: int, told: str, content: str) -> None:
        file = tmp_path / f"{number}.json"
        file.write_text(content)
        async with turns, stage.command("login", "vertex", "--file", str(file)) as terminal:
            await fails(terminal, "vertex", told, "download the key file anew")
            assert not [line for line in lines[1:-1] if line[:16] in terminal.written]

    await asyncio.gather(*(one(number, *case) for number, case in enumerate(told_of.items())))
    async with stage.command("-vertex-import", str(tmp_path / "none.json")) as terminal:
        await fails(terminal, "none.json", "No such file")


async def test_clocks_that_differ(stage: Stage) -> None:
    """An account whose assertions are not of this hour is not given up: it is tried again soon."""
    key_file = stage.folder / "key.json"
    key_file.write_text(json.dumps(stage.internet.service_account("skewed")))
    async with stage.command("login", "vertex", "--file", str(key_file), "--prefix", "cloud") as terminal:
        assert await terminal.code() == 0, terminal.written
    await stage.offers(f"cloud/{GEMINI}")
    CLOCK.ahead = -DAY
    status, answer = await asked(stage, f"cloud/{GEMINI}")
    CLOCK.ahead = 0.0

    assert status == 401, answer
    assert "clock" in json.dumps(answer)
    lines = [json.loads(line) for line in stage.log.splitlines() if "vertex-skewed.json" in line and line[0] == "{"]
    told = next(line for line in lines if line["event"] == "token not refreshed")
    assert "set the clock" in told["reason"]
    assert told["next_try_at"] < CLOCK() + 600
    assert not [line for line in lines if line["event"] == "account must log in again"]
    (stage.auths / "vertex-skewed.json").unlink()


async def test_a_service_account_whose_key_was_broken_later(stage: Stage) -> None:
    """By an editor, say. The message names account and file; it says what to do."""
    key_file = stage.internet.service_account("later")
    broken = {**key_file, "private_key": key_file["private_key"].replace("\n", "\nAAAA", 5)}
    fields = {"type": "vertex", "service_account": broken, "project_id": "later", "prefix": "later"}
    file = stage.auths / "vertex-later.json"
    file.write_text(json.dumps(fields))
    await stage.offers(f"later/{GEMINI}")
    status, _ = await asked(stage, f"later/{GEMINI}")

    assert status in (401, 503)  # refused just now, or known to be of no use
    told = next(line for line in stage.log.splitlines() if "vertex-later.json" in line and "must log in again" in line)
    assert "gateway@later.iam.gserviceaccount.com" in told
    assert "download a new key file" in told
    file.unlink()


async def test_half_a_file_beside_a_gateway(stage: Stage) -> None:
    """As a copy under way leaves it. The log names it, logins go on beside it, and whole it is taken up."""
    async with begun(stage, "claude") as login:
        assert (await got(await login.answer()))[0] == 200
        assert await login.terminal.code() == 0
    file = stage.auths / BY_CLAUDE
    whole = file.read_bytes()
    await stage.offers(SONNET)
    file.write_bytes(whole[: len(whole) // 2])
    bob = stage.auths / "claude-bob@example.com.json"
    bob.write_text('{"type": "claude", "access_token": ')
    await until(lambda: named(stage, BY_CLAUDE) and named(stage, bob.name))

    assert await serves_wanda(stage)
    assert (await asked(stage, SONNET))[0] == 200  # what the file held before is used on
    async with begun(stage, "claude") as login:
        assert (await got(await login.answer()))[0] == 200
        assert await login.terminal.code() == 0
        assert f"{BY_CLAUDE} is another account's file, or cannot be read, and was left alone" in login.terminal.written
    assert file.read_bytes() == whole[: len(whole) // 2]
    assert json.loads(files(stage)["claude-ann@example.com-2.json"])["email"] == "ann@example.com"
    bob.write_text(json.dumps({**json.loads(whole), "email": "bob@example.com", "prefix": "bob"}))
    await stage.offers(f"bob/{SONNET}")
    for path in stage.auths.glob("claude-*.json"):
        path.unlink()


def named(stage: Stage, name: str) -> bool:
    """Tell whether the gateway complained about a file, and said what becomes of the account."""
    return any(name in line and "credential file cannot be used" in line for line in stage.log.splitlines())


async def asked(stage: Stage, model: str) -> tuple[int, object]:
    return await stage.ask("/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": "hi"}]})
