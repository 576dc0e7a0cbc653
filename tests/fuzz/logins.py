"""What people paste and vendors answer while somebody logs in or his token is renewed, and files that vendors give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cliproxy import providers as provider_package
from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.claims import claims, openai_claims
from cliproxy.credentials.files.document import DocumentError, Tokens, read_credentials
from cliproxy.discovery import declared
from cliproxy.errors import LoginError
from cliproxy.login.answers import NAMES, answer_in
from cliproxy.login.flow import Client, LoginFlow, LoginKind, LoginStart, NewAccount, Refresh, RefreshFailed
from cliproxy.login.private_key import WrongKey
from cliproxy.login.signing import private_key
from cliproxy.login.token_server import object_in
from cliproxy.providers.base import Provider
from cliproxy.stores.base import AUTHS
from cliproxy.wire.http import Ask, HttpRequest, HttpResponse, Steps, Wait
from tests.fuzz.laws import must

SECRET = "canary-9f3a"  # stands for all that must not be repeated
NOW = 1.8e9

_STATUSES = (200, 200, 200, 400, 201, 302, 401, 403, 404, 429, 500)
_BETWEEN = b"\n\n"  # answers of a vendor
_MOST_STEPS = 60
_LONGEST_MESSAGE = 1500  # characters
_LONGEST_NAME = 255  # bytes

_PROVIDERS = declared(provider_package, "PROVIDER", Provider)
_FLOWS: list[LoginFlow] = [flow for _, one in sorted(_PROVIDERS.items()) for flow in one.logins]
_REFRESHES: list[tuple[str, Refresh]] = [
    (name, one.refresh) for name, one in sorted(_PROVIDERS.items()) if one.refresh is not None
]
_OURS = Client("client", Secret(SECRET))
_OPTIONS = {"alias": "ann", "location": "us-central1"}


def pasted(data: bytes) -> None:
    """Whatever is pasted is an answer or an error that does not repeat it."""
    text = data.decode(errors="replace")
    try:
        answer = answer_in(text)
    except LoginError as error:
        _must_be_told_well(error)
        return
    must(set(answer) <= NAMES and ("code" in answer or "error" in answer), "the answer has something else")


def login(data: bytes) -> None:
    """A vendor that answers anything at all gives an account that can be kept, or an error without secrets."""
    choice, told, answers = _opened(data)
    flow = _FLOWS[choice % len(_FLOWS)]
    start = LoginStart(now=NOW, entropy=bytes(range(128)), client=_OURS, options=_OPTIONS)
    try:
        session = _ended(flow.begin(start), answers, told)
        brought = {"state": session.state, "code": SECRET, "answer": _brought(flow.kind, answers)}
        account = _ended(flow.finish(session, brought, now=NOW), answers, told)
    except LoginError as error:
        _must_be_told_well(error)
        return
    _must_be_safe(account)


def refresh(data: bytes) -> None:
    """A token server that answers anything at all gives tokens, or a reason without secrets."""
    choice, told, answers = _opened(data)
    name, how = _REFRESHES[choice % len(_REFRESHES)]
    details = {"service_account": object_in(answers[-1]), "cookie": f"BXAuth={SECRET};"}
    credential = Credential("a.json", name, Secret("old"), refresh_token=Secret(SECRET), details=details)
    try:
        tokens = _ended(how.steps(credential, now=NOW, client=_OURS), answers, told)
    except RefreshFailed as failure:
        _must_be_told_well(failure)
        return
    must(isinstance(tokens, Tokens), "something else came")
    must(tokens.expires_at is None or tokens.expires_at > NOW, "a token has run out before it came")
    msgspec.json.encode(dict(tokens.more))


def key(data: bytes) -> None:
    """Any text is a key that signs, or an error that shows nothing of it."""
    text = data.decode(errors="replace")
    try:
        private_key(text)
    except WrongKey as wrong:
        must(len(str(wrong)) < _LONGEST_MESSAGE and str(wrong).isprintable(), "an error shows the key")


def id_token(data: bytes) -> None:
    """Any text has claims, or none."""
    token = data.decode(errors="replace")
    must(isinstance(claims(token), dict) and isinstance(openai_claims(token), dict), "claims are something else")


def _opened(data: bytes) -> tuple[int, int, list[bytes]]:
    """Return which of them it is, with which statuses is answered, and the answers."""
    choice, told = (*data[:2], 0, 0)[:2]
    return choice, told, data[2:].split(_BETWEEN)


def _brought(kind: LoginKind, answers: list[bytes]) -> str:
    """Return what a person brings: a cookie, or a file that anybody may have made."""
    return f"BXAuth={SECRET}; a=b" if kind is LoginKind.COOKIE else answers[-1].decode(errors="replace")


def _ended(steps: Steps[Any], answers: list[bytes], told: int) -> Any:
    """Drive steps by a vendor's answers, one after the other and then again from the first; `told` gives statuses."""
    answer: HttpResponse | str | None = None
    asked = 0
    try:
        for _ in range(_MOST_STEPS):
            step = steps.send(answer)
            if isinstance(step, HttpRequest):
                must(SECRET not in repr(step), "a request shows its secrets")
                must(all("\n" not in value and "\r" not in value for _, value in step.headers), "a header breaks")
                status = _STATUSES[(told + asked) % len(_STATUSES)] if told else 200
                answer = HttpResponse(status, {}, _repeated(step, answers[asked % len(answers)]), NOW + asked)
                asked += 1
            else:
                answer = "1" if isinstance(step, Ask) else None
                must(isinstance(step, Ask | Wait), "a step is something else")
    except StopIteration as end:
        return end.value
    finally:
        steps.close()
    raise LoginError("it goes on and on")


def _repeated(request: HttpRequest, answer: bytes) -> bytes:
    """Return an answer that repeats no more than this request said."""
    said = b"\n".join((request.body, request.url.encode(), *(value.encode() for _, value in request.headers)))
    return answer if SECRET.encode() in said else answer.replace(SECRET.encode(), b"another")


def _must_be_safe(account: NewAccount) -> None:
    """Raise Broken unless an account can be written and read."""
    must(account.name.endswith(".json") and not account.name.startswith("."), "it has no name of a file")
    must(account.name.isprintable() and "/" not in account.name and "\\" not in account.name, "the name leads away")
    must(len(account.name.encode()) <= _LONGEST_NAME, "the name is too long for a file")
    must(SECRET not in repr(account), "an account shows its secrets")
    try:
        read_credentials(AUTHS + account.name, msgspec.json.encode(dict(account.fields)))
    except DocumentError as error:
        _must_be_told_well(error)


def _must_be_told_well(error: Exception) -> None:
    """Raise Broken where an error is no short line, or repeats what it must not."""
    said = str(error)
    must(SECRET not in said, "an error repeats a secret")
    must(said.isprintable() and len(said) <= _LONGEST_MESSAGE, "an error is no line")


def environment_of(data: bytes) -> Mapping[str, str]:
    """Return variables that a text sets, `NAME=value` in each line; nothing else can stand in an environment."""
    lines = data.replace(b"\x00", b"").decode(errors="surrogateescape").split("\n")
    return dict(line.partition("=")[::2] for line in lines if "=" in line)
