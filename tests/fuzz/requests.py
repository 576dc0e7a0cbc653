"""Requests of each dialect, and what goes on from one to the next."""

from __future__ import annotations

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Effort
from cliproxy.dialects.base import Dialect, Edits
from cliproxy.dialects.openai_responses.continuation import CONTINUING
from cliproxy.errors import RequestError
from cliproxy.server.turns import Turns
from cliproxy.wire.body import readable
from cliproxy.wire.frames import Frame
from tests.fuzz.laws import Target, chosen, must_be_json
from tests.properties.replaying import CODECS, DIALECTS

_MODEL = ModelInfo("m")
_REPLY = "r1"  # the id of a warm-up's reply


def request(name: str) -> Target:
    dialect, codec = DIALECTS[name], CODECS[name]

    def run(data: bytes) -> None:
        """A request is refused, or understood; and what is understood every dialect can be told."""
        if not data:
            return
        choice = data[0]
        try:
            body = readable(data[1:])  # as the server does, before anyone reads it
            dialect.read_head(body, {"model": "m", "method": "generateContent"})
            effort = Effort(budget=2048) if choice & 32 else None
            edits = Edits(model="other", stream=True, effort=effort, drop_proofs=bool(choice & 64))
            must_be_json(dialect.edit_request(body, edits), "an edited request")
            conversation = codec.decode_request(body)
        except RequestError:
            return
        written = chosen(choice).encode_request(conversation, _MODEL, bool(choice & 128))
        must_be_json(written.body, "a request")

    return run


def counting(dialect: Dialect) -> Target:
    def run(data: bytes) -> None:
        """A question for the number of tokens is a request; its answer is a number or none."""
        if not data or dialect.counting is None:
            return
        tokens = dialect.counting.decode_reply(data[1:])
        if tokens is not None:
            must_be_json(dialect.counting.encode_reply(tokens), "a count")
        try:
            conversation = dialect.counting.decode_request(readable(data[1:]))
        except RequestError:
            return
        must_be_json(dialect.counting.encode_request(conversation, _MODEL).body, "a question")

    return run


def turns(data: bytes) -> None:
    """Each line is a frame of one socket: refused, or a request; a warm-up is answered."""
    reader = Turns()
    for line in data[1:].split(b"\n"):
        try:
            turn = reader.read(line)
            must_be_json(turn.body, "a request")
            if turn.is_warm_up:
                for event in reader.warm_up(turn, reply_id=_REPLY, now=1.0):
                    must_be_json(event, "an event")
        except RequestError:
            continue


def continuation(data: bytes) -> None:
    """What a request or a reply said can be said again in front of the next request."""
    before = list(_kept(data[1:]))
    for item in before:
        must_be_json(item, "an item")
        CONTINUING.is_taken_back(item)
    try:
        body = readable(data[1:])
        must_be_json(CONTINUING.continued(body, [*before, *CONTINUING.items(body)]), "a request")
    except RequestError:
        return


def _kept(data: bytes) -> tuple[bytes, ...]:
    heard = CONTINUING.heard(Frame("", data))
    return heard.items if heard is not None else ()
