"""
Google's Cloud Code Assist: Gemini requests and replies in an envelope.

    {"model", "project", "request": {a Gemini request}}        {"response": {a Gemini reply}, "traceId"}

An account works in one of its cloud projects, in several, or in one that Google assigns; a login finds out in which.

Source: `reference` sheets `dialects/gemini-cli`, `providers/gemini-cli` sections a to c (read 2026-11-21).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.dialects.base import Operation
from cliproxy.dialects.gemini import native
from cliproxy.login.authorization_code import AuthorizationCode
from cliproxy.login.flow import Callback, Client
from cliproxy.login.gemini_cli import ACCOUNT, SCOPES, gemini_account
from cliproxy.login.google import TOKEN_URL
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.base import Endpoint, Provider, Streams, bearer, held_under
from cliproxy.providers.diagnosis.reading import CLOUD_CODE
from cliproxy.providers.shaping.gemini import stream_query
from cliproxy.providers.shaping.gemini_cli import OUR_OWN, wrapped
from cliproxy.wire.body import UNREADABLE, close_body, open_body

unwrapped = held_under("response")


class Opened(NamedTuple):
    """What a client's envelope holds."""

    model: str
    request: bytes  # in the dialect `gemini`


def opened(body: bytes) -> Opened:
    """
    Take a client's request out of the envelope.

    Raises:
        RequestError: It is no JSON object.
    """
    envelope = native.camel(open_body(body))
    request = native.opened(envelope.get("request"))
    for name in OUR_OWN:
        request.pop(name, None)
    if "toolConfig" in envelope:
        request.setdefault("toolConfig", envelope["toolConfig"])
    try:
        model = msgspec.json.decode(envelope.get("model", b'""'), type=str)
    except UNREADABLE:
        model = ""
    return Opened(model.removeprefix("models/"), close_body(request))


def enclosed(reply: bytes) -> bytes:
    """
    Put a Gemini reply, or the data of one frame of a stream, into the envelope that a client expects.

    Errors go without it.
    """
    return b'{"response":%b}' % reply


def client_of(credential: Credential) -> Client | None:
    """Return the client that a file names: a token can be exchanged only by the one it was given to."""
    inner = credential.details.get("token")
    named = inner if isinstance(inner, dict) else credential.details
    id_, secret = named.get("client_id"), named.get("client_secret")
    if not (isinstance(id_, str) and id_):
        return None
    return Client(id_, Secret(secret if isinstance(secret, str) else ""))


CLIENT = Client(
    "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com",
    Secret("GOCSPX-" + "4uHgMPm-1o7Sk-geV6Cu5clXFsxl"),  # of an installed program: Google holds it for no secret
)

REFRESH = RefreshToken(
    lead=300.0,
    rotates=False,
    url=TOKEN_URL,
    provider="gemini-cli",
    client=CLIENT,
    client_of=client_of,
    after=ACCOUNT.learned,
)

LOGIN = AuthorizationCode(
    provider="gemini-cli",
    authorize_url="https://accounts.google.com/o/oauth2/auth",
    token_url=TOKEN_URL,
    client=CLIENT,
    callback=Callback(8085, "/oauth2callback"),
    scopes=SCOPES,
    query={"access_type": "offline", "prompt": "consent"},
    account=gemini_account,
)

PROVIDER = Provider(
    name="gemini-cli",
    base_url="https://cloudcode-pa.googleapis.com",
    endpoints=(
        Endpoint("gemini", Operation.GENERATE, "/v1internal:generateContent", Streams.NEVER),
        Endpoint("gemini", Operation.GENERATE, "/v1internal:streamGenerateContent", Streams.ALWAYS),
        Endpoint("gemini", Operation.COUNT_TOKENS, "/v1internal:countTokens", Streams.NEVER),
    ),
    authorize=bearer,
    query=stream_query,
    shape=wrapped,
    unwrap=unwrapped,
    diagnose=CLOUD_CODE.diagnose,
    quota=CLOUD_CODE.quota,
    models_section="gemini-cli",
    logins=(LOGIN,),
    notice=(
        "Google's terms, as of 2026, do not allow other programs to use a login of Gemini CLI, and accounts have been"
        " suspended for it; a key of Gemini or Vertex AI is what Google recommends:"
        " https://github.com/google-gemini/gemini-cli/blob/main/docs/resources/tos-privacy.md"
    ),
    refresh=REFRESH,
    needs_project=True,
)
