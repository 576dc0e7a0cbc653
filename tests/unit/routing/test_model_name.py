"""Names with a suffix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.conversation.effort import SCALE
from cliproxy.conversation.request import Effort, Level
from cliproxy.routing.model_name import ModelName, Suffix, configured, read

NOTHING = Suffix(None)
OFF = Suffix(Effort(Level.NONE))
AUTO = Suffix(Effort(Level.AUTO))


@pytest.mark.parametrize(
    ("name", "base", "suffix"),
    [
        ("model", "model", None),
        ("", "", None),
        ("model(high)", "model", Suffix(Effort(Level.HIGH))),
        ("model(HIGH)", "model", Suffix(Effort(Level.HIGH))),
        ("model(Minimal)", "model", Suffix(Effort(Level.MINIMAL))),
        ("model(8192)", "model", Suffix(Effort(budget=8192))),
        ("model(0008192)", "model", Suffix(Effort(budget=8192))),
        ("model(none)", "model", OFF),
        ("model(0)", "model", OFF),
        ("model(000)", "model", OFF),
        ("model(auto)", "model", AUTO),
        ("model(-1)", "model", AUTO),
        ("model()", "model", NOTHING),
        ("model(foo)", "model", NOTHING),
        ("model( high)", "model", NOTHING),
        ("model(high )", "model", NOTHING),
        ("model(-2)", "model", NOTHING),
        ("model(+5)", "model", NOTHING),
        ("model(-0)", "model", NOTHING),
        ("model(8_192)", "model", NOTHING),
        ("model(1e3)", "model", NOTHING),
        ("model(1.5)", "model", NOTHING),
        ("model(٣)", "model", NOTHING),
        ("model(８１９２)", "model", NOTHING),
        ("model(²)", "model", NOTHING),
        ("model(ｈｉｇｈ)", "model", NOTHING),
        ("a(b)c", "a(b)c", None),
        ("a(b)(high)", "a(b)", Suffix(Effort(Level.HIGH))),
        ("a(high)(b)", "a(high)", NOTHING),
        ("a((high)", "a(", Suffix(Effort(Level.HIGH))),
        ("a(high))", "a", NOTHING),
        ("a)", "a)", None),
        ("a(high", "a(high", None),
        ("(high)", "", Suffix(Effort(Level.HIGH))),
        ("team/vendor/model:free(low)", "team/vendor/model:free", Suffix(Effort(Level.LOW))),
    ],
)  # fmt: skip
def test_a_name_is_taken_apart(name: str, base: str, suffix: Suffix | None) -> None:
    """The last brackets count, where the name ends with them; what they say that means nothing is cut off too."""
    assert read(name) == ModelName(base, suffix)


@pytest.mark.parametrize("level", SCALE)
def test_every_level_is_a_suffix(level: Level) -> None:
    assert read(f"model({level.value.upper()})").suffix == Suffix(Effort(level))


def test_a_number_is_bounded() -> None:
    """It ends in a request, where no vendor reads more, and costs nothing to refuse."""
    assert read(f"m({'9' * 18})").suffix == Suffix(Effort(budget=10**18 - 1))
    assert read(f"m({'0' * 1000}{'9' * 18})").suffix == Suffix(Effort(budget=10**18 - 1))
    assert read(f"m({'9' * 19})").suffix == NOTHING
    assert read(f"m({'9' * 1_000_000})").suffix == NOTHING


@given(base=st.text(), value=st.text())
def test_any_brackets_at_the_end_are_cut_off(base: str, value: str) -> None:
    """Whatever is in them, what they say is one of the efforts there are, or none."""
    name = read(f"{base}({value})")

    assert name.suffix is not None
    assert f"{base}({value})".startswith(f"{name.base}(")
    effort = name.suffix.effort
    assert effort is None or (effort.level is None) is not (effort.budget is None)


@pytest.mark.parametrize("name", ["gpt-5", "Llama 3 (70B)", "model()", "(high)", "model(chat)"])
def test_brackets_of_an_upstream_s_own_stay(name: str) -> None:
    """The operator wrote what the upstream calls the model."""
    assert configured(name) == ModelName(name)


def test_an_operator_may_fix_the_effort() -> None:
    """With the same suffixes as clients."""
    assert configured("gpt-5(high)") == ModelName("gpt-5", Suffix(Effort(Level.HIGH)))
    assert configured("Llama 3 (70B)(0)") == ModelName("Llama 3 (70B)", OFF)
