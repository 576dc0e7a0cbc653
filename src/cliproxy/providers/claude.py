"""
Anthropic's API, by key or by the login of an account.

Source: `reference` sheets `providers/claude` sections a and c, `dialects/claude-messages` section 1 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.login.flow import Client
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer
from cliproxy.providers.diagnosis.anthropic import groups
from cliproxy.providers.diagnosis.reading import ANTHROPIC
from cliproxy.wire.http import HeaderList

OFFICIAL = "https://api.anthropic.com"
VERSION = "2023-06-01"
LOGIN_BETA = "oauth-2025-04-20"  # without it a login's token is refused

_KEY, _LOGIN = "sk-ant-api", "sk-ant-oat"  # how the two begin


def authorize(credential: Credential) -> HeaderList:
    """The official host takes a key as `x-api-key`, a login's token as a bearer; compatible ones both as a bearer."""
    is_official = not credential.base_url or credential.base_url.startswith(OFFICIAL)
    if is_official and not is_login(credential):
        return (("x-api-key", credential.secret.reveal()),)
    return bearer(credential)


def is_login(credential: Credential) -> bool:
    """Tell whether this is an account that somebody logged in to, not a key."""
    secret = credential.secret.reveal()
    return secret.startswith(_LOGIN) or bool(credential.document and not secret.startswith(_KEY))


def headers(call: Call) -> HeaderList:
    """Say which version of the API is spoken, the client's where it names one; and what a login's token needs."""
    version = () if "anthropic-version" in call.client_headers else (("anthropic-version", VERSION),)
    if not is_login(call.credential):
        return version
    asked = call.client_headers.get("anthropic-beta", "")
    betas = [beta.strip() for beta in asked.split(",") if beta.strip()]
    return (*version, ("anthropic-beta", ",".join(dict.fromkeys((*betas, LOGIN_BETA)))))


REFRESH = RefreshToken(
    lead=4 * 3600.0,
    url="https://api.anthropic.com/v1/oauth/token",
    provider="claude",
    client=Client("9d1c250a-e61b-44d9-88ed-5944d1962f5e"),
    as_json=True,
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
    passes=("anthropic-", "user-agent", "x-app", "x-stainless-", "x-claude-code-"),
    diagnose=ANTHROPIC.diagnose,
    quota=ANTHROPIC.quota,
    group_of=groups,
    models_section="claude",
    refresh=REFRESH,
)
