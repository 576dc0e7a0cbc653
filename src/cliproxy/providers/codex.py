"""
OpenAI's Responses API, by key, and Codex's own host, by the login of an account, which takes less of it.

Codex stores nothing, streams always, and refuses limits and sampling: `shaping.codex` has that. A key may lead
anywhere: only an address that names Codex is restricted, every other is asked as the client asked.

Source: `reference` sheets `providers/codex` sections a and c, `dialects/codex`, `dialects/openai-responses` section 1
(read 2026-11-21).
"""

from __future__ import annotations

import re

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.login.authorization_code import AuthorizationCode
from cliproxy.login.flow import Callback, Client
from cliproxy.login.openai import AUTHORITY, TOKENS, OpenAIDevice, openai_account
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, Unwrap, as_is, bearer
from cliproxy.providers.diagnosis.codex import groups
from cliproxy.providers.diagnosis.reading import CODEX as SIGNALS
from cliproxy.providers.shaping.codex import SESSION, restricted
from cliproxy.providers.shaping.codex_reply import Completion
from cliproxy.wire.http import Carrier, HeaderList, Headers

CODEX = "https://chatgpt.com/backend-api/codex"
SOCKET_VERSION = "responses_websockets=2026-02-06"
CLIENT = Client("app_EMoamEEZ73f0CkXaXp7hrann")
NOTICE = (
    "OpenAI describes this login as Codex's own, and another one, Sign in with ChatGPT, for other programs; read its"
    " terms before you use it: https://openai.com/policies/terms-of-use/"
)

_SESSIONS = ("session_id", "session-id")
_SENDABLE = re.compile(r"[!-~]{1,128}")


def leads_to_codex(credential: Credential) -> bool:
    """Tell whether an account is Codex's: by login, or by a key whose address says so."""
    address = credential.base_url.lower() or CODEX
    return "codex" in address or "//chatgpt.com/" in address


def is_codex(client: Headers) -> bool:
    """Tell whether a client is a Codex, which shows what is left; others break on an event that comes too early."""
    return "originator" in client or client.get("user-agent", "").lower().startswith("codex")


def completed_after(call: Call, body: bytes) -> Unwrap:
    """A Codex adds its items up by itself; other clients of Responses take them from the last event."""
    return Completion() if call.is_native and not is_codex(call.client_headers) else as_is


def headers(call: Call) -> HeaderList:
    """
    Name the account, for one login can have several, and the session, by which a cache is found.

    For a websocket: how is talked over it. It is a session itself, and one for all its requests.
    """
    account = call.credential.details.get("account_id")
    named: HeaderList = (("Chatgpt-Account-Id", account),) if isinstance(account, str) and account else ()
    if call.endpoint.carrier is not Carrier.WEBSOCKET:
        session = call.told.get(SESSION, "")
        is_told = any(name in call.client_headers for name in _SESSIONS)
        return named if is_told or not _SENDABLE.fullmatch(session) else (*named, ("Session_id", session))
    told = call.client_headers.get("openai-beta", "")
    return (*named, ("OpenAI-Beta", f"{told}, {SOCKET_VERSION}" if told else SOCKET_VERSION))


REFRESH = RefreshToken(
    lead=5 * 86400.0,
    url=TOKENS,
    provider="codex",
    client=CLIENT,
    fields={"scope": "openid profile email"},
    kept=("id_token",),
)

LOGIN = AuthorizationCode(
    provider="codex",
    authorize_url=f"{AUTHORITY}/oauth/authorize",
    token_url=TOKENS,
    client=CLIENT,
    callback=Callback(1455, "/auth/callback", is_fixed=True),
    account=openai_account,
    scopes=("openid", "email", "profile", "offline_access"),
    query={"prompt": "login", "id_token_add_organizations": "true", "codex_cli_simplified_flow": "true"},
)

PROVIDER = Provider(
    name="codex",
    base_url=CODEX,
    endpoints=(
        Endpoint("openai_responses", Operation.GENERATE, "/responses"),
        Endpoint("openai_responses", Operation.COMPACT, "/responses/compact", Streams.NEVER),
        Endpoint("openai_responses", Operation.COUNT_TOKENS, "/responses/input_tokens", Streams.NEVER),
        Endpoint("openai_responses", Operation.GENERATE, "/responses", Streams.ALWAYS, Carrier.WEBSOCKET),
    ),
    authorize=bearer,
    headers=headers,
    is_shaped=lambda call: leads_to_codex(call.credential),
    asks_conversation=True,
    keeps_replies=lambda credential: not leads_to_codex(credential),
    always_streams=leads_to_codex,
    counts=lambda credential: not leads_to_codex(credential),
    shape=restricted,
    passes=(
        *("openai-", "user-agent", "x-stainless-", "x-codex-", "x-responsesapi-", "originator"),
        *("session-id", "session_id", "thread-id"),
    ),
    diagnose=SIGNALS.diagnose,
    quota=SIGNALS.quota,
    quota_sign=b'"codex.rate_limits"',
    knows_quota=is_codex,
    unwrap_after=completed_after,
    group_of=groups,
    models_section="codex-pro",
    logins=(LOGIN, OpenAIDevice(provider="codex", client=CLIENT)),
    notice=NOTICE,
    refresh=REFRESH,
)
