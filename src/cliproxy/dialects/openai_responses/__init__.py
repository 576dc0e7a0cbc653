"""OpenAI Responses. Relayed; its translations come with the next issue."""

import re

from cliproxy.dialects.base import Dialect, edit_top_level, events_or_whole
from cliproxy.dialects.openai_family import list_models, show_model
from cliproxy.dialects.openai_responses.errors import encode_error
from cliproxy.dialects.openai_responses.request import read_head
from cliproxy.dialects.openai_responses.stream import sight
from cliproxy.wire.frames import Framing

DIALECT = Dialect(
    name="openai_responses",
    read_head=read_head,
    edit_request=edit_top_level,
    framing=events_or_whole,
    sight=sight,
    signs=re.compile(rb'"type"\s*:\s*"(?:error|response\.(?:completed|incomplete|failed|cancelled))"'),
    keep_alive={Framing.EVENT_STREAM: b": keep-alive\n\n", Framing.WHOLE: b"\n"},
    encode_error=encode_error,
    list_models=list_models,
    show_model=show_model,
)
