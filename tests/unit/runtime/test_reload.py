"""A store's changes -> what the gateway works with."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from cliproxy.config.load import parse
from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Credential
from cliproxy.runtime.accounts import Accounts
from cliproxy.runtime.reload import Reloader
from cliproxy.runtime.snapshot import menu_key
from cliproxy.stores.memory import MemoryStore

CONFIG = "port: 1234\nrequest-retry: 1\n"


@dataclass
class Told:
    """Who is told of changes."""

    configs: list[Config] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)

    def configured(self, config: Config) -> None:
        self.configs.append(config)

    def updated(self, credential: Credential) -> None:
        self.credentials.append(credential)


@dataclass
class Scene:
    store: MemoryStore
    reloader: Reloader
    told: Told

    async def write(self, key: str, data: bytes | str) -> None:
        await self.store.write(key, data.encode() if isinstance(data, str) else data)
        await self.reloader.look([key])


def file_of(**fields: Any) -> str:
    usual = {"type": "claude", "email": "a@example.com", "access_token": "at-1", "refresh_token": "rt-1"}
    return json.dumps(usual | fields)


@pytest.fixture
async def scene() -> Scene:
    store = MemoryStore({"config.yaml": CONFIG.encode(), "auths/a.json": file_of().encode()})
    accounts, told = Accounts(store), Told()
    await accounts.load()
    config = parse(CONFIG, "config.yaml").config

    def overridden(config: Config) -> Config:
        return structs.replace(config, debug=True)

    reloader = Reloader(store, accounts, told, overridden(config), menu=menu_key, overridden=overridden)
    return Scene(store, reloader, told)


async def test_an_edited_configuration_is_taken_over(scene: Scene) -> None:
    await scene.write("config.yaml", CONFIG.replace("retry: 1", "retry: 2"))
    (config,) = scene.told.configs
    assert config.request_retry == 2
    assert config.debug  # what the command line said still stands over it


async def test_a_touched_configuration_changes_nothing(scene: Scene) -> None:
    await scene.write("config.yaml", CONFIG)
    await scene.write("config.yaml", CONFIG + "# a remark\n")
    assert not scene.told.configs


async def test_a_broken_configuration_changes_nothing_and_is_reported_once_with_its_line(scene: Scene) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            await scene.write("config.yaml", "port: 1234\nrequest-retry: many\n")
    assert not scene.told.configs
    (told,) = logs
    assert any("config.yaml:2" in problem for problem in told["problems"])
    await scene.write("config.yaml", CONFIG.replace("retry: 1", "retry: 5"))
    assert scene.told.configs[0].request_retry == 5


async def test_what_only_a_restart_can_change_stays_and_is_told(scene: Scene) -> None:
    with capture_logs() as logs:
        await scene.write("config.yaml", CONFIG.replace("1234", "999").replace("retry: 1", "retry: 2"))
    (config,) = scene.told.configs
    assert config.port == 1234
    assert config.request_retry == 2
    assert any(line.get("setting") == "port" for line in logs)


async def test_a_missing_configuration_changes_nothing(scene: Scene) -> None:
    await scene.store.delete("config.yaml")
    await scene.reloader.look(["config.yaml"])
    assert not scene.told.configs


async def test_a_new_token_compiles_nothing(scene: Scene) -> None:
    await scene.write("auths/a.json", file_of(access_token="at-2"))
    assert not scene.told.configs
    assert [credential.secret.reveal() for credential in scene.told.credentials] == ["at-2"]


@pytest.mark.parametrize("edit", [{"prefix": "team"}, {"excluded_models": ["*"]}, {"disabled": True}])
async def test_an_edit_that_changes_what_is_on_offer_compiles_anew(scene: Scene, edit: dict[str, Any]) -> None:
    await scene.write("auths/a.json", file_of(**edit))
    assert len(scene.told.configs) == 1


async def test_files_that_come_or_go_compile_anew(scene: Scene) -> None:
    await scene.write("auths/b.json", file_of(email="b@example.com"))
    await scene.store.delete("auths/a.json")
    await scene.reloader.look(["auths/a.json"])
    assert len(scene.told.configs) == 2


async def test_changes_of_the_store_are_followed(scene: Scene) -> None:
    following = asyncio.create_task(scene.reloader.run())
    await asyncio.sleep(0)
    await scene.store.write("auths/b.json", file_of(email="b@example.com").encode())
    async with asyncio.timeout(2):
        while not scene.told.configs:
            await asyncio.sleep(0.005)
    following.cancel()
