"""Fields mean what they say, in every form that programs and people write."""

from __future__ import annotations

import pytest

from cliproxy.credentials.files.fields import duration, moment, names, rewritten, setting, text, truth, whole, written

NOON = 1773403200.0  # 2026-03-13T12:00:00Z


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-13T12:00:00Z", NOON),
        ("2026-03-13t12:00:00z", NOON),
        ("2026-03-13T20:00:00+08:00", NOON),
        (" 2026-03-13T06:30:00.000000000-05:30 ", NOON),
        ("2026-03-13T12:00:00.123456789Z", NOON + 0.123456),
        ("2026-03-13 12:00", NOON),
        ("2026-03-13 12:00:00", NOON),
        (1773403200, NOON),
        (1773403200.5, NOON + 0.5),
        (1773403200000, NOON),
        ("1773403200", NOON),
        ("1773403200000", NOON),
    ],
)
def test_a_time_in_every_form(value: object, expected: float) -> None:
    """A token whose end is misread is used too long, or exchanged at every check."""
    assert moment(value) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", 0, -1, True, [], {}, "soon", "2026", 10**400, 1e300, "9" * 30, "20260313"),
        *("0001-01-01T00:00:00Z", "2026-02-31T00:00:00Z", "2026-03-13", "2026-03-13T25:00:00Z"),
        *("2026-03-13T12:00:00 somewhere", "٢٠٢٦-03-13 12:00"),
    ],
)
def test_what_is_no_time(value: object) -> None:
    """It is as if nothing was there; the year 1 is how the Go program writes that."""
    found = moment(value)

    assert found is None or found < 1e8  # `2026` and `20260313` are seconds, of 1970


def test_lengths_of_time() -> None:
    """Numbers are seconds."""
    assert [duration(value) for value in (90, "90", "90s", "1.5m", "1m30s", "90000ms")] == [90.0] * 6
    assert duration("2h45m") == 9900.0
    assert [duration(value) for value in (None, 0, -5, "", "5d", "h", "1h 5m", True, "9" * 40)] == [None] * 9


def test_yes_and_no() -> None:
    """Panels write texts."""
    assert all(truth(value) is True for value in (True, "true", "TRUE ", "1", 1, 2.5, "yes", "on"))
    assert all(truth(value) is False for value in (False, "false", "0", 0, "no", "off"))
    assert all(truth(value) is None for value in (None, "", "maybe", [1]))


def test_whole_numbers() -> None:
    """What stands behind the point is cut off, as the Go program does."""
    assert all(whole(value) == 3 for value in (3, 3.9, "3", " +3 "))
    assert whole("-3") == -3
    assert all(whole(value) is None for value in (None, True, "", "3.9", "three", "3" * 5000, 10**400, 1e300))


def test_texts_and_lists_of_names() -> None:
    """Blank is nothing; numbers in quotes got lost here and there."""
    assert [text(value) for value in (" a ", 7, None, True, 1.5)] == ["a", "7", "", "", ""]
    assert names(["B", " b", "a", "", 7, None]) == ("b", "a", "7")
    assert names("A, b,,a") == ("a", "b")
    assert (names(None), names({"a": 1})) == ((), ())


def test_a_setting_in_every_spelling() -> None:
    """The file's own spelling goes before others, and before nested ones; null is nothing."""
    for name in ("max_concurrent", "max-concurrent", "maxConcurrent"):
        assert setting({name: 1}, "max_concurrent") == 1
        assert setting({"attributes": {name: 1}}, "max_concurrent") == 1
    assert (
        setting({"max_concurrent": None, "maxConcurrent": 2, "attributes": {"max_concurrent": 3}}, "max_concurrent")
        == 2
    )
    assert setting({"attributes": {"attributes": {"x": 1}}}, "x") is None


def test_times_are_written_as_they_were() -> None:
    """Whole seconds; nothing that is out of the calendar."""
    assert written(NOON + 0.9) == "2026-03-13T12:00:00Z"
    assert (written(-1.0), written(1e18)) == ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    assert [rewritten(NOON, like) for like in (1.0, 1.8e12, "1", "1800000000000", "x", None)] == [
        *(1773403200, 1773403200000, "1773403200", "1773403200000"),
        *("2026-03-13T12:00:00Z", "2026-03-13T12:00:00Z"),
    ]


@pytest.mark.parametrize("like", ["2020-01-01 00:00", "2020-01-01T00:00", "2020-01-01 00:00:00"])
def test_a_time_without_a_zone_is_written_so_again(like: str) -> None:
    """The Go program reads the end of iFlow's keys in this form and no other."""
    again = rewritten(NOON, like)

    assert isinstance(again, str)
    assert (len(again), again[10]) == (len(like), like[10])
    assert moment(again) == NOON


def test_a_clock_in_china() -> None:
    assert moment("2026-03-13 20:00", ahead=8 * 3600) == NOON
    assert moment("2026-03-13 12:00Z", ahead=8 * 3600) == NOON
    assert rewritten(NOON, "2020-01-01 00:00", ahead=8 * 3600) == "2026-03-13 20:00"
    assert rewritten(NOON, "2020-01-01T00:00:00Z", ahead=8 * 3600) == "2026-03-13T12:00:00Z"
