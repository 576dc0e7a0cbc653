"""
iFlow's Chat Completions, by a key that the account's login fetches.

The token of a login is never shown to a model: it buys a key from the account service, and buys it anew after each
refresh. Every call is signed with that key.

Source: `reference` sheet `providers/iflow`, sections a to c (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import hmac

from cliproxy.dialects.base import Operation
from cliproxy.login.authorization_code import AuthorizationCode
from cliproxy.login.cookie import Cookie
from cliproxy.login.flow import Callback, Client
from cliproxy.login.iflow import PLATFORM, SITE, Renewal, account_of_cookie, account_of_token, key_of_account
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.base import Call, Endpoint, Provider, bearer
from cliproxy.providers.diagnosis.reading import IFLOW
from cliproxy.providers.shaping.iflow import shaped
from cliproxy.wire.http import HeaderList

TOKENS = f"{SITE}/oauth/token"
CLIENT = Client("10009311001")
USER_AGENT = "cliproxy"
NOTICE = (
    "iFlow gives accounts API keys for use with other programs; no statement on this login is known here, so read its"
    " terms before you use it: https://iflow.cn"
)


def signed(call: Call) -> HeaderList:
    """Say who calls, in which session and when, signed with the key."""
    session, moment = f"session-{call.exchange_id}", str(int(call.now * 1000))
    content = f"{USER_AGENT}:{session}:{moment}".encode()
    signature = hmac.new(call.credential.secret.reveal().encode(), content, hashlib.sha256).hexdigest()
    return (
        ("User-Agent", USER_AGENT),
        ("session-id", session),
        ("x-iflow-timestamp", moment),
        ("x-iflow-signature", signature),
    )


REFRESH = Renewal(
    RefreshToken(
        lead=86400.0,
        url=TOKENS,
        provider="iflow",
        client=CLIENT,
        needs_secret=True,
        basic=True,
        kept=("token_type", "scope"),
        after=key_of_account,
        yields_key=True,
    )
)

LOGIN = AuthorizationCode(
    provider="iflow",
    authorize_url=f"{SITE}/oauth",
    token_url=TOKENS,
    client=CLIENT,
    callback=Callback(11451, "/oauth2callback"),
    account=account_of_token,
    query={"loginMethod": "phone", "type": "phone", "response_type": ""},
    uses_pkce=False,
    needs_secret=True,
    basic=True,
    redirect_name="redirect",
)

PROVIDER = Provider(
    name="iflow",
    base_url="https://apis.iflow.cn/v1",
    endpoints=(Endpoint("openai_chat", Operation.GENERATE, "/chat/completions"),),
    authorize=bearer,
    headers=signed,
    shape=shaped,
    diagnose=IFLOW.diagnose,
    quota=IFLOW.quota,
    models_section="iflow",
    logins=(LOGIN, Cookie(provider="iflow", page=PLATFORM, wanted="BXAuth", account=account_of_cookie)),
    notice=NOTICE,
    refresh=REFRESH,
)
