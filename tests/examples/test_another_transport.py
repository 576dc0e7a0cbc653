"""`examples/another-transport`, before a simulated upstream."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from cliproxy.simulator import Drip, Match, Rule, Script, Upstream, serving
from tests.examples.running import example
from tests.gateway.asking import DIALECTS, JSON_TYPE, SAID, Way, asked, client, eventually, read
from tests.gateway.reading import text_of

SCRIPT = "another-transport/threads.py"


def config_before(upstream: str) -> str:
    models = "models: [{name: simulated, alias: '%s'}]"
    entries = {
        "openai-compatibility": (
            f"{{name: simulator, base-url: '{upstream}/v1', api-key-entries: [{{api-key: k}}], "
            f"{models % 'openai_chat'}}}"
        ),
        "codex-api-key": f"{{api-key: k, base-url: '{upstream}/v1', {models % 'openai_responses'}}}",
        "claude-api-key": f"{{api-key: k, base-url: '{upstream}', {models % 'anthropic_messages'}}}",
        "gemini-api-key": f"{{api-key: k, base-url: '{upstream}', {models % 'gemini'}}}",
    }
    return "request-retry: 0\n" + "".join(f"{section}:\n- {entry}\n" for section, entry in entries.items())


async def test_everything_above_it_works(tmp_path: Path) -> None:
    """Each dialect, whole and streamed, and several at once."""

    async def ask(way: Way) -> str:
        path, body = asked(way)
        async with session.post(url + path, data=json.dumps(body), headers=JSON_TYPE) as response:
            return text_of(way, await read(response))

    async with (
        serving(Upstream()) as upstream,
        example(SCRIPT, config_before(upstream.url), tmp_path) as url,
        client() as session,
    ):
        ways = [Way(dialect, form) for dialect in DIALECTS for form in ("whole", "stream")]
        assert await asyncio.gather(*map(ask, ways)) == [SAID] * len(ways)


async def test_a_client_that_leaves_closes_the_upstream_s_connection(tmp_path: Path) -> None:
    """In the middle of a stream that a thread is reading."""
    dripping = Upstream(script=Script(Rule(Match(), Drip(size=50, pause=0.02), times=None)))
    async with (
        serving(dripping) as upstream,
        example(SCRIPT, config_before(upstream.url), tmp_path) as url,
        client() as session,
    ):
        path, body = asked(Way("openai_chat", "stream"))
        async with session.post(url + path, data=json.dumps(body), headers=JSON_TYPE) as response:
            await response.content.readany()
            response.close()
        await eventually(lambda: dripping.calls[0].abandoned, within=20)


async def test_an_upstream_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with example(SCRIPT, config_before("http://127.0.0.1:1"), tmp_path) as url, client() as session:
        path, body = asked(Way("openai_chat"))
        async with session.post(url + path, data=json.dumps(body), headers=JSON_TYPE) as response:
            reply = await read(response)

    assert reply.status == 502
    assert b"127.0.0.1 could not be reached" in reply.body
