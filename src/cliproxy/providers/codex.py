"""
OpenAI's Responses API, by key, and Codex's own host, by the login of an account, which takes less of it.

Codex stores nothing, streams always, and refuses limits and sampling. What it refuses is left out, and said to be
lost. A key may lead anywhere: only an address that names Codex is restricted, every other is asked as the client asked.

Source: `reference` sheets `providers/codex` sections a and c, `dialects/codex`, `dialects/openai-responses` section 1
(read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import msgspec
from msgspec import Raw

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.login.authorization_code import AuthorizationCode
from cliproxy.login.flow import Callback, Client
from cliproxy.login.openai import AUTHORITY, TOKENS, OpenAIDevice, openai_account
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer
from cliproxy.providers.diagnosis.codex import groups
from cliproxy.providers.diagnosis.reading import CODEX as SIGNALS
from cliproxy.wire.body import UNREADABLE, TopLevel, put
from cliproxy.wire.http import Carrier, HeaderList

CODEX = "https://chatgpt.com/backend-api/codex"
SOCKET_VERSION = "responses_websockets=2026-02-06"
LONGEST_CALL_ID = 64  # characters
DEFAULT_EFFORT = "medium"
CLIENT = Client("app_EMoamEEZ73f0CkXaXp7hrann")
NOTICE = (
    "OpenAI describes this login as Codex's own, and another one, Sign in with ChatGPT, for other programs; read its"
    " terms before you use it: https://openai.com/policies/terms-of-use/"
)

_GOES_ON = "previous_response_id"
_REFUSED = (
    "max_output_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_logprobs",
    "truncation",
    "user",
    "context_management",
    _GOES_ON,
    "prompt_cache_retention",
    "prompt_cache_options",
    "safety_identifier",
    "stream_options",
)
_TIERS = {b'"priority"': "priority", b'"fast"': "priority"}
_WEB_SEARCH = re.compile(r"web_search(?:_preview)?(?:_\d{4}_\d{2}_\d{2})?")
_LONG_CALL_ID = re.compile(rb'"call_id"\s*:\s*"[^"]{65}')
_TELLING = (b'"system"', b'"reasoning"', b"prompt_cache_breakpoint", b"web_search_", b'"$schema"')
_NO_VALUE = (b"null", b"")

_decode = msgspec.json.Decoder().decode
_decode_object = msgspec.json.Decoder(TopLevel).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.Encoder().encode


def leads_to_codex(credential: Credential) -> bool:
    """Tell whether an account is Codex's: by login, or by a key whose address says so."""
    address = credential.base_url.lower() or CODEX
    return "codex" in address or "//chatgpt.com/" in address


def headers(call: Call) -> HeaderList:
    """Name the account, for one login can have several; and, for a websocket, how is talked over it."""
    account = call.credential.details.get("account_id")
    named = (("Chatgpt-Account-Id", account),) if isinstance(account, str) and account else ()
    if call.endpoint.carrier is not Carrier.WEBSOCKET:
        return named
    told = call.client_headers.get("openai-beta", "")
    return (*named, ("OpenAI-Beta", f"{told}, {SOCKET_VERSION}" if told else SOCKET_VERSION))


def restricted(body: TopLevel, call: Call) -> None:
    """Edit a Responses request into one that Codex takes."""
    if call.endpoint.operation is not Operation.GENERATE:
        body.pop("stream", None)
        return
    key = _cache_key(body, call)
    over_socket = call.endpoint.carrier is Carrier.WEBSOCKET
    for name in _REFUSED:
        if name == _GOES_ON and over_socket:  # which knows what was said on it before
            continue
        if bytes(body.pop(name, b"")) not in _NO_VALUE:
            call.losses.add(name)
    tier = bytes(body.pop("service_tier", b""))
    if tier in _TIERS:
        put(body, "service_tier", _TIERS[tier])
    elif tier not in (*_NO_VALUE, b'"auto"', b'"default"'):
        call.losses.add("service_tier")
    put(body, "stream", True)
    _force(body, "store", False, call)
    _force(body, "include", ["reasoning.encrypted_content"], call)
    if call.is_native or bytes(body.get("parallel_tool_calls", b"")) != b"false":
        _force(body, "parallel_tool_calls", True, call)
    _restrict_input(body)
    if not call.is_native:
        _instruct_by_item(body)
        _default_reasoning(body)
    if bytes(body.get("instructions", b"")) in _NO_VALUE:
        put(body, "instructions", "")
    _edit_list(body, "tools", _known_tool)
    _edit_object(body, "tool_choice", _known_choice)
    if key:
        put(body, "prompt_cache_key", key)


def _force(body: TopLevel, name: str, value: object, call: Call) -> None:
    """Set what Codex wants; who asked for something else loses it."""
    asked = body.get(name)
    if asked is not None and bytes(asked) not in _NO_VALUE and _decode(asked) != value:
        call.losses.add(name)
    put(body, name, value)


def _cache_key(body: TopLevel, call: Call) -> str:
    """Return by what the upstream is to find its cache, where the client has not said: the end user, in a digest."""
    user = _text(body.get("user")) or _text(body.get("safety_identifier"))
    if call.is_native or _text(body.get("prompt_cache_key")) or not user:
        return ""
    return hashlib.sha256(f"{call.model}\0{user}".encode("utf-8", "replace")).hexdigest()[:32]


def _restrict_input(body: TopLevel) -> None:
    text = _text(body.get("input"))
    if text or bytes(body.get("input", b"")) == b'""':
        put(body, "input", [_message("user", text)])
        return
    _edit_list(body, "input", _known_item)


def _known_item(item: TopLevel) -> TopLevel | None:
    """Return an item in Codex's words; None: it could not be read there."""
    kind = _text(item.get("type"))
    if kind == "reasoning" and not _text(item.get("encrypted_content")):
        return None  # nothing is stored, so its id alone stands for nothing
    if _text(item.get("role")) == "system":
        put(item, "role", "developer")
    if len(call_id := _text(item.get("call_id"))) > LONGEST_CALL_ID:
        put(item, "call_id", hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest())
    item.pop("prompt_cache_breakpoint", None)
    for name in ("content", "output"):
        _edit_list(item, name, _known_part)
    _edit_list(item, "tools", _known_tool)
    return item


def _known_part(part: TopLevel) -> TopLevel:
    part.pop("prompt_cache_breakpoint", None)
    return part


def _known_tool(tool: TopLevel) -> TopLevel:
    kind = _text(tool.get("type"))
    if _WEB_SEARCH.fullmatch(kind):
        put(tool, "type", "web_search")
    tool.pop("prompt_cache_breakpoint", None)
    _edit_object(tool, "parameters", _known_parameters)
    return tool


def _known_parameters(schema: TopLevel) -> None:
    schema.pop("$schema", None)


def _known_choice(choice: TopLevel) -> None:
    if _WEB_SEARCH.fullmatch(_text(choice.get("type"))):
        put(choice, "type", "web_search")
    _edit_list(choice, "tools", _known_tool)


def _instruct_by_item(body: TopLevel) -> None:
    """Say another dialect's instructions in a developer's message: the field is for Codex's own."""
    instructions = _text(body.get("instructions"))
    if instructions:
        items = _items(body.get("input"))
        body["input"] = Raw(_encode([_message("developer", instructions), *items]))
        put(body, "instructions", "")


def _default_reasoning(body: TopLevel) -> None:
    try:
        reasoning = _decode_object(body["reasoning"])
    except (*UNREADABLE, KeyError):
        reasoning = {}
    if bytes(reasoning.get("effort", b"")) in _NO_VALUE:
        put(reasoning, "effort", DEFAULT_EFFORT)
    if bytes(reasoning.get("summary", b"")) in _NO_VALUE:
        put(reasoning, "summary", "auto")
    body["reasoning"] = Raw(_encode(reasoning))


def _message(role: str, text: str) -> dict[str, object]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


def _edit_list(holder: TopLevel, name: str, edit: Callable[[TopLevel], TopLevel | None]) -> None:
    """Edit the objects in a list, where one is there. What is no object stays, and so do bytes that need no edit."""
    value = holder.get(name)
    if value is None or bytes(value)[:1] != b"[":
        return
    words = _telling(value)
    if not words:
        return
    left: list[Raw | TopLevel] = []
    for item in _items(value):
        data = bytes(item)
        if data[:1] != b"{" or not any(word in data for word in words):
            left.append(item)
            continue
        edited = edit(_decode_object(item))
        if edited is not None:
            left.append(edited)
    holder[name] = Raw(_encode(left))


def _edit_object(holder: TopLevel, name: str, edit: Callable[[TopLevel], None]) -> None:
    value = holder.get(name)
    if value is not None and bytes(value)[:1] == b"{" and _telling(value):
        inner = _decode_object(value)
        edit(inner)
        holder[name] = Raw(_encode(inner))


def _telling(value: Raw) -> list[bytes]:
    """Return the words that occur in what may need an edit: most of a long conversation is passed over by them."""
    data = bytes(value)
    words = [word for word in _TELLING if word in data]
    return [*words, b'"call_id"'] if _LONG_CALL_ID.search(data) else words


def _items(value: Raw | None) -> list[Raw]:
    return _decode_list(value) if value is not None and bytes(value)[:1] == b"[" else []


def _text(value: Raw | None) -> str:
    """Return a value that is a string; of anything else nothing."""
    if not value or bytes(value)[:1] != b'"':
        return ""
    try:
        return str(_decode(value))
    except UNREADABLE:
        return ""


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
    group_of=groups,
    models_section="codex-pro",
    logins=(LOGIN, OpenAIDevice(provider="codex", client=CLIENT)),
    notice=NOTICE,
    refresh=REFRESH,
)
