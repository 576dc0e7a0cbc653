"""What upstreams say of quotas, in every form met: every case holds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.proof.quota import Case, ours, unmet

CASES = {case.id: case for case in ours()}


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
def test_a_case_holds(case: Case) -> None:
    """A sign that is misread costs an account an hour, or a client its answer."""
    assert unmet(case) == []


@pytest.mark.parametrize("field", ["kind", "rest_scope", "rest_until", "windows"])
def test_every_case_can_fail(field: str) -> None:
    """Else it would prove nothing."""
    wrong = {"kind": "x", "rest_scope": "x", "rest_until": 5.0, "windows": [{"name": "x"}]}[field]

    assert all(unmet(replace(case, expect={**case.expect, field: wrong})) for case in CASES.values())


def test_no_case_was_lost() -> None:
    """Two of one name would be one."""
    assert len(CASES) == 67
