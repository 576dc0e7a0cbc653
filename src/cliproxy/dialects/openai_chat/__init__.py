"""OpenAI Chat Completions, by OpenAI and the many who speak it."""

import re

from cliproxy.dialects.base import Codec, Dialect, events_or_whole
from cliproxy.dialects.openai_chat.edits import edit_request
from cliproxy.dialects.openai_chat.errors import encode_error
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.dialects.openai_chat.reply_encoder import encode_reply
from cliproxy.dialects.openai_chat.request import decode_request, read_head
from cliproxy.dialects.openai_chat.request_encoder import encode_request
from cliproxy.dialects.openai_chat.stream import StreamDecoder, decode_reply, sight
from cliproxy.dialects.openai_chat.stream_encoder import StreamEncoder
from cliproxy.dialects.openai_family import list_models, show_model
from cliproxy.wire.frames import Framing

DIALECT = Dialect(
    name=NAME,
    read_head=read_head,
    edit_request=edit_request,
    framing=events_or_whole,
    sight=sight,
    signs=re.compile(rb'_reason"\s*:\s*"|usage"\s*:\s*\{|error"|"message"\s*:\s*\{|\[DONE'),
    keep_alive={Framing.EVENT_STREAM: b": keep-alive\n\n", Framing.WHOLE: b"\n"},
    encode_error=encode_error,
    list_models=list_models,
    show_model=show_model,
    codec=Codec(
        decode_request, encode_request, decode_reply, encode_reply, StreamDecoder, StreamEncoder, takes_free_text=True
    ),
)
