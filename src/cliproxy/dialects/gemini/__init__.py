"""Gemini generateContent. Relayed; its translations come with the next issue."""

import re

from cliproxy.dialects.base import Dialect
from cliproxy.dialects.gemini.errors import encode_error
from cliproxy.dialects.gemini.reply import list_models, show_model
from cliproxy.dialects.gemini.request import edit_request, read_head
from cliproxy.dialects.gemini.stream import framing, sight
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
)
