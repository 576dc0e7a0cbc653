"""What once broke something holds, also where nothing can be fuzzed."""

from __future__ import annotations

import pytest

from tests.fuzz.seeds import CORPUS, known
from tests.fuzz.targets import TARGETS


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", TARGETS)
def test_what_once_broke_a_target_breaks_it_no_more(name: str) -> None:
    for data in (b"", b"\x00", *known(name).values()):
        TARGETS[name](data)


def test_every_known_input_belongs_to_a_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} <= set(TARGETS)
