"""
Google's Antigravity: Gemini requests in an envelope, with Claude models behind the same interface.

`shaping.antigravity` makes the requests, `shaping.antigravity_reply` reads the replies.

Three hosts serve it, each asked where the one before has too much to do: the daily one, its sandbox, and production.
One sheet leaves production out and the other has it first; here it is the last resort.

Source: `reference` sheets `dialects/antigravity`, `providers/antigravity` sections a to c (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.dialects.base import Operation
from cliproxy.login.antigravity import ACCOUNT, SCOPES, antigravity_account
from cliproxy.login.authorization_code import AuthorizationCode
from cliproxy.login.flow import Callback, Client
from cliproxy.login.google import TOKEN_URL
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, Unwrap, bearer, held_under
from cliproxy.providers.diagnosis.cloud_code import antigravity_groups
from cliproxy.providers.diagnosis.reading import CLOUD_CODE
from cliproxy.providers.shaping.antigravity import asks_strictly, tools_of, wrapped
from cliproxy.providers.shaping.antigravity_reply import Reading
from cliproxy.providers.shaping.gemini import stream_query

HOSTS = (
    "https://daily-cloudcode-pa.googleapis.com",
    "https://daily-cloudcode-pa.sandbox.googleapis.com",
    "https://cloudcode-pa.googleapis.com",
)

unwrapped = held_under("response")


def unwrapped_after(call: Call, body: bytes) -> Unwrap:
    """Return what reads the reply to a call. `body` is the call's before it was shaped."""
    return Reading(unwrapped, call.model, tools_of(body) if asks_strictly(call.model) else None)


CLIENT = Client("1071006060591-tmhssin2h21lcre235vtolojh4g403ep.apps.googleusercontent.com")

REFRESH = RefreshToken(
    lead=300.0,
    rotates=False,
    url=TOKEN_URL,
    provider="antigravity",
    client=CLIENT,
    needs_secret=True,
    after=ACCOUNT.learned,
)

LOGIN = AuthorizationCode(
    provider="antigravity",
    authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
    token_url=TOKEN_URL,
    client=CLIENT,
    callback=Callback(51121, "/oauth-callback"),
    scopes=SCOPES,
    query={"access_type": "offline", "prompt": "consent"},
    needs_secret=True,
    account=antigravity_account,
)

PROVIDER = Provider(
    name="antigravity",
    base_url=HOSTS[0],
    hosts=HOSTS,
    endpoints=(
        # Its Claude models answer badly in one body, so every reply is streamed.
        Endpoint("gemini", Operation.GENERATE, "/v1internal:streamGenerateContent", Streams.ALWAYS),
        Endpoint("gemini", Operation.COUNT_TOKENS, "/v1internal:countTokens", Streams.NEVER),
    ),
    authorize=bearer,
    query=stream_query,
    shape=wrapped,
    unwrap=unwrapped,
    unwrap_after=unwrapped_after,
    diagnose=CLOUD_CODE.diagnose,
    quota=CLOUD_CODE.quota,
    group_of=antigravity_groups,
    models_section="antigravity",
    logins=(LOGIN,),
    notice=(
        "Google's terms, as of 2026, call it a breach to use Antigravity through other programs, and say that accounts"
        " may be suspended for it: https://antigravity.google/terms"
    ),
    refresh=REFRESH,
    needs_project=True,
)
