"""
Asking a gateway over a plain HTTP client, in each dialect; `reading` reads what it answers.

A test goes through `upstream_and_gateway`: a simulated upstream, and a gateway that knows it by two keys and offers one
model for each dialect, named like the dialect.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import aiohttp
from msgspec import structs

from cliproxy.config.schema import (
    ClaudeKey,
    CodexKey,
    CompatibleKey,
    CompatibleUpstream,
    Config,
    GeminiKey,
    ModelEntry,
    Routing,
)
from cliproxy.simulator import Fault, Match, Script, Upstream, serving
from tests.running import Running, running

CHAT, RESPONSES, MESSAGES, GEMINI = "openai_chat", "openai_responses", "anthropic_messages", "gemini"
DIALECTS = (CHAT, RESPONSES, MESSAGES, GEMINI)
FIRST, SECOND = "sk-first-secret", "sk-second-secret"
TEXT = "one two three"
SAID = f'You said: "{TEXT}".'
PATHS = {
    CHAT: "/v1/chat/completions",
    RESPONSES: "/v1/responses",
    MESSAGES: "/v1/messages",
    GEMINI: "/v1beta/models/{model}:{method}",
}
JSON_TYPE = {"content-type": "application/json"}


class Way(NamedTuple):
    """How a client asks, and what the upstream behind its model speaks."""

    dialect: str
    form: str = "whole"  # or "stream"; of Gemini also "array"
    upstream: str = ""  # "": the same dialect

    @property
    def model(self) -> str:
        return self.upstream or self.dialect

    def __str__(self) -> str:
        crossed = f" to {self.upstream}" if self.upstream else ""
        return f"{self.dialect}{crossed}, {self.form}"


RELAYED_WHOLE = tuple(Way(dialect) for dialect in DIALECTS)
RELAYED_STREAMS = (*(Way(dialect, "stream") for dialect in DIALECTS), Way(GEMINI, "array"))
CROSSED_WHOLE = (Way(CHAT, "whole", MESSAGES), Way(MESSAGES, "whole", CHAT))
CROSSED_STREAMS = (Way(CHAT, "stream", MESSAGES), Way(MESSAGES, "stream", CHAT))
STREAMS = (*RELAYED_STREAMS, *CROSSED_STREAMS)
WAYS = (*RELAYED_WHOLE, *CROSSED_WHOLE, *STREAMS)


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    is_cut: bool = False  # the connection ended before the body did

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Scene:
    """A gateway before a simulated upstream."""

    gateway: Running
    upstream: Upstream
    url: str  # of the gateway
    session: aiohttp.ClientSession = field(repr=False, kw_only=True)

    def fails(
        self, fault: Fault, key: str | None = FIRST, *, times: int | None = None, model: str | None = None
    ) -> None:
        self.upstream.script.add(fault, Match(key=key, model=model), times=times)

    @property
    def config(self) -> Config:
        return self.gateway.gateway.snapshot.config

    @asynccontextmanager
    async def beside(self, config: Config, **more: Any) -> AsyncIterator[Scene]:
        """Serve another configuration before the same upstream."""
        async with running(config, **more) as gateway:
            yield Scene(gateway, self.upstream, gateway.url, session=self.session)

    @property
    def asked(self) -> list[str]:
        """Which keys the upstream was asked with, in order."""
        return [call.key for call in self.upstream.calls]

    async def ask(self, way: Way, text: str = TEXT, **more: Any) -> Reply:
        path, body = asked(way, text)
        return await self.post(path, body, **more)

    async def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        async with self.session.post(self.url + path, data=data, headers={**JSON_TYPE, **(headers or {})}) as response:
            return await read(response)

    @asynccontextmanager
    async def asking(self, way: Way, text: str = TEXT) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask, and leave with the block, however far the reply has come."""
        path, body = asked(way, text)
        data = io.BytesIO(json.dumps(body).encode())
        async with self.session.post(self.url + path, data=data, headers=JSON_TYPE) as response:
            try:
                yield response
            finally:
                response.close()

    async def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
        async with self.session.request(method, self.url + path, headers=headers) as response:
            return await read(response)


@asynccontextmanager
async def upstream_and_gateway(
    config: Mapping[str, Any] | None = None, *, keys: tuple[str, ...] = (FIRST, SECOND), pace: float = 0.0, **more: Any
) -> AsyncIterator[Scene]:
    """Serve both. `config`: settings beside the upstreams; `more`: of the Gateway itself."""
    upstream = Upstream(pace=pace, script=Script())
    async with serving(upstream) as server:
        taking_turns = Routing(session_affinity=False)  # also where a test asks the same thing again and again
        usual = {"request_retry": 0, "shutdown_seconds": 0, "routing": taking_turns}
        settings: dict[str, Any] = {**usual, **(config or {})}
        complete = structs.replace(config_of(server.url, keys), **settings)
        async with running(complete, **more) as gateway, client() as session:
            yield Scene(gateway, upstream, gateway.url, session=session)


async def eventually(condition: Callable[[], bool], within: float = 1.0) -> None:
    """Wait until something is so; fail the test where it is not within so many seconds."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)


def client() -> aiohttp.ClientSession:
    """Return a client that unpacks nothing and asks no proxy; leaving a reply closes its connection."""
    return aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=30))


def config_of(upstream: str, keys: tuple[str, ...]) -> Config:
    """Return a configuration with one model for each dialect, at every key."""

    def models(name: str) -> tuple[ModelEntry, ...]:
        return (ModelEntry("simulated", name),)

    return Config(
        openai_compatibility=(
            CompatibleUpstream(
                name="simulator",
                base_url=f"{upstream}/v1",
                api_key_entries=tuple(CompatibleKey(api_key=key) for key in keys),
                models=models(CHAT),
            ),
        ),
        codex_api_key=tuple(CodexKey(api_key=key, base_url=f"{upstream}/v1", models=models(RESPONSES)) for key in keys),
        claude_api_key=tuple(ClaudeKey(api_key=key, base_url=upstream, models=models(MESSAGES)) for key in keys),
        gemini_api_key=tuple(GeminiKey(api_key=key, base_url=upstream, models=models(GEMINI)) for key in keys),
    )


def asked(way: Way, text: str = TEXT) -> tuple[str, dict[str, Any]]:
    """Return path and body of a request with one user message."""
    said = [{"role": "user", "content": text}]
    body: dict[str, Any] = {"model": way.model, "stream": way.form == "stream"}
    match way.dialect:
        case "openai_chat":
            usage = {"stream_options": {"include_usage": True}} if body["stream"] else {}
            return PATHS[CHAT], {**body, **usage, "messages": said}
        case "openai_responses":
            return PATHS[RESPONSES], {**body, "input": said}
        case "anthropic_messages":
            return PATHS[MESSAGES], {**body, "max_tokens": 1000, "messages": said}
        case _:
            method = "generateContent" if way.form == "whole" else "streamGenerateContent"
            path = PATHS[GEMINI].format(model=way.model, method=method)
            contents = [{"role": "user", "parts": [{"text": text}]}]
            return path + ("?alt=sse" if way.form == "stream" else ""), {"contents": contents}


async def read(response: aiohttp.ClientResponse) -> Reply:
    """Return the reply, as far as it came."""
    reply = Reply(response.status, response.headers)
    try:
        async for chunk in response.content.iter_any():
            reply.body += chunk
    except aiohttp.ClientPayloadError:
        reply.is_cut = True
    return reply
