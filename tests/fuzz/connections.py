"""What stands at the other end of a connection: a page that dialled in, an upstream's websocket, a proxy, a shell."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from cliproxy.config.environment import Environment
from cliproxy.config.schema import Config
from cliproxy.errors import ConfigError
from cliproxy.transport.base import BrokenOff, TransportError, Unreachable
from cliproxy.transport.proxy import Proxies, place
from cliproxy.transport.relay import Page
from cliproxy.transport.relay_response import RelayResponse
from cliproxy.transport.socket_turn import Gone, Turn, framed
from cliproxy.wire.headers import carried
from cliproxy.wire.http import Headers
from cliproxy.wire.relay import PageFrame, read_frame
from cliproxy.wire.sse import EventStream
from tests.fuzz.laws import must, must_be_json
from tests.fuzz.logins import SECRET, environment_of

_CALL = "call"
_LONGEST = 1_000_000  # bytes
_KNOWN = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "QWEN_API_KEY", "CLI_PROXY_API_KEY")


def page(data: bytes) -> None:
    """Whatever a page says, its calls get an answer that HTTP could have carried, or none, and the page is kept."""
    asyncio.run(_page(data.split(b"\n")))


def socket(data: bytes) -> None:
    """Whatever an upstream says over its websocket is one event each, or the end of the turn."""
    frames = data.decode(errors="replace").split("\n")
    must_be_json(framed(b'{"input":1}'), "a request")
    asyncio.run(_turn(frames))


def environment(data: bytes) -> None:
    """Any variables are keys, or a problem that names the variable and not its value."""
    variables = environment_of(data)
    try:
        told = Environment.read(variables)
    except ConfigError as error:
        must(all(len(value) < len(SECRET) or value not in str(error) for value in _secrets(variables)), "a key is told")
        return
    config = told.added_to(Config())
    must(told.added_to(config) == config, "what is added twice is another configuration")
    shown = f"{told!r} {told.told(Config())}"
    must(all(len(value) < len(SECRET) or value not in shown for value in _secrets(variables)), "a key is told")


def proxy(data: bytes) -> None:
    """Any proxy is one, or is refused; nobody is told its login."""
    text = data.decode(errors="replace")
    login = f"{quote(text[:40], safe='')}:{SECRET}"
    for url in (text, f"http://{login}@proxy:80", f"socks5://{login}@{text}", f"{text}://{login}@proxy"):
        try:
            Proxies(url).chosen("", "https", "api.example.com")
        except Unreachable as error:
            must(SECRET not in str(error) or SECRET in text, "a password is told")
        must(SECRET not in place(f"http://{login}@{text}") or SECRET in text, "a password is told")


async def _page(said: list[bytes]) -> None:
    async def say(frame: bytes) -> None:
        must_be_json(frame, "a frame to the page")

    there = Page(say)
    response = RelayResponse(
        "text/event-stream", idle_timeout=0.01, most_kept=_LONGEST, patience=0.01, on_leaving=lambda: None
    )
    there.begin(_CALL, response)
    for data in said:
        if (frame := read_frame(data)) is not None:
            _must_be_carried(frame.headers)
            must(frame.status == 0 or 100 <= frame.status <= 599, "a status is none")
            response.heard(PageFrame(_CALL, frame.type, frame.payload))
        await there.heard(data)
    there.leave()
    try:
        await response.head()
        await response.read(_LONGEST)
    except TransportError as error:
        must(len(str(error)) < _LONGEST, "a page's words are too many")
    _must_be_carried({name: value for name, value in response.headers.items() if name != "content-type"})


class _Frames:
    """A websocket that says what it is told to, and then nothing."""

    def __init__(self, frames: list[str]) -> None:
        self._frames = iter(frames)

    async def send(self, frame: bytes, *, text: bool) -> None:
        must_be_json(frame, "a request")

    async def recv(self) -> str:
        try:
            return next(self._frames)
        except StopIteration:
            raise TimeoutError from None


async def _turn(frames: list[str]) -> None:
    turn = Turn(_Frames(frames), 0.01, {}, lambda is_clean: None)  # type: ignore[arg-type]
    events: list[bytes] = []

    async def nothing() -> None:
        """There is nobody to wait for."""

    try:
        answer = await turn.ask(b'{"model":"m"}', 0.01)
        _must_be_carried({name: value for name, value in answer.headers.items() if name != "content-type"})
        if answer is turn:
            await answer.pump(events.append, nothing)
    except (Gone, Unreachable, BrokenOff):
        pass
    for event in events:
        must(len(EventStream().frames(event)) <= 1, "one frame became several events")


def _must_be_carried(headers: Headers) -> None:
    must(carried(headers.items()) == dict(headers), "a header is more than one")


def _secrets(variables: object) -> list[str]:
    assert isinstance(variables, dict)
    return [variables[name].strip() for name in _KNOWN if name in variables]
