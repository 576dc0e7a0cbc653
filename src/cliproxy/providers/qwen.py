"""
Qwen's Chat Completions, by the login of an account or by key.

Source: `reference` sheet `providers/qwen`, sections a to c (read 2026-11-21). The pretended tool of section c is left
out: a client that offers none must not be asked to call one.
"""

from __future__ import annotations

import re

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.fields import written
from cliproxy.dialects.base import Operation
from cliproxy.login.device_code import DeviceCode
from cliproxy.login.file_name import file_name
from cliproxy.login.flow import Client, LoginSession, NewAccount
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.login.token_server import Granted, plain, text
from cliproxy.providers.base import Endpoint, Provider, bearer
from cliproxy.providers.diagnosis.reading import QWEN
from cliproxy.providers.shaping.chat import ask_usage
from cliproxy.wire.http import Ask, Steps, told

CLIENT = Client("f0304373b74a44d2b584a3fb70ca9e56")
TOKENS = "https://chat.qwen.ai/api/v1/oauth2/token"
NOTICE = (
    "Qwen offers this login for its own Qwen Code; no statement on other programs is known here, so read its terms"
    " before you use it: https://qwenlm.github.io/qwen-code-docs/en/tos-privacy"
)

_HOST = re.compile(r"(?:https://)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?)/?")


def address_of(credential: Credential) -> str:
    """Return the base URL of the host that the login named."""
    host = credential.details.get("resource_url")
    found = _HOST.fullmatch(host.strip()) if isinstance(host, str) else None
    return f"https://{found[1]}/v1" if found else ""


def account(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    """Return the account. The vendor does not tell its name, so the person is asked, unless he said it before."""
    alias = plain(session.start.options.get("alias"))
    if not alias:
        moment = str(int(tokens.at * 1000))
        ask = Ask("E-mail address or another name for this Qwen account", default=moment)
        alias = plain((yield from told(ask))) or moment
    return NewAccount(
        name=file_name("qwen", alias),
        fields={
            "access_token": tokens.access_token.reveal(),
            "refresh_token": tokens.refresh_token.reveal(),
            "last_refresh": written(tokens.at),
            "resource_url": text(tokens.answer.get("resource_url")),
            "email": alias,
            "type": "qwen",
            **({"expired": written(tokens.expires_at)} if tokens.expires_at else {}),
        },
        notes=tokens.notes,
    )


PROVIDER = Provider(
    name="qwen",
    base_url="https://portal.qwen.ai/v1",
    endpoints=(Endpoint("openai_chat", Operation.GENERATE, "/chat/completions"),),
    authorize=bearer,
    address_of=address_of,
    shape=ask_usage,
    is_shaped=lambda call: call.stream,
    asks_usage=True,
    passes=("openai-", "user-agent", "x-stainless-"),
    diagnose=QWEN.diagnose,
    quota=QWEN.quota,
    models_section="qwen",
    logins=(
        DeviceCode(
            provider="qwen",
            device_url="https://chat.qwen.ai/api/v1/oauth2/device/code",
            token_url=TOKENS,
            client=CLIENT,
            account=account,
            scopes=("openid", "profile", "email", "model.completion"),
            uses_pkce=True,
        ),
    ),
    notice=NOTICE,
    refresh=RefreshToken(
        lead=3 * 3600.0,
        url=TOKENS,
        provider="qwen",
        client=CLIENT,
        kept=("resource_url",),
    ),
)
