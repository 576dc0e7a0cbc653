"""Streams tell what they used, whatever the client asked."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.providers import kimi, qwen
from cliproxy.providers.base import Provider
from cliproxy.wire.frames import Framing
from tests.unit.providers.calling import prepared, shaped


@pytest.mark.parametrize("provider", [qwen.PROVIDER, kimi.PROVIDER], ids=lambda provider: provider.name)
@pytest.mark.parametrize("options", [None, {}, 7, {"include_usage": False}, {"include_usage": True}])
def test_every_stream_is_asked_for_its_usage(provider: Provider, options: object) -> None:
    body: dict[str, Any] = {"stream": True} | ({} if options is None else {"stream_options": options})

    assert shaped(provider, body, framing=Framing.EVENT_STREAM)[0]["stream_options"] == {"include_usage": True}


def test_other_options_stay() -> None:
    body = {"stream": True, "stream_options": {"other": 1}}

    assert shaped(qwen.PROVIDER, body, framing=Framing.EVENT_STREAM)[0]["stream_options"] == {
        "other": 1,
        "include_usage": True,
    }


def test_a_reply_in_one_body_tells_it_anyway() -> None:
    """The option is refused where nothing streams."""
    assert prepared(qwen.PROVIDER, body=b'{ "messages": [] }').body == b'{ "messages": [] }'
    assert "stream_options" not in shaped(kimi.PROVIDER, {})[0]
