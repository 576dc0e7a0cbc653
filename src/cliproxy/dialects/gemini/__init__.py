"""Gemini generateContent."""

import re

from cliproxy.dialects.base import Codec, Counting, Dialect
from cliproxy.dialects.gemini.counting import (
    decode_count,
    decode_count_request,
    encode_count,
    encode_count_request,
)
from cliproxy.dialects.gemini.edits import edit_request
from cliproxy.dialects.gemini.errors import encode_error
from cliproxy.dialects.gemini.reply import encode_reply, list_models, show_model
from cliproxy.dialects.gemini.request import decode_request, read_head
from cliproxy.dialects.gemini.request_encoder import encode_request
from cliproxy.dialects.gemini.stream import StreamDecoder, decode_reply, framing, sight
from cliproxy.dialects.gemini.stream_encoder import StreamEncoder
from cliproxy.wire.frames import Framing

DIALECT = Dialect(
    name="gemini",
    read_head=read_head,
    edit_request=edit_request,
    framing=framing,
    sight=sight,
    signs=re.compile(rb'"(?:error|usageMetadata|finishReason|blockReason)"'),
    # Its clients break on comment lines; an empty object is what all of them take (real clients, trap 1).
    takes_comments=False,
    keep_alive={Framing.EVENT_STREAM: b"data: {}\n\n", Framing.JSON_ARRAY: b"\n", Framing.WHOLE: b"\n"},
    encode_error=encode_error,
    list_models=list_models,
    show_model=show_model,
    codec=Codec(decode_request, encode_request, decode_reply, encode_reply, StreamDecoder, StreamEncoder),
    counting=Counting(decode_count_request, encode_count_request, decode_count, encode_count),
)
