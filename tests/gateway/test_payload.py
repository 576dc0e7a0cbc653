"""The operator's rules for requests, from the configuration to what the upstream was sent."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.config.load import parse
from tests.gateway.asking import DIALECTS, Way, upstream_and_gateway

RULES = """
payload:
  default: [{models: [{name: "*", protocol: gemini}], params: {generationConfig.topK: 5}}]
  override:
    - {models: [{name: "*", protocol: openai}, {name: "*", protocol: codex}], params: {service_tier: flex}}
    - {models: [{name: simulated, protocol: claude}], params: {metadata.user_id: all}}
"""
PLACED: dict[str, dict[str, Any]] = {
    "openai_chat": {"service_tier": "flex"},
    "openai_responses": {"service_tier": "flex"},
    "anthropic_messages": {"metadata": {"user_id": "all"}},
    "gemini": {"generationConfig": {"topK": 5}},
}


@pytest.mark.parametrize("there", DIALECTS)
@pytest.mark.parametrize("here", DIALECTS)
async def test_a_rule_for_an_upstream_holds_whoever_asks_and_however(here: str, there: str) -> None:
    """It is applied to what the upstream is sent, relayed or translated."""
    config = {"payload": parse(RULES, "a test").config.payload}
    async with upstream_and_gateway(config) as scene:
        reply = await scene.ask(Way(here, upstream=there))
        sent = scene.upstream.calls[-1].json()

        assert reply.status == 200, reply.body
        for name, value in PLACED[there].items():
            assert sent[name] == (sent[name] | value if isinstance(value, dict) else value)
