"""What iFlow takes of Chat Completions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.providers.iflow import PROVIDER
from tests.unit.providers.calling import shaped


@pytest.mark.parametrize(("tools", "is_there"), [("[]", False), ("[ ]", False), ('[{"type":"function"}]', True)])
def test_an_empty_list_of_tools_is_left_out(tools: str, is_there: bool) -> None:
    body, _ = shaped(PROVIDER, {"tools": msgspec.json.decode(tools)})

    assert ("tools" in body) is is_there
    assert "tools" not in shaped(PROVIDER, {})[0]


def switched(model: str, body: dict[str, Any], **settings: Any) -> tuple[Any, list[str]]:
    return shaped(PROVIDER, body, model=model, **settings)


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("glm-4.6", "high", {"chat_template_kwargs": {"enable_thinking": True, "clear_thinking": False}}),
        ("GLM-5", "none", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("qwen3-max-preview", "low", {"chat_template_kwargs": {"enable_thinking": True}}),
        ("deepseek-v3.2", "none", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("minimax-m2", "auto", {"reasoning_split": True}),
        ("minimax-m2", "none", {"reasoning_split": False}),
        ("nobody-knows", "high", {"reasoning_effort": "high"}),
        ("glm-4.6", 7, {"reasoning_effort": 7}),
    ],
)
def test_reasoning_is_on_or_off(model: str, effort: object, sent: dict[str, Any]) -> None:
    """Each family has a switch of its own; how hard cannot be said."""
    assert switched(model, {"reasoning_effort": effort}) == (sent, [])


def test_a_client_s_own_switch_stays() -> None:
    """It may know more than a name tells."""
    own = {"chat_template_kwargs": {"enable_thinking": False, "other": 1}}

    assert switched("glm-4.6", own | {"reasoning_effort": "high"})[0] == own
    assert switched("glm-4.6", own)[0] == own
    assert switched("minimax-m2", {"reasoning_split": False, "reasoning_effort": "low"})[0] == {
        "reasoning_split": False
    }


def test_a_model_that_is_known_not_to_reason_is_not_told_to() -> None:
    info = ModelInfo("kimi-k2", known=True)

    assert switched("kimi-k2", {"reasoning_effort": "high"}, info=info) == ({}, ["reasoning_effort"])
    assert switched("kimi-k2", {"reasoning_effort": "none"}, info=info) == ({}, [])
