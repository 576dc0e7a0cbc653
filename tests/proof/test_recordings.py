"""Recordings drive the codecs: every one that lies in the repository, every property, in every direction."""

from __future__ import annotations

import pytest

from tests.proof.exceptions import unexcused
from tests.proof.exchanges import Exchange
from tests.proof.walking import outcomes
from tests.properties.replaying import DIALECTS, every_recording

EXCHANGES = {
    case: exchange
    for case, recording in every_recording(sorted(DIALECTS)).items()
    if (exchange := Exchange(case, case.partition("/")[0], recording)).generates
}


@pytest.mark.parametrize("case", sorted(EXCHANGES))
def test_what_was_said_is_said_in_every_dialect(case: str) -> None:
    """Whatever a client asks and an upstream answers, the other side reads all of it, or is told what is lost."""
    found = list(outcomes(EXCHANGES[case]))
    faults = {(one.name, one.there): left for one in found if (left := unexcused(one)[0])}

    assert len(found) > 0
    assert faults == {}
