from collections.abc import Awaitable, Callable

import pytest

from cliproxy.transport.base import TooLong
from cliproxy.transport.whole import WholeResponse, gathered


async def test_an_answer_in_hand_is_read_or_pumped() -> None:
    said: list[bytes] = []
    flushes: list[None] = []

    async def flush() -> None:
        flushes.append(None)

    async with WholeResponse(429, {"x-one": "1"}, b"no") as response:
        assert (response.status, response.headers) == (429, {"x-one": "1"})
        assert await response.read(2) == b"no"
        await response.pump(said.append, flush)

    assert said == [b"no"]
    assert len(flushes) == 1


async def test_one_that_is_too_long_is_refused() -> None:
    with pytest.raises(TooLong):
        await WholeResponse(200, {}, b"no").read(1)


async def test_chunks_are_put_together_up_to_a_bound() -> None:
    """No more is kept of one that is too long."""
    left = [b"one ", b"two ", b"three"]

    async def pump(into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        while left:
            into(left.pop(0))
            await flush()

    with pytest.raises(TooLong):
        await gathered(pump, 7)
    assert left == [b"three"]
    left[:] = [b"one ", b"two ", b"three"]
    assert await gathered(pump, 13) == b"one two three"
