"""Blocks that stand whole, as a stream tells them."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.events import ForeignPart
from cliproxy.conversation.request import Foreign
from tests.unit.dialects.anthropic_messages.home import heard, replied, streamed
from tests.unit.dialects.translating import Body


@pytest.mark.parametrize(
    ("block", "delta"),
    [
        (
            {"type": "server_tool_use", "id": "s", "name": "web_fetch", "input": {"url": "u"}},
            {"type": "input_json_delta", "partial_json": '{"url": "u"}'},
        ),
        ({"type": "compaction", "content": "short"}, {"type": "compaction_delta", "content": "short"}),
        ({"type": "web_fetch_tool_result", "tool_use_id": "s", "content": {"type": "web_fetch_result"}}, None),
    ],
)
def test_anthropic_s_own_blocks_are_told_as_it_tells_them(block: Body, delta: Body | None) -> None:
    """Clients gather the input of a tool from its deltas."""
    part = heard(block).parts[0]
    assert isinstance(part, Foreign)
    assert replied(part)["content"] == [block]

    events = streamed(ForeignPart(0, part))
    assert [json.dumps(event["delta"]) for event in events[1:-1]] == ([json.dumps(delta)] if delta else [])
    assert events[0]["content_block"]["type"] == block["type"]
