"""docs/reference/providers.md is current, and says something of every provider."""

from __future__ import annotations

from pathlib import Path

from cliproxy import providers as provider_package
from cliproxy.discovery import declared
from cliproxy.providers.base import Provider
from tests.logins.kinds import KINDS
from tests.logins.matrix import ABILITIES, UPSTREAMS
from tests.logins.table import PATH, table

ROOT = Path(__file__).resolve().parents[2]
PROVIDERS = declared(provider_package, "PROVIDER", Provider)


def test_the_committed_page_is_the_generated_one() -> None:
    assert (ROOT / PATH).read_text() == table(), "run scripts/generate"


def test_every_provider_has_its_rows() -> None:
    """A new provider comes with what shows its abilities."""
    assert {upstream.provider for upstream in UPSTREAMS} == {*PROVIDERS, "openai-compatibility"}
    assert all(set(upstream.lacks) <= set(ABILITIES) for upstream in UPSTREAMS)


def test_every_way_to_log_in_is_gone_to_its_end() -> None:
    declared_ways = {(name, flow.kind.value) for name, provider in PROVIDERS.items() for flow in provider.logins}
    assert {(kind.provider, kind.way) for kind in KINDS} == declared_ways
