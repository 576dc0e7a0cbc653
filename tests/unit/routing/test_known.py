"""The catalogue that came with this version."""

from __future__ import annotations

from importlib import resources

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.conversation.model import Thinking
from cliproxy.routing.known import KnownModels, ModelListError

SHIPPED = KnownModels.shipped()


@pytest.mark.parametrize("section", ["claude", "gemini", "codex-pro"])
def test_every_family_that_is_served_has_models(section: str) -> None:
    """A credential that names none of its own offers these."""
    models = SHIPPED.section(section)

    assert models
    assert all(model.known and model.id and model.created for model in models)
    assert len({model.id for model in models}) == len(models)


def test_a_family_that_is_not_known_has_no_models() -> None:
    """An upstream's own models have to be named in the configuration."""
    assert SHIPPED.section("somebody-s") == ()
    assert SHIPPED.get("nothing-like-it") is None


def test_a_model_is_found_in_any_family() -> None:
    """A model of the operator's has the abilities of its namesake."""
    for section in ("claude", "gemini", "codex-pro"):
        for model in SHIPPED.section(section):
            found = SHIPPED.get(model.id)
            assert found is not None
            assert found.id == model.id


def test_limits_have_two_spellings() -> None:
    """As vendors spell them; what is not there is not known."""
    data = {
        "claude": [
            {"id": "a", "context_length": 200, "max_completion_tokens": 20, "thinking": {"min": 1, "max": 9}},
            {"id": "b", "inputTokenLimit": 100, "outputTokenLimit": 10, "thinking": {"levels": ["low"]}},
            {"id": "c", "unknown": True},
        ]
    }
    a, b, c = KnownModels(msgspec.json.encode(data)).section("claude")

    assert (a.input_limit, a.output_limit, a.thinking) == (200, 20, Thinking(min=1, max=9))
    assert (b.input_limit, b.output_limit, b.thinking) == (100, 10, Thinking(levels=("low",)))
    assert (c.input_limit, c.output_limit, c.thinking) == (0, 0, None)


def test_the_first_family_in_the_order_wins() -> None:
    """Some sell another's model with other limits; the vendor's own word comes first."""
    data = {"vertex": [{"id": "m", "owned_by": "second"}], "gemini": [{"id": "m", "owned_by": "first"}]}
    known = KnownModels(msgspec.json.encode(data)).get("m")

    assert known is not None
    assert known.owned_by == "first"


@pytest.mark.parametrize(
    ("plan", "section"), [("free", "codex-free"), ("PLUS", "codex-plus"), ("", "codex-pro"), ("gold", "codex-pro")]
)
def test_a_plan_has_models_of_its_own(plan: str, section: str) -> None:
    """Where there is no list for it, those of the best."""
    assert SHIPPED.of_plan("codex", plan, "codex-pro") == SHIPPED.section(section)


def test_the_shipped_list_is_whole() -> None:
    """It keeps the rules that a renewed one has to keep; what those are: `test_model_list`."""
    data = resources.files("cliproxy.routing").joinpath("models.json").read_bytes()

    assert KnownModels.renewed(data).size == SHIPPED.size > 100


@given(data=st.binary(max_size=40) | st.recursive(st.none() | st.text(max_size=3) | st.integers(),
       lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["claude", "id", "created"]), inner),
       max_leaves=8).map(msgspec.json.encode))  # fmt: skip
def test_whatever_claims_to_be_a_list_is_read_or_refused(data: bytes) -> None:
    with pytest.raises(ModelListError):
        KnownModels.renewed(data)
