"""
iFlow's Chat Completions, by a key that the account's login fetches.

The token of a login is never shown to a model: it buys a key from the account service, and buys it anew after each
refresh. Every call is signed with that key.

Source: `reference` sheet `providers/iflow`, sections a to c (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.login.flow import Client
from cliproxy.login.refresh_token import RefreshToken, object_in
from cliproxy.providers.base import Call, Endpoint, Provider, bearer
from cliproxy.providers.diagnosis.reading import IFLOW
from cliproxy.wire.body import TopLevel
from cliproxy.wire.http import HeaderList, HttpRequest, Steps, fetched

ACCOUNT = "https://iflow.cn/api/oauth/getUserInfo"
USER_AGENT = "cliproxy"


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


def without_empty_tools(body: TopLevel, call: Call) -> None:
    """Leave out a list of tools that is empty: streams break on one."""
    if bytes(body.get("tools", b"")).strip(b"[] \t\r\n") == b"":
        body.pop("tools", None)


def key_of_account(credential: Credential, access_token: str) -> Steps[Mapping[str, object]]:
    """Fetch the key. Without an answer the one there is stays: the token that was just paid for must not be lost."""
    url = f"{ACCOUNT}?accessToken={quote(access_token, safe='')}"
    headers = (("Accept", "application/json"), ("Accept-Encoding", "identity"))
    try:
        response = yield from fetched(HttpRequest("GET", url, headers, b"", credential.proxy.reveal()))
    except ConnectionError:
        return {}
    answer = object_in(response.body) if response.status == 200 else None
    account = answer.get("data") if answer is not None else None
    key = account.get("apiKey") if isinstance(account, dict) else None
    return {"api_key": key} if isinstance(key, str) and key.strip() else {}


PROVIDER = Provider(
    name="iflow",
    base_url="https://apis.iflow.cn/v1",
    endpoints=(Endpoint("openai_chat", Operation.GENERATE, "/chat/completions"),),
    authorize=bearer,
    headers=signed,
    shape=without_empty_tools,
    diagnose=IFLOW.diagnose,
    quota=IFLOW.quota,
    models_section="iflow",
    refresh=RefreshToken(
        lead=86400.0,
        url="https://iflow.cn/oauth/token",
        provider="iflow",
        client=Client("10009311001"),
        needs_secret=True,
        basic=True,
        kept=("token_type", "scope"),
        after=key_of_account,
        yields_key=True,
    ),
)
