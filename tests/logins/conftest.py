"""One machine for all tests of logins beside Wanda's account."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.logins.stage import Stage
from tests.logins.wanda import beside_wanda


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Serve her, while Ann sits at the browser."""
    async with beside_wanda(tmp_path_factory.mktemp("wanda")) as stage:
        yield stage
