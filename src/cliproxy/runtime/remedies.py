"""What an upstream's refusal of an account means for its operator: what is wrong, and what he can do, in words."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

from msgspec import Struct, structs

from cliproxy.credentials.credential import Credential
from cliproxy.errors import Failure, FailureKind

WORTH_SAYING = 120.0  # seconds between two clocks
LATEST = 253402300799.0  # unix time of the last second of the year 9999; what is later has no date

_COMMANDS = {"gemini-cli": "gemini"}  # a provider, as a person calls it
_WITH_PROJECTS = ("gemini-cli", "antigravity")
_BY_CLOCK = (FailureKind.UNAUTHORIZED, FailureKind.FORBIDDEN, FailureKind.BAD_REQUEST)
_NO_PROJECT = (FailureKind.FORBIDDEN, FailureKind.BAD_REQUEST, FailureKind.NO_SUCH_MODEL, FailureKind.NOT_ENTITLED)
_LATER = "nothing is wrong here; try again in a few minutes"


class Trouble(Struct, frozen=True):
    """What is wrong, and what helps."""

    problem: str
    remedy: str
    until: float | None = None  # unix time at which it is over by itself


def trouble_of(
    failure: Failure, credential: Credential, *, now: float, offset: float = 0.0, options: str = ""
) -> Trouble:
    """
    Return what a failure of a test means.

    Args:
        failure: Of an upstream, or of a refresh.
        credential: Whose.
        now: Unix time.
        offset: Seconds that the upstream's clock is ahead of ours.
        options: Of our commands, so that they can be pasted, ` --config here.yaml` for one.
    """
    if failure.kind in _BY_CLOCK and abs(offset) > WORTH_SAYING:
        side = "behind" if offset > 0 else "ahead"
        problem = f"this machine's clock is {abs(offset) / 60:.0f} minutes {side}, and the vendor refuses: "
        return Trouble(problem + failure.message, "set the clock, then test again")
    if credential.provider in _WITH_PROJECTS and not credential.project and failure.kind in _NO_PROJECT:
        login = login_command(credential, options)
        return Trouble(f"its file names no project: {failure.message}", f"{login} --project YOUR-PROJECT")
    if failure.kind is FailureKind.FORBIDDEN and credential.project and "project" in failure.message.lower():
        other = login_command(structs.replace(credential, project="ANOTHER"), options)
        return Trouble(f"its project {credential.project} cannot be used: {failure.message}", other)
    until = failure.rests_until or (now + failure.retry_after if failure.retry_after else None)
    problem, remedy = _words(failure, credential, until, options)
    return Trouble(f"{problem}: {failure.message}" if failure.message else problem, remedy, until)


def login_command(credential: Credential, options: str = "") -> str:
    """Return the command by which somebody logs in to an account again."""
    name = _COMMANDS.get(credential.provider, credential.provider)
    more = " --file KEY.json" if credential.provider == "vertex" else ""
    if credential.details.get("cookie") and not credential.refresh_token:
        more = " --cookie"
    if credential.provider == "gemini-cli" and credential.project:
        more = f" --project {shlex.quote(credential.project)}"
    return f"cli-proxy-api login {name}{more}{options}"


def _words(failure: Failure, credential: Credential, until: float | None, options: str) -> tuple[str, str]:
    is_account = bool(credential.document)
    login = login_command(credential, options)
    when = f"until {written_time(until)}" if until is not None else "for a while; the vendor does not say how long"
    match failure.kind:
        case FailureKind.UNAUTHORIZED if is_account:
            return "the vendor does not take its login any more", login
        case FailureKind.UNAUTHORIZED:
            return "the key is wrong, or was revoked", f"put a key that is valid into {credential.label}"
        case FailureKind.FORBIDDEN:
            other = f"log in with another: {login}" if is_account else f"put another key into {credential.label}"
            return "the vendor forbids it", f"look at the account on the vendor's pages, or {other}"
        case FailureKind.QUOTA_SPENT:
            return f"its quota is spent, {when}", "wait, or use another account"
        case FailureKind.RATE_LIMITED:
            return f"it is asked too often, {when}", "wait, or use another account"
        case FailureKind.BILLING:
            return "it has to be paid for", "pay on the vendor's pages, or use another account"
        case FailureKind.NOT_ENTITLED | FailureKind.NO_SUCH_MODEL:
            return "its plan does not have this model", "name another one with --model"
        case FailureKind.UNREACHABLE:
            return _no_way(failure, credential)
        case FailureKind.OVERLOADED | FailureKind.SERVER_ERROR:
            return "the vendor's servers are in trouble", _LATER
        case FailureKind.NO_CONTENT | FailureKind.WRONG_ANSWER:
            return "what answers is not the vendor, or in trouble", "look at base-url and at proxy-url"
        case _:
            return "the vendor refuses the question", "name another model with --model"


def _no_way(failure: Failure, credential: Credential) -> tuple[str, str]:
    if "proxy" in failure.message:
        whose = f"of {credential.document or credential.label}" if credential.proxy else "in the configuration"
        return "its proxy does not let it through", f"look at proxy-url {whose}, or whether the proxy runs"
    return "the vendor cannot be reached", "look at the network, and whether a proxy-url is needed here"


def written_time(time: float) -> str:
    """Return a point in time for a person."""
    return datetime.fromtimestamp(min(max(time, 0.0), LATEST), UTC).strftime("%Y-%m-%d %H:%M UTC")
