"""The demo's gateway before the simulated internet."""

from __future__ import annotations

from pathlib import Path

from cliproxy.cli.demo_internet import QUESTIONS, before_the_internet
from cliproxy.login.flow import LoginKind
from cliproxy.simulator.people import ANN


async def test_an_account_is_asked_by_its_prefix() -> None:
    """In every dialect; a model that nobody has is not answered."""
    async with before_the_internet((ANN,)) as stage:
        saved = await stage.person.log_in("claude", LoginKind.BROWSER, ANN.email)
        await stage.call(saved, "hers")
        answers = {dialect: await stage.ask(dialect, "hers/claude-sonnet-4-6") for dialect in QUESTIONS}
        unknown = await stage.ask("chat", "his/claude-sonnet-4-6")

    assert all(answer.is_whole for answer in answers.values()), answers
    assert (unknown.is_whole, unknown.status) == (False, 404)


async def test_exchanges_are_counted_by_the_vendors() -> None:
    """Questions to models are none."""
    async with before_the_internet((ANN,)) as stage:
        await stage.call(await stage.person.log_in("claude", LoginKind.BROWSER, ANN.email), "hers")
        before = stage.exchanged()
        await stage.ask("chat", "hers/claude-sonnet-4-6")
        assert stage.exchanged() == before
        stage.net.internet.expire("claude", ANN.email)
        assert (await stage.ask("chat", "hers/claude-sonnet-4-6")).is_whole
        assert stage.exchanged() == before + 1


async def test_nothing_is_left_behind() -> None:
    """No certificate, no account."""
    async with before_the_internet((ANN,)) as stage:
        folder = stage.net.ca_file.parent
        assert Path(folder).is_dir()

    assert not Path(folder).exists()
