"""What a stream used is known, also where the client did not ask; only those who asked are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.vendors import vendors_and_gateway

BODY = {"stream": True, "messages": [{"role": "user", "content": "one two three"}]}


@pytest.mark.parametrize(("kind", "model"), [("qwen", "qwen3-coder-plus"), ("kimi", "kimi-k2")])
@pytest.mark.parametrize("asks", [False, True], ids=["not asked", "asked"])
async def test_a_stream_s_usage_is_known(tmp_path: Path, kind: str, model: str, *, asks: bool) -> None:
    body = {**BODY, "model": model, **({"stream_options": {"include_usage": True}} if asks else {})}
    async with vendors_and_gateway(tmp_path, kind, kind) as vendors:
        async with vendors.session.post(f"{vendors.gateway.url}/v1/chat/completions", json=body) as response:
            said = await response.text()

        assert (response.status, said.endswith("data: [DONE]\n\n")) == (200, True), said
        assert ('"usage":{' in said.replace(" ", "")) is asks
        [record] = vendors.gateway.records
        assert record.usage.input_tokens > 0
        assert record.usage.output_tokens > 0
