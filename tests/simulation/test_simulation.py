"""A few runs of the simulation; `python -m tests.simulation` makes many."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.story import simulate

ROOT = Path(__file__).parents[2]
SMALL = 150  # requests


@pytest.mark.parametrize("seed", [1, 3, 4, 5, 6])
def test_a_small_run_holds(seed: int) -> None:
    """What must hold at any time held."""
    outcome = simulate(seed, SMALL)

    assert outcome.failure == "", "\n".join(outcome.latest)
    assert outcome.requests >= SMALL
    assert outcome.outcomes["answered"] > SMALL / 4


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """A failure can be looked at again, whatever order a set of texts happens to have."""
    command = [sys.executable, "-c", f"from {simulate.__module__} import *; print(simulate(4, {SMALL}).digest)"]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    told = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout

    assert told.strip() == simulate(4, SMALL).digest
    assert told.strip() != simulate(3, SMALL).digest
