"""Key files that are none, clocks that are wrong, and credential files that are half there beside a gateway."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.logins.stage import Stage
from tests.logins.wanda import Clock, begun, beside_wanda, fails, files, got, nothing_written, serves_wanda, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOCK = Clock()
MOST_AT_ONCE = 4  # commands
DAY = 86400.0  # seconds
BY_CLAUDE = "claude-ann@example.com.json"
GEMINI = "gemini-2.5-flash"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with beside_wanda(tmp_path_factory.mktemp("stage"), CLOCK) as stage:
        yield stage


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _others_are_untouched(stage: Stage) -> AsyncIterator[None]:
    async with nothing_written(stage):
        yield


def made(*words: str) -> str:
    """Return a key that another program made."""
    return subprocess.run(("openssl", *words), check=True, capture_output=True, text=True).stdout


async def test_key_files_that_are_none(stage: Stage, tmp_path: Path) -> None:
    """Of each is said what is wrong with it; no part of a key is shown."""
    good = stage.internet.service_account("broken@acme.iam.gserviceaccount.com")
    key = good["private_key"]
    lines = key.splitlines()
    cases: dict[str, tuple[str, tuple[str, ...]]] = {
        "no JSON": ("hello", ("no JSON object",)),
        "half": (json.dumps(good)[:300], ("only half of one",)),
        "empty": ("", ("is empty",)),
        "a list": ("[]", ("no JSON object",)),
        "an OAuth client": (json.dumps({"installed": {"client_id": "x"}}), ("no key file of a service account",)),
        "a user's": (json.dumps({**good, "type": "authorized_user"}), ("authorized_user",)),
        "no project": (json.dumps({**good, "project_id": ""}), ("has no project_id",)),
        "no e-mail": (json.dumps({**good, "client_email": None}), ("has no client_email",)),
        "no key": (json.dumps({**good, "private_key": ""}), ("is missing", good["client_email"])),
        "half a key": (json.dumps({**good, "private_key": "\n".join(lines[:9])}), ("BEGIN and END",)),
        "a line lost": (
            json.dumps({**good, "private_key": "\n".join(lines[:9] + lines[10:])}),
            (good["client_email"],),
        ),
        "letters lost": (json.dumps({**good, "private_key": key.replace(lines[4], "?" * 64)}), (good["client_email"],)),
        "a public key": (
            json.dumps({**good, "private_key": key.replace("PRIVATE KEY", "PUBLIC KEY")}),
            ("the private part is missing",),
        ),
        "not RSA": (
            json.dumps({**good, "private_key": made("genpkey", "-algorithm", "ed25519")}),
            ("RSA", good["client_email"]),
        ),
        "elsewhere": (json.dumps({**good, "token_uri": "http://evil.example/token"}), ("token_uri",)),
    }
    turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(name: str, content: str, words: tuple[str, ...]) -> None:
        file = tmp_path / f"{name}.json"
        file.write_text(content)
        async with turns, stage.command("login", "vertex", "--file", str(file)) as terminal:
            await fails(terminal, "vertex", "download the key file anew", *words)
            assert not [line for line in lines[1:-1] if line[:16] in terminal.written]

    await asyncio.gather(*(one(name, *case) for name, case in cases.items()))
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
    await stage.offers("claude-sonnet-4-5-20250929")
    put(file, whole[: len(whole) // 2].decode())
    put(stage.auths / "claude-bob@example.com.json", '{"type": "claude", "access_token": ')
    await until(lambda: named(stage, BY_CLAUDE) and named(stage, "claude-bob@example.com.json"))

    assert await serves_wanda(stage)
    assert (await asked(stage, "claude-sonnet-4-5-20250929"))[0] == 200  # what the file held before is used on
    async with begun(stage, "claude") as login:
        assert (await got(await login.answer()))[0] == 200
        assert await login.terminal.code() == 0
        assert f"{BY_CLAUDE} is another account's file, or cannot be read, and was left alone" in login.terminal.written
    assert file.read_bytes() == whole[: len(whole) // 2]
    assert json.loads(files(stage)["claude-ann@example.com-2.json"])["email"] == "ann@example.com"
    for path in stage.auths.glob("claude-*.json"):
        path.unlink()


def put(file: Path, text: str) -> None:
    """Write a file as an editor does: all at once, in place."""
    file.write_text(text)


def named(stage: Stage, name: str) -> bool:
    """Tell whether the gateway complained about a file, and said what becomes of the account."""
    return any(name in line and "credential file cannot be used" in line for line in stage.log.splitlines())


async def asked(stage: Stage, model: str) -> tuple[int, object]:
    return await stage.ask("/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": "hi"}]})
