"""What stands alone: cutters, envelopes, `data:` URLs and schemas."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Raw

from cliproxy.dialects.gemini.schema_lowering import lowered
from cliproxy.dialects.gemini.schemas import cleaned, without_placeholders
from cliproxy.errors import RequestError
from cliproxy.providers.base import held_under
from cliproxy.wire.body import readable
from cliproxy.wire.data_url import read_data_url, sniffed, write_data_url
from cliproxy.wire.envelope import Unwrapped
from cliproxy.wire.frames import Cutter, Frame
from cliproxy.wire.json_array import JsonArray
from cliproxy.wire.sse import EventStream
from tests.fuzz.laws import Target, chunks, must, must_be_json


def _cutter(make: Callable[[], Cutter]) -> Target:
    def run(data: bytes) -> None:
        """Cut anywhere, the same frames come out, and no byte is lost."""
        choice, stream = data[0] if data else 0, data[1:]
        whole, cut = make(), make()
        blocks = [whole.feed(stream), whole.close()]
        pieces = [*(cut.feed(chunk) for chunk in chunks(stream, choice)), cut.close()]
        must(b"".join(pieces) == stream and b"".join(blocks) == stream, "bytes were lost or made up")
        must(_frames(cut, pieces) == _frames(whole, blocks), "the frames depend on how the stream was cut")

    return run


event_stream = _cutter(EventStream)
json_array = _cutter(JsonArray)


def envelope(data: bytes) -> None:
    """What comes out of envelopes is what was in them, however the stream was cut."""
    choice, stream = data[0] if data else 0, data[1:]
    unwrap = held_under("response")
    make = JsonArray if choice & 128 else EventStream
    plain, whole, cut = make(), Unwrapped(make(), unwrap), Unwrapped(make(), unwrap)
    told = [unwrap(frame.data) for frame in _frames(plain, [plain.feed(stream), plain.close()])]
    blocks = [whole.feed(stream), whole.close()]
    pieces = [*(cut.feed(chunk) for chunk in chunks(stream, choice)), cut.close()]
    frames = _frames(whole, blocks)
    must(frames == _frames(cut, pieces), "the frames depend on how the stream was cut")
    lines = [one.replace(b"\r\n", b"\n").replace(b"\r", b"\n") for one in told]
    must([frame.data for frame in frames] == lines, "something else came out than was in the envelopes")


def data_url(data: bytes) -> None:
    """What is read of a `data:` URL can be written as one, and read again."""
    url = data[1:].decode("utf-8", "replace")
    for given in (url, f"data:{url}"):
        read = read_data_url(given)
        if read is not None:
            again = read_data_url(write_data_url(read.mime_type, read.data))
            must(again is not None and again.data == read.data, "written and read again, it is something else")
            sniffed(read.data)


def schemas(data: bytes) -> None:
    """Whatever a client calls a schema, the upstream gets one, and what is clean stays as it is."""
    try:
        schema = Raw(readable(data[1:]))
    except RequestError:
        return
    for strict in (False, True):
        once = cleaned(schema, strict=strict)
        must_be_json(bytes(once), "a schema")
        must(bytes(cleaned(once, strict=strict)) == bytes(once), "cleaned twice, it is something else")
    must_be_json(bytes(lowered(schema)), "a lowered schema")
    arguments = bytes(schema).decode()
    must_be_json(without_placeholders(arguments, schema).encode(), "what is left of arguments")


def _frames(cutter: Cutter, blocks: Sequence[bytes]) -> list[Frame]:
    return [frame for block in blocks if block for frame in cutter.frames(block)]
