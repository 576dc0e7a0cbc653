import pytest

from cliproxy.simulator.answer import Answer, Request, whole
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.transport.base import Unreachable
from cliproxy.transport.carriers import Carriers
from cliproxy.wire.http import Carrier, HttpRequest


def over(carrier: Carrier) -> HttpRequest:
    return HttpRequest("GET", "https://api.example/", (), b"", carrier=carrier)


def saying(what: bytes) -> SimulatedTransport:
    def answer(request: Request) -> Answer:
        return whole(200, {}, what)

    return SimulatedTransport({"api.example": answer})


async def test_a_call_goes_over_what_it_asks_for() -> None:
    carriers = Carriers({Carrier.HTTP: saying(b"http"), Carrier.WEBSOCKET: saying(b"socket")})

    async with await carriers.send(over(Carrier.WEBSOCKET)) as response:
        assert await response.read(100) == b"socket"
    async with await carriers.send(over(Carrier.HTTP)) as response:
        assert await response.read(100) == b"http"


async def test_what_nothing_carries_cannot_be_reached() -> None:
    with pytest.raises(Unreachable, match="over relay"):
        await Carriers({Carrier.HTTP: saying(b"")}).send(over(Carrier.RELAY))
