"""HTTPS at the front door, with a certificate made for the occasion."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest
from msgspec import structs

from cliproxy.cli.demo import CHAT, config_for
from cliproxy.config.schema import Tls
from cliproxy.errors import SetupError
from cliproxy.gateway import Gateway
from cliproxy.simulator import Upstream, serving
from tests.running import running


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key, and a certificate for 127.0.0.1 that it signed itself."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", *command.split(), "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True
    )
    return cert, key


async def test_a_stream_comes_through_tls(pair: tuple[Path, Path]) -> None:
    """Team gateways are reached over HTTPS; the certificate is checked like any other."""
    cert, key = pair
    trusted = ssl.create_default_context(cafile=str(cert))
    async with serving(Upstream()) as upstream:
        config = structs.replace(config_for(upstream.url, 0), tls=Tls(enable=True, cert=str(cert), key=str(key)))
        async with running(config) as gateway, aiohttp.ClientSession() as client:
            url = gateway.url.replace("http://", "https://") + "/v1/chat/completions"
            body = {"model": CHAT, "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
            async with client.post(url, json=body, ssl=trusted) as response:
                text = await response.text()

    assert response.status == 200
    assert text.endswith("data: [DONE]\n\n")


async def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """The operator must see which setting to mend; nothing listens then."""
    missing = Tls(enable=True, cert=str(tmp_path / "none.pem"), key=str(tmp_path / "none.key"))
    gateway = Gateway(structs.replace(config_for("http://127.0.0.1:9", 0), tls=missing))

    with pytest.raises(SetupError, match=r"tls\.cert .*none\.pem.* cannot be used"):
        await gateway.start()

    await gateway.stop()
