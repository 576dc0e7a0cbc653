"""Anthropic Messages."""

import re

from cliproxy.dialects.anthropic_messages.counting import COUNTING
from cliproxy.dialects.anthropic_messages.edits import edit_request, repair
from cliproxy.dialects.anthropic_messages.errors import encode_error
from cliproxy.dialects.anthropic_messages.reply import encode_reply, list_models, show_model
from cliproxy.dialects.anthropic_messages.request import decode_request, read_head
from cliproxy.dialects.anthropic_messages.request_encoder import encode_request
from cliproxy.dialects.anthropic_messages.stream import StreamDecoder, decode_reply, sight
from cliproxy.dialects.anthropic_messages.stream_encoder import StreamEncoder
from cliproxy.dialects.base import Codec, Dialect, events_or_whole
from cliproxy.wire.frames import Framing

DIALECT = Dialect(
    name="anthropic_messages",
    read_head=read_head,
    edit_request=edit_request,
    framing=events_or_whole,
    sight=sight,
    signs=re.compile(rb'"(?:message_start|message_delta|message_stop|error)"'),
    keep_alive={Framing.EVENT_STREAM: b'event: ping\ndata: {"type":"ping"}\n\n', Framing.WHOLE: b"\n"},
    encode_error=encode_error,
    list_models=list_models,
    show_model=show_model,
    repair=repair,
    codec=Codec(decode_request, encode_request, decode_reply, encode_reply, StreamDecoder, StreamEncoder),
    counting=COUNTING,
)
