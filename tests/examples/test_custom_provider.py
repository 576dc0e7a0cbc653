"""`examples/custom-provider`, before a server that has Acme's ways."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from cliproxy.config.load import parse
from tests.examples.running import EXAMPLES, example
from tests.gateway.asking import CHAT, DIALECTS, JSON_TYPE, Way, asked, client, read
from tests.gateway.reading import text_of

FOLDER = EXAMPLES / "custom-provider"
MOST_LINES = 60
MODEL = "acme-large"


def test_it_is_short() -> None:
    """What a new provider costs is a promise."""
    assert len((FOLDER / "acme.py").read_text().splitlines()) < MOST_LINES


def test_its_configuration_is_sound() -> None:
    assert parse((FOLDER / "config.yaml").read_text(), "config.yaml").warnings == ()


async def answer(request: web.Request) -> web.StreamResponse:
    """Be Acme."""
    body = await request.json()
    if request.headers.get("X-Acme-Key") != "sk-acme" or "Authorization" in request.headers:
        return web.json_response({"error": {"message": "no key of ours"}}, status=401)
    if "stream_options" in body or body["model"] != MODEL:
        return web.json_response({"error": {"message": "unknown field"}}, status=400)
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    if not body.get("stream"):
        choice = {"index": 0, "message": {"role": "assistant", "content": "Good day."}, "finish_reason": "stop"}
        return web.json_response({"result": {"id": "1", "model": MODEL, "choices": [choice], "usage": usage}})
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for delta, finish in (({"role": "assistant", "content": "Good "}, None), ({"content": "day."}, "stop")):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [choice]}
        if finish:
            chunk["usage"] = usage
        await response.write(f"data: {json.dumps({'result': chunk})}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    return response


@asynccontextmanager
async def acme() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/chat", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_clients_of_every_dialect_reach_it(tmp_path: Path) -> None:
    """Whole and streamed; its envelope and its key are seen by nobody."""
    async with acme() as upstream:
        config = f"routes: [{{pattern: {MODEL}, provider: acme, api-key: sk-acme, base-url: '{upstream}'}}]\n"
        async with example("custom-provider/acme.py", config, tmp_path) as url, client() as session:
            async with session.get(f"{url}/v1/models") as response:
                assert [model["id"] for model in (await response.json())["data"]] == [MODEL]
            for dialect in DIALECTS:
                for form in ("whole", "stream"):
                    way = Way(dialect, form)
                    path, body = asked(way)
                    body = {**body, **({"model": MODEL} if "model" in body else {})}
                    data = json.dumps(body)
                    async with session.post(
                        url + path.replace(way.model, MODEL), data=data, headers=JSON_TYPE
                    ) as response:
                        reply = await read(response)
                    assert text_of(way, reply) == "Good day."
                    assert b'{"result"' not in reply.body


async def test_a_wrong_key_is_told_in_acme_s_words(tmp_path: Path) -> None:
    async with acme() as upstream:
        config = f"routes: [{{pattern: {MODEL}, provider: acme, api-key: wrong, base-url: '{upstream}'}}]\n"
        async with example("custom-provider/acme.py", config, tmp_path) as url, client() as session:
            path, body = asked(Way(CHAT))
            async with session.post(url + path, json={**body, "model": MODEL}) as response:
                reply = await read(response)

    assert reply.status != 200
    assert b"no key of ours" in reply.body
