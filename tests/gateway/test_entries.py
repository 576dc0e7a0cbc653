"""A new OpenAI-compatible upstream is an entry of the configuration, and nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from cliproxy.config.environment import Environment
from cliproxy.config.load import parse
from cliproxy.config.schema import Config
from cliproxy.simulator import Upstream
from cliproxy.simulator.answer import Answer, Request
from cliproxy.testing.transport import SimulatedTransport
from tests.gateway.asking import CHAT, DIALECTS, SAID, Scene, Way, asked, client
from tests.gateway.reading import text_of
from tests.running import running

ENTRIES = """
openai-compatibility:
  - name: openrouter
    base-url: https://openrouter.ai/api/v1
    api-key-entries: [{api-key: sk-or-v1-hush}]
    headers: {X-Title: our team}
    models: [{name: vendor/model, alias: far}]
  - name: local
    base-url: http://localhost:11434/v1
    models: [{name: 'qwen3:30b', alias: near}]
"""
HOSTS = {"far": ("openrouter.ai", "vendor/model"), "near": ("localhost", "qwen3:30b")}


class Elsewhere:
    """A server at another path, and one that asks for no key; otherwise the simulated upstream."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self._upstream = Upstream()

    def at(self, start: str) -> Callable[[Request], Answer]:
        """Return what answers below a path."""

        def answer(request: Request) -> Answer:
            self.asked.append(request)
            known = {**request.headers, "authorization": "Bearer sk-any"}
            return self._upstream.answer(replace(request, path=request.path.removeprefix(start), headers=known))

        return answer


@asynccontextmanager
async def entries(upstream: Elsewhere) -> AsyncIterator[Scene]:
    loaded = parse(ENTRIES, "config.yaml")
    assert loaded.warnings == ()
    transport = SimulatedTransport({host: upstream.at("/api") for host, _ in HOSTS.values()})
    async with running(loaded.config, transport=transport) as gateway, client() as session:
        yield Scene(gateway, Upstream(), gateway.url, session=session)


@pytest.mark.parametrize("model", HOSTS)
async def test_clients_of_every_dialect_are_served(model: str) -> None:
    """By OpenRouter with a key, by a server on this machine without one."""
    upstream = Elsewhere()
    async with entries(upstream) as scene:
        for dialect in DIALECTS:
            for form in ("whole", "stream"):
                way = Way(dialect, form)
                path, body = asked(way)
                body = {**body, **({"model": model} if "model" in body else {})}
                assert text_of(way, await scene.post(path.replace(way.model, model), body)) == SAID

    is_far = model == "far"
    assert len(upstream.asked) == 2 * len(DIALECTS)
    for request in upstream.asked:
        assert (request.host, json.loads(request.body)["model"]) == HOSTS[model]
        assert request.path == ("/api/v1/chat/completions" if is_far else "/v1/chat/completions")
        assert request.headers.get("authorization") == ("Bearer sk-or-v1-hush" if is_far else None)
        assert request.headers.get("x-title") == ("our team" if is_far else None)


async def test_they_are_listed_by_the_names_that_clients_use() -> None:
    async with entries(Elsewhere()) as scene:
        listed = (await scene.get("/v1/models")).json()["data"]

    assert [(model["id"], model["owned_by"]) for model in listed] == [("far", "openrouter"), ("near", "local")]


@pytest.mark.parametrize("model", ["qwen-max", "qwen3-coder-plus", "qwen-of-next-year"])
async def test_a_qwen_key_of_the_environment_serves_qwen_s_names(model: str) -> None:
    """Those that are listed, and those that tell by their beginning whose they are."""
    upstream = Elsewhere()
    config = Environment.read({"QWEN_API_KEY": "sk-qwen"}).added_to(Config())
    transport = SimulatedTransport({"dashscope.aliyuncs.com": upstream.at("/compatible-mode")})
    async with running(config, transport=transport) as gateway, client() as session:
        scene = Scene(gateway, Upstream(), gateway.url, session=session)
        path, body = asked(Way(CHAT))
        assert text_of(Way(CHAT), await scene.post(path, {**body, "model": model})) == SAID
        assert (await scene.post(path, {**body, "model": "gpt-5"})).status == 404

    [request] = upstream.asked
    assert request.path == "/compatible-mode/v1/chat/completions"
    assert json.loads(request.body)["model"] == model
    assert request.headers["authorization"] == "Bearer sk-qwen"
