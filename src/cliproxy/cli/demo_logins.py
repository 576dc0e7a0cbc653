"""
`demo --logins`: an account at every vendor, in every way to log in, and what becomes of its token.

The vendors are simulated, under their real addresses. What is shown is what was seen: by the clients, or by the
vendors, who know how often they were asked for a token.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from cliproxy import providers as provider_package
from cliproxy.cli.demo_internet import JUST_NOW, QUESTIONS, Answer, Stage, before_the_internet
from cliproxy.cli.demo_person import WHAT_HE_DID
from cliproxy.discovery import declared
from cliproxy.errors import LoginError
from cliproxy.login.flow import LoginKind
from cliproxy.providers.base import Provider
from cliproxy.simulator import Script
from cliproxy.simulator.people import ANN, Person
from cliproxy.stores.base import AUTHS

BEN = Person("ben@example.com", account_id="acc-2", organization="org-2")  # takes the second way, where there is one
ROBOT = "gateway@project-1.iam.gserviceaccount.com"
AT_ONCE = 5  # requests that find a token at its end
REVOKED = "claude"
REMEDY = b"log in again"
WIDE = 110  # columns, from which names of files fit into the table

_PLACES = {  # who gives out a provider's tokens, and a model to ask
    "antigravity": ("google", "gemini-3-pro-high"),
    "claude": ("claude", "claude-sonnet-4-6"),
    "codex": ("openai", "gpt-5-codex"),
    "gemini-cli": ("google", "gemini-2.5-pro"),
    "iflow": ("iflow", "glm-4.6"),
    "kimi": ("kimi", "kimi-k2.5"),
    "qwen": ("qwen", "qwen3-coder-plus"),
    "vertex": ("google", "gemini-2.5-pro"),
}


@dataclass
class Account:
    """One account, and what was seen of it."""

    provider: str
    kind: LoginKind
    person: str  # who logs in, by his e-mail address
    file: str = ""
    login_seconds: float = 0.0
    answered: dict[str, float] = field(default_factory=dict)  # seconds, by dialect; nothing for one that was not
    exchanges: int = 0  # of its token, when it had run out
    served: int = 0  # requests at that moment

    @property
    def email(self) -> str:
        """Whose account it is, as the vendor knows it."""
        return ROBOT if self.kind is LoginKind.KEY_FILE else self.person

    @property
    def prefix(self) -> str:
        """What its models are told apart by."""
        return f"{self.provider}-{self.kind.value}"

    @property
    def model(self) -> str:
        """What clients call it."""
        return f"{self.prefix}/{_PLACES[self.provider][1]}"

    @property
    def was_renewed_once(self) -> bool:
        """Whether one new token served all who found the old one at its end."""
        return (self.exchanges, self.served) == (1, AT_ONCE)

    @property
    def is_fine(self) -> bool:
        """Whether all of it went as it should."""
        return self.was_renewed_once and self.answered.keys() == QUESTIONS.keys()


async def show(console: Console, *, script: Script | None = None) -> int:
    """Run it all; return the exit code: 0, if everything went as it should. `script`: what goes wrong at vendors."""
    console.print("[bold]All vendors here are simulated[/], on this machine; no account, key or network is used.")
    console.print("The gateway asks for their real addresses; a proxy leads it to the simulator instead.")
    begun = time.monotonic()
    accounts = _accounts()
    async with before_the_internet((ANN, BEN), script) as stage:
        await _log_in(console, stage, accounts)
        there = [account for account in accounts if account.file]
        await _ask(console, stage, there)
        await _run_out(console, stage, there)
        was_told = await _revoke(console, stage, there)
        hosts = sorted({asked.partition(":")[0] for asked in stage.net.http.asked})
    _sum_up(console, accounts)
    console.print(f"{len(hosts)} hosts were asked for: {', '.join(hosts)}", style="dim", highlight=False)
    fine = sum(account.is_fine for account in accounts)
    took = time.monotonic() - begun
    console.print(f"{_mark(fine == len(accounts))} {fine} of {len(accounts)} went as they should, in {took:.1f} s")
    return int(fine != len(accounts) or not was_told)


def _accounts() -> list[Account]:
    """Return one account for each way to log in that providers have."""
    shipped = declared(provider_package, "PROVIDER", Provider)
    return [
        Account(name, flow.kind, person.email)
        for name, provider in sorted(shipped.items())
        for person, flow in zip((ANN, BEN), provider.logins, strict=False)
    ]


async def _log_in(console: Console, stage: Stage, accounts: list[Account]) -> None:
    console.rule(f"{len(accounts)} logins", align="left")
    for account in accounts:
        begun = time.monotonic()
        with console.status(f"logging in to {account.provider} by {account.kind.value}"):
            try:
                saved = await stage.person.log_in(account.provider, account.kind, account.email)
                account.login_seconds = time.monotonic() - begun
                await stage.call(saved, account.prefix)
            except LoginError as error:
                console.print(f"{_mark(False)} {escape(str(error))}")
                continue
        account.file = saved.key.removeprefix(AUTHS)
        did = f"{account.person.partition('@')[0]} {WHAT_HE_DID[account.kind]}"
        console.print(f"{_mark(True)} {account.provider}: {did}; it is in {escape(account.file)}", highlight=False)


async def _ask(console: Console, stage: Stage, accounts: list[Account]) -> None:
    console.rule(f"{len(accounts)} accounts, {len(QUESTIONS)} kinds of client", align="left")
    with console.status("asking each account once in every dialect; most answers are translated"):
        for account in accounts:
            for dialect in QUESTIONS:
                begun = time.monotonic()
                if (await stage.ask(dialect, account.model)).is_whole:
                    account.answered[dialect] = time.monotonic() - begun
    came, asked = sum(len(account.answered) for account in accounts), len(accounts) * len(QUESTIONS)
    console.print(f"{_mark(came == asked)} {came} of {asked} questions were answered")


async def _run_out(console: Console, stage: Stage, accounts: list[Account]) -> None:
    console.rule("all tokens run out", align="left")
    stage.clock.ahead += JUST_NOW
    for account in accounts:
        stage.net.internet.expire(_PLACES[account.provider][0], account.email)
    with console.status(f"asking {AT_ONCE} times at once with each account"):
        for account in accounts:
            before = stage.exchanged()
            answers = await asyncio.gather(*(stage.ask("chat", account.model) for _ in range(AT_ONCE)))
            account.exchanges = stage.exchanged() - before
            account.served = sum(answer.is_whole for answer in answers)
    served, asked = sum(account.served for account in accounts), len(accounts) * AT_ONCE
    bought = sum(account.exchanges for account in accounts)
    console.print(f"{_mark(served == asked)} {served} of {asked} were answered, {AT_ONCE} at once with each account")
    console.print(f"{_mark(bought == len(accounts))} {bought} new tokens were asked for, with {len(accounts)} accounts")


async def _revoke(console: Console, stage: Stage, accounts: list[Account]) -> bool:
    """Have one account taken back, show what its clients are told, and tell whether that and the others are fine."""
    console.rule(f"{REVOKED} takes an account back", align="left")
    stage.clock.ahead += JUST_NOW
    told: list[Answer] = []
    others: list[Answer] = []
    for account in accounts:
        if account.provider == REVOKED:
            stage.net.internet.revoke(_PLACES[REVOKED][0], account.email)
        answer = await stage.ask("chat", account.model)
        (told if account.provider == REVOKED else others).append(answer)
    for answer in told:
        console.print(f"{_mark(REMEDY in answer.body)} its client is told, with status {answer.status}:")
        console.print(f"  {answer.body.decode()}", style="dim", markup=False, highlight=False, soft_wrap=True)
    well = sum(answer.is_whole for answer in others)
    console.print(f"{_mark(well == len(others))} {well} of {len(others)} other accounts go on")
    return bool(told) and all(REMEDY in answer.body for answer in told) and well == len(others)


def _sum_up(console: Console, accounts: list[Account]) -> None:
    is_wide = console.width >= WIDE  # else the files are left out: each was named when it was written
    names = (Column("provider", no_wrap=True), "login", *(("file",) if is_wide else ()))
    seen = (*QUESTIONS, "refreshed\nonce", "login\ns", "answer\nms")
    table = Table(*names, *seen, box=None, padding=(0, 1, 0, 0))
    for account in accounts:
        marks = [_mark(dialect in account.answered) for dialect in QUESTIONS]
        took = 1000 * sum(account.answered.values()) / max(1, len(account.answered))
        table.add_row(
            account.provider,
            account.kind.value,
            *((escape(account.file),) if is_wide else ()),
            *marks,
            _mark(account.was_renewed_once),
            f"{account.login_seconds:.2f}",
            f"{took:.0f}",
        )
    console.print(table)


def _mark(is_so: bool) -> str:
    return "[green]✓[/]" if is_so else "[red]✗[/]"
