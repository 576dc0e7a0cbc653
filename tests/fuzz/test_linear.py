"""Long streams and large events end in time: what is quadratic would take minutes at this size."""

from __future__ import annotations

import pytest

from tests.fuzz.linear import STREAMS, TURNS, read_and_written, request
from tests.properties.replaying import CODECS


@pytest.mark.timeout(20)
@pytest.mark.parametrize("shape", STREAMS)
@pytest.mark.parametrize("name", CODECS)
def test_a_long_stream_is_read_and_written_in_time(name: str, shape: str) -> None:
    make, size = STREAMS[shape]

    read_and_written(name, make(size))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", CODECS)
def test_a_long_request_is_read_and_written_in_time(name: str) -> None:
    request(name, TURNS)
