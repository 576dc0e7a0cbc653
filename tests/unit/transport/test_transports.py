"""All ways out, as a configuration has them. That each of them works is shown where it is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from cliproxy.config.network import UpstreamTls
from cliproxy.config.schema import Config
from cliproxy.errors import SetupError
from cliproxy.simulator import Upstream
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.transport.base import Unreachable
from cliproxy.transport.transports import Transports
from cliproxy.wire.http import Carrier, HttpRequest

NOWHERE = "http://127.0.0.1:9/"


def over(carrier: Carrier, url: str = NOWHERE) -> HttpRequest:
    return HttpRequest("POST", url, (), b"{}", carrier=carrier)


@pytest.mark.parametrize("carrier", list(Carrier))
async def test_each_carrier_has_its_way(carrier: Carrier) -> None:
    transports = Transports(Config())
    with pytest.raises(Unreachable) as refused:
        await transports.all.send(over(carrier))
    await transports.close()

    assert "nothing here carries" not in str(refused.value)


async def test_who_brings_a_transport_is_asked_and_has_no_websockets() -> None:
    brought = SimulatedTransport({"api.example": Upstream().answer})
    transports = Transports(Config(), brought)

    async with await transports.all.send(over(Carrier.HTTP, "https://api.example/")) as response:
        assert response.status == 401  # the simulated vendor's: no key
    with pytest.raises(Unreachable, match="nothing here carries calls over websocket"):
        await transports.all.send(over(Carrier.WEBSOCKET))
    assert not transports.holds(over(Carrier.WEBSOCKET))


def test_certificates_that_cannot_be_read_are_no_beginning(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="upstream-tls"):
        Transports(trusting(tmp_path / "absent.pem"))


async def test_and_change_nothing_later(tmp_path: Path) -> None:
    transports = Transports(Config())

    transports.configure(structs.replace(trusting(tmp_path / "absent.pem"), proxy_url="http://127.0.0.1:9"))

    with pytest.raises(Unreachable, match="proxy"):
        await transports.all.send(over(Carrier.HTTP, "http://far.example/"))
    await transports.close()


def trusting(file: Path) -> Config:
    return Config(upstream_tls=UpstreamTls(ca_file=str(file)))
