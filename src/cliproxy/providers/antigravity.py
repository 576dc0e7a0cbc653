"""
Google's Antigravity: Gemini requests in an envelope, with Claude models behind the same interface.

    {"model", "project", "userAgent", "requestType", "requestId", "request": {a Gemini request}}

Claude's own demands show through: a budget below the output limit, thoughts that are signed and come first, and a
required property in every object of a tool's schema.

Three hosts serve it, each asked where the one before has too much to do: the daily one, its sandbox, and production.
One sheet leaves production out and the other has it first; here it is the last resort.

Source: `reference` sheets `dialects/antigravity`, `providers/antigravity` sections a to c (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import re

import msgspec
from msgspec import Raw

from cliproxy.dialects.base import Operation
from cliproxy.dialects.gemini import native
from cliproxy.dialects.gemini.schemas import cleaned
from cliproxy.login.antigravity import ACCOUNT, SCOPES, antigravity_account
from cliproxy.login.authorization_code import AuthorizationCode
from cliproxy.login.flow import Callback, Client
from cliproxy.login.google import TOKEN_URL
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer, held_under
from cliproxy.providers.diagnosis.cloud_code import antigravity_groups
from cliproxy.providers.diagnosis.reading import CLOUD_CODE
from cliproxy.wire.body import UNREADABLE, TopLevel, put
from cliproxy.wire.frames import Framing

HOSTS = (
    "https://daily-cloudcode-pa.googleapis.com",
    "https://daily-cloudcode-pa.sandbox.googleapis.com",
    "https://cloudcode-pa.googleapis.com",
)
SHORTEST_PROOF = 50  # characters
USER_AGENT = "cliproxy"

unwrapped = held_under("response")

_STRICT = re.compile(r"claude|gemini-3[^/]*-pro")
_NOT_GEMINI_S = ("model", "session_id", "sessionId", "safetySettings")

_decode = msgspec.json.Decoder().decode


def wrapped(body: TopLevel, call: Call) -> None:
    """Put a Gemini request into the envelope, in the words that its model takes."""
    counts = call.endpoint.operation is Operation.COUNT_TOKENS
    request = dict(native.to_count(body) if counts else native.camel(body))
    if "safetySettings" in request and not counts:
        call.losses.add("safetySettings")
    for name in _NOT_GEMINI_S:
        request.pop(name, None)
    body.clear()
    if not counts:
        _restrict(request, call)
        kind = "image_gen" if "image" in call.model else "agent"
        if kind == "agent" and (session := session_of(request.get("contents"))):
            put(request, "sessionId", session)
        put(body, "model", call.model)
        put(body, "project", call.project)
        put(body, "userAgent", USER_AGENT)
        put(body, "requestType", kind)
        put(body, "requestId", f"{kind}-{call.exchange_id}")
    body["request"] = native.closed(request)


def session_of(contents: Raw | None) -> str:
    """Return a name for a conversation that stays while it goes on: made from the first words of its user."""
    for content in native.listed(contents):
        if bytes(content.get("role", b'"user"')) != b'"user"':
            continue
        for part in native.listed(content.get("parts")):
            text = bytes(part.get("text", b""))
            if text not in (b"", b'""', b"null"):
                digest = hashlib.sha256(text).digest()
                return f"-{int.from_bytes(digest[:8], 'big') & (2**63 - 1)}"
    return ""


def query(call: Call) -> str:
    """Without `alt=sse` a stream comes as one JSON array."""
    return "alt=sse" if call.framing is Framing.EVENT_STREAM else ""


def _restrict(request: TopLevel, call: Call) -> None:
    is_claude = "claude" in call.model
    native.edit_contents(request, _claude_s_parts if is_claude else _parts)
    instructions = native.opened(request.get("systemInstruction"))
    if instructions:
        put(instructions, "role", "user")
        request["systemInstruction"] = native.closed(instructions)
    is_strict = _STRICT.search(call.model) is not None
    native.edit_declarations(request, lambda declaration: _rename(declaration, is_strict=is_strict))
    config = native.opened(request.get("generationConfig"))
    if config:
        _restrict_output(config)
        if is_claude:
            _restrict_budget(config, call)
        elif config.pop("maxOutputTokens", None) is not None:
            call.losses.add("generationConfig.maxOutputTokens")
        request["generationConfig"] = native.closed(config)
    if is_claude and "tools" in request:
        _validate_calls(request)


def _rename(declaration: TopLevel, *, is_strict: bool) -> None:
    """Write the arguments' schema under the one name that is known here."""
    given = declaration.pop("parametersJsonSchema", None)
    declaration["parameters"] = cleaned(declaration.get("parameters", given), strict=is_strict)


def _restrict_output(config: TopLevel) -> None:
    """Write the wanted output's schema under the one name that is known here."""
    schema = config.pop("responseJsonSchema", config.get("responseSchema"))
    if schema is not None:
        taken = native.opened(cleaned(schema))
        if bytes(native.opened(schema).get("additionalProperties", b"")) == b"false":
            put(taken, "additionalProperties", False)
        config["responseSchema"] = native.closed(taken)


def _restrict_budget(config: TopLevel, call: Call) -> None:
    """Keep what may be thought below what may be said; where too little would be left, nothing is thought."""
    thinking = native.opened(config.get("thinkingConfig"))
    if thinking:
        config["thinkingConfig"] = native.closed(thinking)
    budget, most = _number(thinking.get("thinkingBudget")), _number(config.get("maxOutputTokens"))
    if budget is None or budget <= 0:
        return
    if most is None and call.info.output_limit:
        most = call.info.output_limit
        put(config, "maxOutputTokens", most)
    if most is None or budget < most:
        return
    if most - 1 < (call.info.thinking.min if call.info.thinking else 1):
        del config["thinkingConfig"]
        call.losses.add("generationConfig.thinkingConfig")
        return
    put(thinking, "thinkingBudget", most - 1)
    config["thinkingConfig"] = native.closed(thinking)


def _validate_calls(request: TopLevel) -> None:
    """Have calls checked against their schemas, unless none are wanted."""
    config = native.opened(request.get("toolConfig"))
    calling = native.opened(config.get("functionCallingConfig"))
    if bytes(calling.get("mode", b"")) != b'"NONE"':
        put(calling, "mode", "VALIDATED")
        config["functionCallingConfig"] = native.closed(calling)
        request["toolConfig"] = native.closed(config)


def _parts(role: str, parts: list[TopLevel]) -> list[TopLevel]:
    """Give every thought a text, and every result the pictures that follow it."""
    left: list[TopLevel] = []
    pictures: list[TopLevel] = []
    for part in parts:
        if "inlineData" in part and left and "functionResponse" in left[-1]:
            pictures.append({"inlineData": part["inlineData"]})
            continue
        _show(left, pictures)
        pictures = []
        if native.is_thought(part):
            part.setdefault("text", Raw(b'""'))
        left.append(part)
    _show(left, pictures)
    return left


def _show(parts: list[TopLevel], pictures: list[TopLevel]) -> None:
    """Put pictures into the result that stands last."""
    if pictures:
        result = native.opened(parts[-1]["functionResponse"])
        shown = [*native.listed(result.get("parts")), *pictures]
        parts[-1] = parts[-1] | {"functionResponse": native.closed(result | {"parts": native.closed(shown)})}


def _claude_s_parts(role: str, parts: list[TopLevel]) -> list[TopLevel]:
    """Order a turn of the model as Claude does: thoughts, then texts, then calls. Unsigned thoughts are refused."""
    parts = _parts(role, parts)
    if role != "model":
        return parts
    left = [part for part in parts if not native.is_thought(part) or _is_signed(part)]
    for part in left:
        if not native.is_thought(part):
            part.pop("thoughtSignature", None)  # Claude signs nothing else; this is Gemini's
    return sorted(left, key=_place)


def _place(part: TopLevel) -> int:
    if native.is_thought(part):
        return 0
    return 2 if "functionCall" in part else 1


def _is_signed(part: TopLevel) -> bool:
    return len(bytes(part.get("thoughtSignature", b""))) - len('""') >= SHORTEST_PROOF


def _number(value: Raw | None) -> int | None:
    try:
        number = _decode(value) if value else None
    except UNREADABLE:
        return None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


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
    query=query,
    shape=wrapped,
    unwrap=unwrapped,
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
