"""How likely tokens were, read and written."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.words import Logprob
from cliproxy.dialects.openai_chat.logprobs import logprobs_object, logprobs_of


def test_what_is_written_reads_back() -> None:
    said = (Logprob("x", -0.5, top=(Logprob("x", -0.5), Logprob("\ufffd", -2.0, (226, 130)))),)
    refused = (Logprob("no", -0.1),)
    told = msgspec.json.decode(msgspec.json.encode(logprobs_object(said, refused)), type=dict[str, Raw])

    assert logprobs_of(told) == (said, refused)


def test_bytes_that_the_token_tells_already_are_left_out() -> None:
    said, _ = logprobs_of({"content": Raw(b'[{"token":"\xc3\xa9","logprob":-1,"bytes":[195,169]}]')})

    assert said == (Logprob("\u00e9", -1.0),)


def test_bytes_of_another_shape_are_passed_over() -> None:
    """Some send them as text."""
    said, _ = logprobs_of({"content": Raw(b'[{"token":"x","logprob":-1,"bytes":"eA==","top_logprobs":3}]')})

    assert said == (Logprob("x", -1.0),)
