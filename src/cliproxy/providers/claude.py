"""
Anthropic's API, by key or by the login of an account.

Source: `reference` sheets `providers/claude` sections a to c, `dialects/claude-messages` section 1;
https://code.claude.com/docs/en/legal-and-compliance (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.fields import written
from cliproxy.dialects.base import Operation
from cliproxy.errors import LoginError
from cliproxy.login.authorization_code import AuthorizationCode
from cliproxy.login.file_name import file_name
from cliproxy.login.flow import Callback, Client, LoginSession, NewAccount
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.login.token_server import Granted, text
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer
from cliproxy.providers.diagnosis.anthropic import groups
from cliproxy.providers.diagnosis.reading import ANTHROPIC
from cliproxy.wire.body import UNREADABLE, TopLevel
from cliproxy.wire.http import HeaderList, Steps

OFFICIAL = "https://api.anthropic.com"
VERSION = "2023-06-01"
LOGIN_BETA = "oauth-2025-04-20"  # without it a login's token is refused
CLIENT = Client("9d1c250a-e61b-44d9-88ed-5944d1962f5e")
TOKENS = "https://api.anthropic.com/v1/oauth/token"
NOTICE = (
    "Anthropic states that logins of Claude plans are meant for Claude Code and its own apps, that other products"
    " should use API keys, and that it may enforce this: https://code.claude.com/docs/en/legal-and-compliance"
)

LONG_CONTEXT, LONG_CONTEXT_BETA = "x-cpa-claude-1m", "context-1m-2025-08-07"  # what the header is short for

_BETAS = "betas"
_BETA = re.compile(r"[A-Za-z0-9._-]{1,100}")
_OFFICIAL = re.compile(r"https://api\.anthropic\.com(?:[:/].*)?", re.IGNORECASE)
_KEY, _LOGIN = "sk-ant-api", "sk-ant-oat"  # how the two begin

_decode_betas = msgspec.json.Decoder(list[str] | str).decode


def authorize(credential: Credential) -> HeaderList:
    """The official host takes a key as `x-api-key`, a login's token as a bearer; compatible ones both as a bearer."""
    is_official = not credential.base_url or _OFFICIAL.fullmatch(credential.base_url)
    if is_official and not is_login(credential):
        return (("x-api-key", credential.secret.reveal()),)
    return bearer(credential)


def is_login(credential: Credential) -> bool:
    """Tell whether this is an account that somebody logged in to, not a key."""
    secret = credential.secret.reveal()
    return secret.startswith(_LOGIN) or bool(credential.document and not secret.startswith(_KEY))


def headers(call: Call) -> HeaderList:
    """Say which version of the API is spoken, the client's where it names one; and what is tried out, or needed."""
    version = () if "anthropic-version" in call.client_headers else (("anthropic-version", VERSION),)
    asked, more = call.client_headers.get("anthropic-beta", ""), call.told.get(_BETAS, "")
    needed = [LOGIN_BETA] if is_login(call.credential) else []
    if LONG_CONTEXT in call.client_headers:
        needed.append(LONG_CONTEXT_BETA)
    if not (more or needed):
        return version
    betas = [beta.strip() for beta in (*asked.split(","), *more.split(","), *needed)]
    return (*version, ("anthropic-beta", ",".join(dict.fromkeys(filter(None, betas)))))


def betas_told(body: TopLevel, call: Call) -> None:
    """Have a header say what is tried out: only SDKs know `betas`, which they write as the API's own field."""
    try:
        told = _decode_betas(body["betas"])
    except (*UNREADABLE, KeyError):
        return
    del body["betas"]
    betas = [beta.strip() for beta in (told.split(",") if isinstance(told, str) else told)]
    call.told[_BETAS] = ",".join(filter(_BETA.fullmatch, betas))
    if not all(map(_BETA.fullmatch, betas)):
        call.losses.add("betas")


def account(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    """Return the account that the token server named with the tokens. Raises LoginError where it named none."""
    yield from ()
    person, organization = _named(tokens, "account"), _named(tokens, "organization")
    email = text(person.get("email_address"))
    if not email:
        raise LoginError(
            "claude: the vendor did not say whose account it is; log in again, with an account that has an e-mail"
            " address"
        )
    known = {
        "account_uuid": text(person.get("uuid")),
        "organization_uuid": text(organization.get("uuid")),
        "organization": text(organization.get("name")),
    }
    return NewAccount(
        name=file_name("claude", email),
        fields={
            "id_token": tokens.id_token.reveal(),
            "access_token": tokens.access_token.reveal(),
            "refresh_token": tokens.refresh_token.reveal(),
            "last_refresh": written(tokens.at),
            "email": email,
            "type": "claude",
            **({"expired": written(tokens.expires_at)} if tokens.expires_at else {}),
            **{name: value for name, value in known.items() if value},
        },
        notes=tokens.notes,
    )


def _named(tokens: Granted, name: str) -> Mapping[str, object]:
    found = tokens.answer.get(name)
    return found if isinstance(found, dict) else {}


REFRESH = RefreshToken(lead=4 * 3600.0, url=TOKENS, provider="claude", client=CLIENT, as_json=True)

LOGIN = AuthorizationCode(
    provider="claude",
    authorize_url="https://claude.ai/oauth/authorize",
    token_url=TOKENS,
    client=CLIENT,
    callback=Callback(54545, "/callback", is_fixed=True),
    account=account,
    scopes=("org:create_api_key", "user:profile", "user:inference"),
    query={"code": "true"},
    as_json=True,
    sends_state=True,
)

PROVIDER = Provider(
    name="claude",
    base_url=OFFICIAL,
    endpoints=(
        Endpoint("anthropic_messages", Operation.GENERATE, "/v1/messages"),
        Endpoint("anthropic_messages", Operation.COUNT_TOKENS, "/v1/messages/count_tokens", Streams.NEVER),
    ),
    authorize=authorize,
    headers=headers,
    shape=betas_told,
    shape_signs=(b'"betas"',),
    passes=("anthropic-", "user-agent", "x-app", "x-stainless-", "x-claude-code-"),
    diagnose=ANTHROPIC.diagnose,
    quota=ANTHROPIC.quota,
    group_of=groups,
    models_section="claude",
    logins=(LOGIN,),
    notice=NOTICE,
    refresh=REFRESH,
)
