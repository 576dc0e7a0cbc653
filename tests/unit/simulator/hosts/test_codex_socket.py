"""Codex over a WebSocket, as the simulator plays it."""

from collections.abc import Callable
from typing import Any

import msgspec

from cliproxy.simulator import CutAt, Delay, EndAt, Match, Refuse, RefuseInside, Script, Window
from cliproxy.simulator.hosts import Hosts
from tests.unit.simulator.asking import Json
from tests.unit.simulator.hosts.test_codex import BODY, TOOLS, UPGRADE, URL
from tests.unit.simulator.hosts.visiting import hosts, refusal_of, request, without

CREATE = {"type": "response.create", **without(BODY, "stream")}
Sent = list[Json]


class Played:
    """A client's end: says its frames one after the other, each made from what came before."""

    def __init__(self, *says: Json | str | bytes | Callable[[Sent], Json]) -> None:
        self.sent: Sent = []
        self.closed: int | None = None
        self._says = list(says)

    async def receive(self) -> str | bytes | None:
        if not self._says:
            return None
        said = self._says.pop(0)
        frame: Any = said(self.sent) if callable(said) else said
        return frame if isinstance(frame, str | bytes) else msgspec.json.encode(frame).decode()

    async def send(self, text: str) -> None:
        self.sent.append(msgspec.json.decode(text))

    async def close(self, code: int) -> None:
        self.closed = code


async def played(*says: Json | str | bytes | Callable[[Sent], Json], by: Hosts | None = None) -> Played:
    client = Played(*says)
    await (by or hosts()).socket(request(URL, None, UPGRADE, method="GET"), client)
    return client


def said(words: str, **more: object) -> Json:
    return {**CREATE, "input": [{"role": "user", "content": words}], **more}


def after(sent: Sent) -> str:
    """Return the id of the last answer."""
    response_id: str = sent[-1]["response"]["id"]
    return response_id


async def test_each_event_is_a_frame() -> None:
    """First what is left, last that it is done; `stream` need not be said."""
    client = await played(CREATE)

    assert [event["type"] for event in client.sent][:2] == ["codex.rate_limits", "response.created"]
    assert client.sent[-1]["type"] == "response.completed"
    assert client.closed is None


async def test_a_later_turn_brings_only_what_is_new() -> None:
    """The result of a call is known for one, although the call is not said again."""
    playing = hosts()

    def answer_the_call(sent: Sent) -> Json:
        [call] = [event["item"] for event in sent if event["type"] == "response.output_item.done"]
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
        return {**CREATE, "input": [result], "previous_response_id": after(sent)}

    client = await played(said("call weather", tools=TOOLS), answer_the_call, by=playing)
    texts = [event["text"] for event in client.sent if event["type"] == "response.output_text.done"]

    assert texts == ["The tool said: sunny."]
    assert [call.method for call in playing.calls] == ["WEBSOCKET", "WEBSOCKET"]
    assert len(playing.calls[-1].json()["input"]) == 1


async def test_only_the_last_answer_of_this_socket_is_remembered() -> None:
    """Another's id is unknown, and so is any after the socket is gone."""
    first = await played(said("a"))
    client = await played(said("b", previous_response_id=after(first.sent)), said("c"))

    assert (client.sent[0]["type"], client.sent[0]["status"]) == ("error", 400)
    assert client.sent[0]["error"]["code"] == "previous_response_not_found"
    assert client.sent[-1]["type"] == "response.completed"


async def test_a_turn_can_be_remembered_without_an_answer() -> None:
    """What is said then is part of the next turn."""
    client = await played(
        {**CREATE, "input": [{"role": "user", "content": "one"}], "generate": False},
        lambda sent: said("two", previous_response_id=after(sent)),
    )
    kinds = [event["type"] for event in client.sent]

    assert kinds[:3] == ["response.created", "response.completed", "codex.rate_limits"]
    assert client.sent[-1]["response"]["usage"]["input_tokens"] == 2


async def test_restrictions_hold_here_too() -> None:
    """As frames with a status, after which the socket goes on."""
    client = await played({**CREATE, "temperature": 1}, {"type": "response.append"}, "no json", CREATE)
    errors = [event for event in client.sent if event["type"] == "error"]

    assert [error["status"] for error in errors] == [400, 400, 400]
    assert errors[0]["error"]["message"] == "Unsupported parameter: temperature"
    assert client.sent[-1]["type"] == "response.completed"


async def test_a_spent_window_is_told_with_its_headers() -> None:
    """Those that an answer over HTTP would have had."""
    playing = hosts()
    playing.limit("codex/ann@example.com", Window(0, 3600))
    [event] = (await played(CREATE, by=playing)).sent

    assert (event["status"], event["error"]["type"]) == (429, "usage_limit_reached")
    assert event["headers"]["x-codex-primary-used-percent"] == "100"


async def test_bytes_end_the_socket() -> None:
    """Frames are text."""
    assert (await played(b"{}", CREATE)).closed == 1003


async def test_faults_happen_in_mid_turn() -> None:
    """A lost connection, an end without the last event, a refusal inside, a late answer."""
    script = Script()
    playing = hosts(script)
    script.add(CutAt(2000))
    lost = await played(CREATE, by=playing)
    script.add(EndAt(2000))
    ended = await played(CREATE, by=playing)
    script.add(RefuseInside())
    refused = await played(CREATE, CREATE, by=playing)
    script.add(Delay(0.0))
    late = await played(CREATE, by=playing)

    assert (lost.closed, ended.closed) == (1006, 1011)
    assert lost.sent[-1]["type"] != "response.completed"
    assert [event["type"] for event in refused.sent][2:5] == ["response.in_progress", "error", "response.failed"]
    assert refused.sent[-1]["type"] == late.sent[-1]["type"] == "response.completed"


async def test_a_client_may_leave_in_mid_turn() -> None:
    """Nobody is told."""

    class Leaving(Played):
        async def send(self, text: str) -> None:
            await super().send(text)
            raise ConnectionResetError

    client = Leaving(CREATE, CREATE)
    await hosts().socket(request(URL, None, UPGRADE, method="GET"), client)

    assert (len(client.sent), client.closed) == (1, None)


def test_a_handshake_can_be_refused() -> None:
    """By a script: with 426, or with a body; what is asked over HTTP is not touched."""
    script = Script()
    script.add(Refuse(426, b"{}"), Match(model=""))
    script.add(Refuse(429), Match(model=""))
    playing = hosts(script)
    handshake = request(URL, None, UPGRADE, method="GET")

    assert playing.answer(request(URL, BODY, UPGRADE | {"upgrade": ""})).status == 200
    assert playing.answer(handshake).status == 426
    assert refusal_of(playing.answer(handshake))[0] == 429
    assert playing.answer(handshake).status == 101
