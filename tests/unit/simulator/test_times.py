"""Times in the spellings of vendors."""

import pytest

from cliproxy.simulator.times import go_duration, protobuf_duration, rfc3339


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.172, "172ms"), (17.81, "17.81s"), (127.93, "2m7.93s"), (3657.015, "1h0m57.015s"), (360, "6m0s")],
)
def test_durations_are_spelt_as_in_recorded_headers(seconds: float, text: str) -> None:
    """Each of them was seen at OpenAI or Groq."""
    assert go_duration(seconds) == text


def test_a_protobuf_duration_has_no_needless_zeros() -> None:
    """Whole seconds have no point, and nine digits are the most."""
    assert [protobuf_duration(seconds) for seconds in (48, 0.479417207)] == ["48s", "0.479417207s"]


def test_a_date_is_in_universal_time() -> None:
    """Whatever the time zone of the machine."""
    assert rfc3339(1_766_089_114.7) == "2025-12-18T20:18:34Z"
