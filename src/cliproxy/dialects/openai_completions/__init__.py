"""Legacy Completions: a dialect of clients only, a thin skin over chat. Its translations come with the next issue."""

import re

from cliproxy.dialects.base import Dialect, edit_top_level, events_or_whole
from cliproxy.dialects.openai_completions.request import read_head
from cliproxy.dialects.openai_completions.stream import sight
from cliproxy.dialects.openai_family import encode_error, list_models, show_model
from cliproxy.wire.frames import Framing

DIALECT = Dialect(
    name="openai_completions",
    read_head=read_head,
    edit_request=edit_top_level,
    framing=events_or_whole,
    sight=sight,
    signs=re.compile(rb'"error"|"finish_reason"\s*:\s*"|\[DONE\]'),
    keep_alive={Framing.EVENT_STREAM: b": keep-alive\n\n", Framing.WHOLE: b"\n"},
    encode_error=encode_error,
    list_models=list_models,
    show_model=show_model,
)
