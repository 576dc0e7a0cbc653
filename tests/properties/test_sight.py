"""What a relay sees of errors; what it sees of real traffic is `tests/proof/relays.py`."""

from __future__ import annotations

import pytest

from cliproxy.errors import GatewayError
from cliproxy.testing.recordings import frames_of
from cliproxy.wire.frames import Framing
from tests.properties.replaying import DIALECTS

NOT_AN_UPSTREAM = "openai_completions"  # it shares the errors of Chat, and is not sighted where nobody speaks it


@pytest.mark.parametrize("name", sorted(DIALECTS.keys() - {NOT_AN_UPSTREAM}))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 501, 502, 503, 529])
def test_our_own_errors_are_sighted_as_errors(name: str, status: int) -> None:
    """A gateway behind a gateway: what we write, we can read."""
    dialect = DIALECTS[name]
    body = dialect.encode_error(GatewayError("no", status=status), Framing.EVENT_STREAM)
    (frame,) = frames_of([body])
    sighting = dialect.sight(frame)

    assert sighting is not None
    assert sighting.error is not None
    assert sighting.error.message == "no"
