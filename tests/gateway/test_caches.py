"""A conversation finds its cache at an upstream that wants to be told which it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from tests.gateway.vendors import Vendors, vendors_and_gateway

ACCOUNT = '{"account_id":"acc-1"}'
FIRST = {"role": "user", "content": "hello"}
LATER = [FIRST, {"role": "assistant", "content": "hi"}, {"role": "user", "content": "go on"}]


async def found_by(vendors: Vendors, *messages: dict[str, Any], **more: Any) -> str:
    """Return by what the upstream finds the cache of a request."""
    body = {"model": "gpt-5.4", "messages": messages, **more}
    async with vendors.session.post(f"{vendors.gateway.url}/v1/chat/completions", json=body) as response:
        assert response.status == 200, await response.text()
    call = vendors.internet.calls[-1]
    key: str = msgspec.json.decode(call.body)["prompt_cache_key"]
    assert call.headers["session_id"] == key
    return key


async def test_codex_is_told_of_which_conversation_a_request_is(tmp_path: Path) -> None:
    """Also where one account serves alone, so that nothing else hangs on it."""
    async with vendors_and_gateway(tmp_path, "codex", "openai", kept=ACCOUNT) as vendors:
        key = await found_by(vendors, FIRST)

        assert await found_by(vendors, *LATER) == key
        assert await found_by(vendors, {"role": "user", "content": "another"}) != key
        assert await found_by(vendors, FIRST, user="alice") == await found_by(vendors, *LATER, user="alice")
        assert await found_by(vendors, FIRST, prompt_cache_key="own") == "own"
