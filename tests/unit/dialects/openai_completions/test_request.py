"""What a legacy Completions request says about itself."""

from __future__ import annotations

from cliproxy.dialects.openai_completions import DIALECT
from cliproxy.wire.frames import Framing


def test_model_and_stream_are_read() -> None:
    """Enough to say which upstream would have to be translated to."""
    head = DIALECT.read_head(b'{"model":"m","prompt":["a","b"],"stream":true}', {})

    assert (head.model, head.stream, head.framing) == ("m", True, Framing.EVENT_STREAM)
