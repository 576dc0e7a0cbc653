"""Whoever logs in for the demo does what each login asks, and leaves no port open."""

from __future__ import annotations

import re

import pytest

from cliproxy.cli.demo_internet import before_the_internet
from cliproxy.errors import LoginError
from cliproxy.login.flow import LoginKind
from cliproxy.simulator import CutAt, Match, Refuse, Script
from cliproxy.simulator.authorization.server import Consent
from cliproxy.simulator.people import ANN


@pytest.mark.parametrize(
    ("provider", "kind"),
    [("claude", LoginKind.BROWSER), ("codex", LoginKind.DEVICE), ("iflow", LoginKind.COOKIE)],
)
async def test_it_is_his_account(provider: str, kind: LoginKind) -> None:
    """Whatever he has to do for it."""
    async with before_the_internet((ANN,)) as stage:
        saved = await stage.person.log_in(provider, kind, ANN.email)

    assert saved.account == ANN.email
    assert saved.first.provider == provider


async def test_a_no_is_told() -> None:
    """The login does not wait for him any longer."""
    async with before_the_internet((ANN,)) as stage:
        stage.net.internet.visitor.consent = Consent.DENIED
        with pytest.raises(LoginError, match="claude"):
            await stage.person.log_in("claude", LoginKind.BROWSER, ANN.email)


@pytest.mark.parametrize(
    ("fault", "told"), [(Refuse(500), "the browser ended at claude.ai"), (CutAt(None), "the browser got no page")]
)
async def test_a_vendor_without_a_page(fault: Refuse | CutAt, told: str) -> None:
    """He does not come back, and the login does not wait for him."""
    script = Script()
    script.add(fault, Match(host="claude.ai"), times=None)
    async with before_the_internet((ANN,), script) as stage:
        with pytest.raises(LoginError, match=re.escape(told)):
            await stage.person.log_in("claude", LoginKind.BROWSER, ANN.email)
