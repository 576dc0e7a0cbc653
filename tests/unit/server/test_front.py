"""Whatever goes wrong with a request, its client is told; only a client that left is not."""

from __future__ import annotations

import asyncio

import pytest

from cliproxy.errors import GatewayError, RequestError
from cliproxy.server.front import answering


class Listening:
    """A client that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[GatewayError] = []

    async def fail(self, error: GatewayError) -> None:
        self.told.append(error)


async def told_of(error: BaseException) -> list[GatewayError]:
    client = Listening()
    async with answering(client, "x1", "/v1/responses"):
        await failing(error)
    return client.told


async def failing(error: BaseException) -> None:
    raise error


async def test_an_error_is_told_as_it_is() -> None:
    error = RequestError("no")

    assert await told_of(error) == [error]


async def test_a_fault_of_ours_is_told_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """They stand in the log, where the operator finds them by the exchange."""
    (error,) = await told_of(ValueError("secret"))

    assert error.status == 500
    assert "secret" not in error.message
    log = capsys.readouterr().out
    assert "x1" in log
    assert "ValueError" in log


@pytest.mark.parametrize("gone", [ConnectionResetError(), asyncio.CancelledError()], ids=repr)
async def test_a_client_that_left_is_told_nothing(gone: BaseException) -> None:
    client = Listening()
    with pytest.raises(type(gone)):
        async with answering(client, "x1", "/"):
            await failing(gone)

    assert client.told == []
