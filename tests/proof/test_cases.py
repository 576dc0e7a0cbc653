"""What a gateway that does the same job learned in its own tests: every case holds, or we mean to differ."""

from __future__ import annotations

import pytest

from tests.proof.cases.deviations import DEVIATIONS
from tests.proof.cases.running import Case, cases, failures

CASES = {case.id: case for case in cases()}


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
def test_a_case_holds(case: Case) -> None:
    """A deviation whose case holds after all is one no more."""
    unmet = failures(case)

    if case.id in DEVIATIONS:
        assert unmet != []
    else:
        assert unmet == []


def test_every_deviation_is_of_a_case() -> None:
    """A case that was renamed would take its excuse along."""
    assert [case for case in DEVIATIONS if case not in CASES] == []
