"""Two families of models behind one interface: a conversation goes over from one to the other, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cliproxy.usage.record import Outcome
from tests.gateway.vendors import Vendors, vendors_and_gateway

CLAUDE, GEMINI = "claude-sonnet-4-6", "gemini-3-flash"
PROJECT = '{"project_id":"project-1"}'
NOW: dict[str, Any] = {"name": "now", "description": "Tell the time", "input_schema": {"type": "object"}}


async def ask(vendors: Vendors, path: str, body: dict[str, Any]) -> Any:
    async with vendors.session.post(f"{vendors.gateway.url}{path}", json=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()


@pytest.mark.parametrize("models", [(CLAUDE, GEMINI, CLAUDE), (GEMINI, CLAUDE, GEMINI)], ids=["claude", "gemini"])
async def test_a_messages_client_changes_the_model(tmp_path: Path, models: tuple[str, ...]) -> None:
    """It sends every proof back to whoever serves next; nobody refuses the turn for one that another made."""
    async with vendors_and_gateway(tmp_path, "antigravity", "google", kept=PROJECT) as vendors:
        messages: list[dict[str, Any]] = []
        for model in models:
            messages.append({"role": "user", "content": "think hard about this"})
            thinking = {"type": "enabled", "budget_tokens": 2048}
            body = {"model": model, "max_tokens": 4096, "thinking": thinking, "messages": messages}
            content = (await ask(vendors, "/v1/messages", body))["content"]
            assert any(block["type"] == "thinking" and block["signature"] for block in content)
            messages.append({"role": "assistant", "content": content})

        assert len(vendors.internet.calls) == len(models)
        assert [record.outcome for record in vendors.gateway.records] == [Outcome.SUCCEEDED] * len(models)


@pytest.mark.parametrize("models", [(CLAUDE, GEMINI, CLAUDE), (GEMINI, CLAUDE, GEMINI)], ids=["claude", "gemini"])
async def test_a_gemini_client_changes_the_model(tmp_path: Path, models: tuple[str, ...]) -> None:
    """Its words are the upstream's, so that they are relayed."""
    async with vendors_and_gateway(tmp_path, "antigravity", "google", kept=PROJECT) as vendors:
        contents: list[dict[str, Any]] = []
        for model in models:
            contents.append({"role": "user", "parts": [{"text": "think hard about this"}]})
            thinking = {"thinkingConfig": {"thinkingBudget": 2048, "includeThoughts": True}}
            body = {"contents": contents, "generationConfig": {**thinking, "maxOutputTokens": 4096}}
            reply = await ask(vendors, f"/v1beta/models/{model}:generateContent", body)
            contents.append(reply["candidates"][0]["content"])

        assert "thoughtSignature" in str(contents)
        assert [record.outcome for record in vendors.gateway.records] == [Outcome.SUCCEEDED] * len(models)


async def test_a_tool_that_asks_for_nothing_is_called_with_nothing(tmp_path: Path) -> None:
    """The upstream wants something required in it, and the model fills that in; the client never declared it."""
    async with vendors_and_gateway(tmp_path, "antigravity", "google", kept=PROJECT) as vendors:
        messages = [{"role": "user", "content": 'call now {"reason": "to know the time"}'}]
        body = {"model": CLAUDE, "max_tokens": 100, "tools": [NOW], "messages": messages}
        [call] = [
            block for block in (await ask(vendors, "/v1/messages", body))["content"] if block["type"] == "tool_use"
        ]

        assert (call["name"], call["input"]) == ("now", {})
