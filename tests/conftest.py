"""Settings that all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The laws are searched anew in every run by hand; CI walks the same examples each time, so that its verdict is about
# the change and not about the dice.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def _home_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test, and no process that one starts, sees the accounts of whoever runs it, or leaves anything with them."""
    with pytest.MonkeyPatch.context() as environment:
        home = str(tmp_path_factory.mktemp("home"))
        environment.setenv("HOME", home)
        environment.setenv("USERPROFILE", home)
        for name in [*os.environ]:
            if name.endswith(("_API_KEY", "_BASE_URL")) or name.startswith("OAUTH_CLIENTS_"):
                environment.delenv(name)
        yield
