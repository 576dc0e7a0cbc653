"""Whatever speaks Chat Completions."""

from __future__ import annotations

import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.providers.openai_compatible import provider
from tests.unit.providers.calling import CREDENTIAL, credential, headers_of, prepared


@pytest.mark.parametrize(
    ("written", "name"), [("OpenRouter", "openrouter"), (" Mine ", "mine"), ("", "openai-compatibility")]
)
def test_an_entry_is_a_provider_of_its_name(written: str, name: str) -> None:
    """It stands in logs and listings."""
    assert provider(written).name == name


def test_it_is_asked_right_under_its_address() -> None:
    """Whatever version that has."""
    own = credential(base_url="https://p.example/api/paas/v4/")

    assert prepared(provider("x"), credential=own).url == "https://p.example/api/paas/v4/chat/completions"


def test_a_server_without_keys_is_asked_without_one() -> None:
    """A model on the operator's own machine, mostly."""
    keyless = type(CREDENTIAL)(id="x", provider="x", secret=Secret(""), base_url="http://127.0.0.1:11434/v1")

    assert "authorization" not in headers_of(prepared(provider("x"), credential=keyless))
