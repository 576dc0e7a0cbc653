"""How accounts are written; `test_accounts.py` has whole tables."""

from __future__ import annotations

import io

import pytest
from msgspec import structs
from rich.console import Console

from cliproxy.cli.account_table import facts_of, page_of, show_all, show_one, show_verdict
from cliproxy.credentials.credential import Credential, Quota, Secret, SecretHeaders
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.runtime.standing import Rest, Standing, State
from cliproxy.runtime.trial import Verdict

NOW = 1_800_000_000.0
CREDENTIAL = Credential(
    "a.json",
    "claude",
    Secret("hush"),
    label="ann@x.example",
    handle="0123",
    document="auths/a.json",
    plan="max",
    quota=Quota(100),
    proxy=Secret("http://u:hush@p.example"),
    headers=SecretHeaders({"X-Key": "hush"}),
    refresh_token=Secret("hush"),
    details={"note": "mine", "cookie": "hush"},
)
STANDING = Standing(
    State.READY,
    "a.json",
    CREDENTIAL,
    rests=(Rest("claude-opus-4-5", NOW, "quota_spent: enough"),),
    windows=(QuotaWindow("5h", used_fraction=0.25, resets_at=NOW, observed_at=NOW, status="allowed"),),
    used=7,
    told={"organization": "Acme"},
)


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=200)


def shown(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_all_but_secrets_is_on_the_page(screen: Console) -> None:
    show_one(screen, STANDING)
    page = shown(screen)
    for words in (
        "ready but for claude-opus-4-5",
        "claude-opus-4-5 until 2027-01-15 08:00 UTC: quota_spent: enough",
        "5h: 25% used allowed, resets 2027-01-15 08:00 UTC",
        *("Acme", "7 of 100 tokens used", "X-Key", "of its own", "mine", "0123"),
    ):
        assert words in page
    assert "hush" not in page


@pytest.mark.parametrize(("end", "told"), [(1e9, "token ended 2001-"), (4e9, "token ends 2096-")])
def test_a_token_that_has_ended_is_said_to(screen: Console, end: float, told: str) -> None:
    """The account is ready all the same: the token is exchanged before it is used."""
    ready = Standing(State.READY, "a.json", structs.replace(CREDENTIAL, expires_at=end))
    show_all(screen, [ready])
    assert f"ready, {told}" in shown(screen)


def test_the_same_as_json() -> None:
    facts = facts_of(STANDING)
    assert facts["plan"] == "max"
    assert facts["organization"] == "Acme"
    assert facts["rests"] == [
        {"what": "claude-opus-4-5", "until": "2027-01-15T08:00:00Z", "why": "quota_spent: enough"}
    ]
    assert page_of(STANDING).keys() - facts.keys() == {"told", "settings"}
    assert "hush" not in str(page_of(STANDING))
    assert facts_of(Standing(State.UNREADABLE, "b.json", why="half"))["why"] == "half"


@pytest.mark.parametrize("state", State)
def test_every_state_has_words_and_a_style(screen: Console, state: State) -> None:
    show_all(screen, [Standing(state, "a.json", CREDENTIAL, why="because", until=NOW)])
    assert state.value in shown(screen)
    assert "\x1b[" in shown(screen)


def test_a_verdict(screen: Console) -> None:
    show_verdict(screen, Verdict(True, "ann", "claude", "haiku", 1.25))
    show_verdict(screen, Verdict(False, "ben", "qwen", "", 0.5, "it is broken", "mend it"))
    works, fails, problem, remedy = shown(screen).splitlines()
    assert "works" in works
    assert "haiku (1.2 s)" in works
    assert "FAILS" in fails
    assert problem.strip() == "it is broken"
    assert remedy.strip() == "what helps: mend it"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_in_a_file_moves_the_cursor(capsys: pytest.CaptureFixture[str], *, is_terminal: bool) -> None:
    """Credential files come from anywhere, and a password may stand in an address."""
    screen = Console(file=io.StringIO(), force_terminal=is_terminal, color_system=None, width=200)
    evil = "ann\x1b[2J\r\n\x07@x.example"
    credential = structs.replace(
        CREDENTIAL, label=evil, plan=evil, project=evil, base_url="https://u:hush@x.example/v1", details={"note": evil}
    )
    one = Standing(
        State.RESTING, evil, credential, why=evil, told={"organization": evil}, rests=(Rest(evil, NOW, evil),)
    )
    show_all(screen, [one])
    show_one(screen, one)
    show_verdict(
        screen, Verdict(ok=False, account=evil, provider="claude", model=evil, took=1.0, problem=evil, remedy=evil)
    )
    written = shown(screen) + capsys.readouterr().out

    assert "ann\ufffd[2J" in written
    assert not {"\x1b", "\r", "\x07"} & set(written)
    assert "hush" not in written
