"""OpenAI Responses."""

import re

from cliproxy.dialects.base import Codec, Dialect, events_or_whole
from cliproxy.dialects.openai_family import list_models, show_model
from cliproxy.dialects.openai_responses.continuation import CONTINUING
from cliproxy.dialects.openai_responses.counting import COUNTING
from cliproxy.dialects.openai_responses.editing import edit_request
from cliproxy.dialects.openai_responses.errors import encode_error
from cliproxy.dialects.openai_responses.request import decode_request, read_head
from cliproxy.dialects.openai_responses.request_encoder import encode_request
from cliproxy.dialects.openai_responses.stream import StreamDecoder, decode_reply, sight
from cliproxy.dialects.openai_responses.stream_encoder import StreamEncoder, encode_reply
from cliproxy.wire.frames import Framing

DIALECT = Dialect(
    name="openai_responses",
    read_head=read_head,
    edit_request=edit_request,
    framing=events_or_whole,
    sight=sight,
    signs=re.compile(rb'"type"\s*:\s*"(?:error|response\.(?:completed|incomplete|failed|cancelled))"'),
    keep_alive={Framing.EVENT_STREAM: b": keep-alive\n\n", Framing.WHOLE: b"\n"},
    encode_error=encode_error,
    list_models=list_models,
    show_model=show_model,
    codec=Codec(
        decode_request,
        encode_request,
        decode_reply,
        encode_reply,
        StreamDecoder,
        StreamEncoder,
        takes_free_text=True,
    ),
    counting=COUNTING,
    continuing=CONTINUING,
)
