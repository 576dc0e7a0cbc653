"""
Moonshot's Kimi for coding, by the login of an account: Chat Completions, and Messages for those who speak it.

Source: `reference` sheet `providers/kimi`, sections a to c; https://www.kimi.com/code/docs/ (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy import __version__
from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.claims import claims
from cliproxy.credentials.files.fields import text, written
from cliproxy.dialects.base import Operation
from cliproxy.login.device_code import DeviceCode
from cliproxy.login.file_name import file_name
from cliproxy.login.flow import Client, LoginSession, LoginStart, NewAccount
from cliproxy.login.pkce import device_of
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.login.token_server import Granted
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer
from cliproxy.providers.diagnosis.reading import KIMI
from cliproxy.providers.shaping.kimi import shaped
from cliproxy.wire.http import HeaderList, Steps

VERSION = "2023-06-01"  # of Messages
CLIENT = Client("17e5f671-d194-4dfb-9706-5516cb48c098")
PROGRAM = "cli-proxy-api"
TOKENS = "https://auth.kimi.com/api/oauth/token"
NOTICE = (
    "Moonshot describes this login as the one of its own Kimi Code programs, and API keys of the membership as the way"
    " for other tools: https://www.kimi.com/code/docs/"
)


def headers(call: Call) -> HeaderList:
    """Say which version of Messages is spoken: the client's, where it names one."""
    if call.endpoint.dialect != "anthropic_messages" or "anthropic-version" in call.client_headers:
        return ()
    return (("anthropic-version", VERSION),)


def who_refreshes(credential: Credential) -> HeaderList:
    """Say who asks, as the login did: the token belongs to the device that the login made up."""
    device = credential.details.get("device_id")
    return _who(device if isinstance(device, str) and device.isascii() else "")


def who_logs_in(start: LoginStart) -> HeaderList:
    """Say who asks: this program, on a device that is made up anew for each login. Of the machine nothing is told."""
    return _who(device_of(start.entropy))


def _who(device: str) -> HeaderList:
    named: HeaderList = (
        ("X-Msh-Platform", PROGRAM),
        ("X-Msh-Version", __version__),
        ("X-Msh-Device-Name", PROGRAM),
        ("X-Msh-Device-Model", PROGRAM),
    )
    return (*named, ("X-Msh-Device-Id", device)) if device else named


def account(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    """Return the account. Its name is not told; where the token says a number of the user, that is kept."""
    yield from ()
    own = claims(tokens.access_token.reveal())
    user = text(own.get("user_id")) or text(own.get("sub"))
    moment = int(tokens.at * 1000)
    return NewAccount(
        name=file_name("kimi", str(moment)),
        fields={
            "access_token": tokens.access_token.reveal(),
            "refresh_token": tokens.refresh_token.reveal(),
            "token_type": text(tokens.answer.get("token_type")),
            "scope": text(tokens.answer.get("scope")),
            "device_id": device_of(session.start.entropy),
            **({"expired": written(tokens.expires_at)} if tokens.expires_at else {}),
            "type": "kimi",
            "timestamp": moment,
            **({"user_id": user} if user else {}),
        },
        notes=tokens.notes,
    )


PROVIDER = Provider(
    name="kimi",
    base_url="https://api.kimi.com/coding",
    endpoints=(
        Endpoint("openai_chat", Operation.GENERATE, "/v1/chat/completions"),
        Endpoint("anthropic_messages", Operation.GENERATE, "/v1/messages"),
        Endpoint("anthropic_messages", Operation.COUNT_TOKENS, "/v1/messages/count_tokens", Streams.NEVER),
    ),
    authorize=bearer,
    headers=headers,
    shape=shaped,
    is_shaped=lambda call: call.endpoint.dialect == "openai_chat",
    asks_usage=True,
    passes=("openai-", "anthropic-", "user-agent", "x-stainless-"),
    diagnose=KIMI.diagnose,
    quota=KIMI.quota,
    models_section="kimi",
    logins=(
        DeviceCode(
            provider="kimi",
            device_url="https://auth.kimi.com/api/oauth/device_authorization",
            token_url=TOKENS,
            client=CLIENT,
            account=account,
            headers=who_logs_in,
        ),
    ),
    notice=NOTICE,
    refresh=RefreshToken(
        lead=300.0,
        url=TOKENS,
        provider="kimi",
        client=CLIENT,
        headers=who_refreshes,
        kept=("token_type", "scope"),
        refuses_by=(401, 403),
    ),
)
