"""Responses over a websocket: not served yet, and said so in the way that costs clients least."""

from __future__ import annotations

import aiohttp
import pytest

from cliproxy.simulator import Upstream, serving
from tests.running import running_before


async def test_an_upgrade_is_answered_with_426() -> None:
    """Codex moves to HTTP after one request then; after a 404 it first uses up its retries."""
    async with (
        serving(Upstream()) as upstream,
        running_before(upstream.url) as gateway,
        aiohttp.ClientSession() as client,
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(f"{gateway.url}/v1/responses")

    assert refused.value.status == 426
