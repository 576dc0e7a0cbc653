"""What a Responses request says about itself, and how a relay edits it."""

from __future__ import annotations

import pytest

from cliproxy.dialects.base import Edits
from cliproxy.dialects.openai_responses import DIALECT
from cliproxy.errors import RequestError
from cliproxy.wire.frames import Framing


def test_the_head_is_read_without_what_stands_below() -> None:
    """`input` may be huge, and of any shape."""
    body = b'{"model":"m","stream":true,"prompt_cache_key":"talk-1","input":[{"odd":[1.0]}]}'
    head = DIALECT.read_head(body, {})

    assert (head.model, head.stream, head.session, head.framing) == ("m", True, "talk-1", Framing.EVENT_STREAM)


@pytest.mark.parametrize("body", [b'{"model":5}', b'{"model":"m","stream":"yes"}', b"[]"])
def test_a_field_of_the_wrong_type_is_named(body: bytes) -> None:
    """The client's author must see which."""
    with pytest.raises(RequestError, match=r"model|stream|object"):
        DIALECT.read_head(body, {})


def test_an_edit_touches_the_top_level_only() -> None:
    """Numbers keep their spelling and unknown fields stay."""
    body = b'{"model":"alias","input":[{"n":1.0,"big":12345678901234567890}],"new_field":{"a":1e3}}'
    edited = DIALECT.edit_request(body, Edits(model="real"))

    assert edited == body.replace(b'"alias"', b'"real"')
