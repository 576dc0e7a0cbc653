"""What a generateContent request says about itself stands in its path."""

from __future__ import annotations

import pytest

from cliproxy.dialects.base import Edits
from cliproxy.dialects.gemini import DIALECT
from cliproxy.errors import RequestError
from cliproxy.wire.frames import Framing

BODY = b'{"contents":[], "model":"ignored"}'


@pytest.mark.parametrize(
    ("method", "alt", "framing"),
    [
        ("generateContent", "", Framing.WHOLE),
        ("generateContent", "sse", Framing.WHOLE),
        ("streamGenerateContent", "sse", Framing.EVENT_STREAM),
        ("streamGenerateContent", "", Framing.JSON_ARRAY),
        ("streamGenerateContent", "json", Framing.JSON_ARRAY),
    ],
)
def test_method_and_query_say_how_the_reply_is_wanted(method: str, alt: str, framing: Framing) -> None:
    """Without `alt=sse` Google streams one JSON array."""
    head = DIALECT.read_head(BODY, {"model": "m", "method": method, "alt": alt})

    assert (head.model, head.framing) == ("m", framing)
    assert head.stream is (framing is not Framing.WHOLE)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"{", b""])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    """It would be refused upstream, on somebody's account."""
    with pytest.raises(RequestError):
        DIALECT.read_head(body, {"model": "m", "method": "generateContent"})


def test_an_edit_leaves_the_body_alone() -> None:
    """The model stands in the path, and so does whether to stream."""
    assert DIALECT.edit_request(BODY, Edits(model="other", stream=True)) == BODY
