"""
Every setting: its name, type, default, limits and one sentence of help.

What stands here is all there is to say about a setting; loading, the example file, the JSON schema for editors and the
reference read it from here. Names are written in kebab-case in YAML. A field's `extra` may name its normal form
(see `forms`).

Source: the Go program's `config.yaml` as of March 2026; `limits`, `strict-translation`, `upstream-timeouts` and
`shutdown-seconds` are ours.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, field

from cliproxy.config import forms
from cliproxy.config.forms import Strategy

HIDDEN = "***"
SECRETS = frozenset({"api_key", "api_keys", "headers", "proxy_url"})  # fields whose values are never shown

# Types with a normal form, and settings that stand in several places.
ClientKey = Annotated[str, Meta(extra={"form": forms.header_value})]
Pattern = Annotated[str, Meta(extra={"form": forms.model_pattern})]
OffAtZero = Annotated[int, Meta(extra={"form": forms.at_least_zero})]
BaseUrl = Annotated[str, Meta(extra={"form": forms.base_url})]
RequiredBaseUrl = Annotated[
    BaseUrl,
    Meta(
        description="Address of the API, mostly ending in /v1. Required.", examples=["https://upstream.example.com/v1"]
    ),
]
ProxyUrl = Annotated[str, Meta(extra={"form": forms.proxy_url})]
KeyProxyUrl = Annotated[
    ProxyUrl, Meta(description="Proxy for this key: as the proxy-url for all, which it replaces, or direct.")
]
Priority = Annotated[
    int, Meta(description="Entries with a higher number are asked first; the others only when none of them is ready.")
]
Prefix = Annotated[
    str,
    Meta(
        description="Clients may name these models as prefix/model to reach this entry.",
        examples=["team"],
        extra={"form": forms.model_prefix},
    ),
]
Headers = Annotated[
    dict[str, str],
    Meta(
        description="Headers added to every request to this upstream.",
        examples=[{"X-Custom-Header": "custom-value"}],
    ),
]


class Block(msgspec.Struct, frozen=True, rename="kebab"):
    """A mapping in the file. Its secrets never appear in a repr."""

    def flaw(self) -> str:
        """Return why this cannot be used; empty: it can. In a list it is left out, elsewhere it is an error."""
        return ""

    def identity(self) -> Hashable:
        """Return what may stand only once in a list; None: repeat it freely."""
        return None

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, _shown(name, getattr(self, name))) for name in self.__struct_fields__]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"


class Tls(Block, frozen=True):
    """How we serve HTTPS."""

    enable: Annotated[bool, Meta(description="Serve HTTPS instead of HTTP.")] = False
    cert: Annotated[str, Meta(description="PEM file with the certificate and its chain.")] = ""
    key: Annotated[str, Meta(description="PEM file with the certificate's private key.")] = ""

    def flaw(self) -> str:
        missing = [name for name in ("cert", "key") if not getattr(self, name)]
        return f"enable is true without {' and '.join(missing)}" if self.enable and missing else ""


class Routing(Block, frozen=True):
    """Who is asked when several could answer."""

    strategy: Annotated[
        Strategy,
        Meta(
            description="Among equals of one priority: take turns (round-robin), or use up the first (fill-first).",
            extra={"form": forms.strategy},
        ),
    ] = "round-robin"


class Streaming(Block, frozen=True):
    """How streamed replies are kept going."""

    keepalive_seconds: Annotated[
        OffAtZero,
        Meta(description="Send a comment after so many silent seconds, so that nobody in between hangs up. 0: never."),
    ] = 0
    bootstrap_retries: Annotated[
        OffAtZero, Meta(description="Start a stream again so often when it fails before its first byte. 0: never.")
    ] = 0


class ModelEntry(Block, frozen=True):
    """One model of an upstream, and what clients call it."""

    name: Annotated[str, Meta(description="The upstream's name of the model.", examples=["upstream-model"])] = ""
    alias: Annotated[str, Meta(description="What clients call it. Empty: by its own name.", examples=["my-model"])] = ""

    def flaw(self) -> str:
        return "" if self.name else "name is missing"


class UpstreamKey(Block, frozen=True):
    """One API key at one vendor."""

    api_key: Annotated[
        str, Meta(description="The key.", examples=["your-api-key"], extra={"form": forms.header_value})
    ] = ""
    base_url: Annotated[BaseUrl, Meta(description="Address of the API. Empty: the vendor's own.")] = ""
    proxy_url: KeyProxyUrl = ""
    priority: Priority = 0
    prefix: Prefix = ""
    headers: Headers = field(default_factory=dict)
    models: Annotated[
        tuple[ModelEntry, ...], Meta(description="The models on offer. Empty: all that are known for this upstream.")
    ] = ()
    excluded_models: Annotated[
        tuple[Pattern, ...],
        Meta(
            description="Upstream names of models not to offer; * is any text, and alone switches the entry off.",
            examples=[["some-model", "*-preview"]],
        ),
    ] = ()

    def flaw(self) -> str:
        return "" if self.api_key else "api-key is missing"


class GeminiKey(UpstreamKey, frozen=True):
    """One API key for Gemini."""

    def identity(self) -> Hashable:
        return self.api_key, self.base_url


class ClaudeKey(UpstreamKey, frozen=True):
    """One API key for Claude, or for a service that speaks its API."""


class CodexKey(UpstreamKey, frozen=True):
    """One API key for a service that speaks the Responses API."""

    base_url: RequiredBaseUrl = ""
    websockets: Annotated[
        bool,
        Meta(description="Talk to this upstream over a websocket. Read already; served once that transport is built."),
    ] = False

    def flaw(self) -> str:
        return super().flaw() or ("" if self.base_url else "base-url is missing")


class CompatibleKey(Block, frozen=True):
    """One API key at an OpenAI-compatible upstream."""

    api_key: Annotated[
        str,
        Meta(
            description="The key. Empty: the upstream is asked without one, through this entry's proxy.",
            examples=["your-api-key"],
            extra={"form": forms.header_value},
        ),
    ] = ""
    proxy_url: KeyProxyUrl = ""

    def flaw(self) -> str:
        return "" if self.api_key or self.proxy_url else "api-key is missing"


class CompatibleUpstream(Block, frozen=True):
    """One upstream that speaks OpenAI Chat Completions, with all its keys."""

    name: Annotated[
        str,
        Meta(
            description="What this upstream is called, in model listings too.",
            examples=["my-upstream"],
            extra={"form": forms.compatible_name},
        ),
    ] = forms.COMPATIBLE_NAME
    base_url: RequiredBaseUrl = ""
    api_key_entries: Annotated[
        tuple[CompatibleKey, ...], Meta(description="The keys. Empty: the upstream is asked without one.")
    ] = ()
    priority: Priority = 0
    prefix: Prefix = ""
    headers: Headers = field(default_factory=dict)
    models: Annotated[
        tuple[ModelEntry, ...], Meta(description="The models on offer. Required: no others are known here.")
    ] = ()

    def flaw(self) -> str:
        return "" if self.base_url else "base-url is missing"


class Limits(Block, frozen=True):
    """What a client may send."""

    max_body_mb: Annotated[int, Meta(ge=1, description="Largest request body, in megabytes, unpacked.")] = 64
    max_header_kb: Annotated[int, Meta(ge=1, description="Largest request header, in kilobytes.")] = 64
    header_timeout_seconds: Annotated[
        int, Meta(ge=1, description="Hang up on a client whose request header is not complete after so many seconds.")
    ] = 15


class UpstreamTimeouts(Block, frozen=True):
    """How long we wait for an upstream."""

    connect_seconds: Annotated[int, Meta(ge=1, description="Longest wait for a connection.")] = 15
    idle_seconds: Annotated[
        int, Meta(ge=1, description="Longest silence between two bytes of an answer, the first byte included.")
    ] = 300


class Config(Block, frozen=True):
    """The whole file."""

    host: Annotated[str, Meta(description="Address to listen on. Empty: every interface, IPv4 and IPv6.")] = ""
    port: Annotated[int, Meta(ge=0, le=65535, description="TCP port to listen on. 0: any free one.")] = 8317
    tls: Annotated[Tls, Meta(description="HTTPS.")] = Tls()
    api_keys: Annotated[
        tuple[ClientKey, ...],
        Meta(
            description="Keys clients may use. Empty: only clients on this machine are served.",
            examples=[["key-of-alice", "key-of-bob"]],
        ),
    ] = ()
    proxy_url: Annotated[
        ProxyUrl,
        Meta(
            description="Proxy to reach upstreams: http://, https:// or socks5:// with [user:password@]host:port; "
            "direct: none. Empty: what the environment says.",
            examples=["socks5://user:password@127.0.0.1:1080"],
        ),
    ] = ""
    debug: Annotated[bool, Meta(description="Log more.")] = False
    request_retry: Annotated[
        int, Meta(ge=0, description="Rounds to try after the first when every credential failed. 0: none.")
    ] = 3
    max_retry_credentials: Annotated[OffAtZero, Meta(description="Most credentials to try in one round. 0: all.")] = 0
    max_retry_interval: Annotated[
        int, Meta(ge=0, description="Longest wait, in seconds, for a resting credential before another round. 0: none.")
    ] = 30
    routing: Annotated[Routing, Meta(description="Who is asked when several could answer.")] = Routing()
    force_model_prefix: Annotated[
        bool, Meta(description="Offer the models of an entry that has a prefix only as prefix/model.")
    ] = False
    passthrough_headers: Annotated[bool, Meta(description="Pass the upstream's response headers on to the client.")] = (
        False
    )
    strict_translation: Annotated[
        bool,
        Meta(
            description="Refuse a request that an upstream of another API cannot be told in full, naming the fields, "
            "instead of leaving them out."
        ),
    ] = False
    streaming: Annotated[Streaming, Meta(description="Streamed replies.")] = Streaming()
    nonstream_keepalive_interval: Annotated[
        OffAtZero,
        Meta(description="Send a blank line every so many seconds while a whole reply is awaited. 0: never."),
    ] = 0
    limits: Annotated[Limits, Meta(description="What a client may send.")] = Limits()
    upstream_timeouts: Annotated[UpstreamTimeouts, Meta(description="How long to wait for an upstream.")] = (
        UpstreamTimeouts()
    )
    shutdown_seconds: Annotated[
        int, Meta(ge=0, description="When told to stop: let requests in flight finish for so many seconds.")
    ] = 30
    gemini_api_key: Annotated[tuple[GeminiKey, ...], Meta(description="API keys for Gemini.")] = ()
    claude_api_key: Annotated[
        tuple[ClaudeKey, ...], Meta(description="API keys for Claude, or for services that speak its API.")
    ] = ()
    codex_api_key: Annotated[
        tuple[CodexKey, ...], Meta(description="API keys for services that speak the Responses API.")
    ] = ()
    openai_compatibility: Annotated[
        tuple[CompatibleUpstream, ...], Meta(description="Upstreams that speak OpenAI Chat Completions.")
    ] = ()


def _shown(name: str, value: object) -> object:
    """Return a setting's value for a repr: of a secret that it is there, not what it is."""
    match value:
        case str() if name.endswith("_url"):
            return forms.without_secrets(value)
        case str() if value and name in SECRETS:
            return HIDDEN
        case tuple() if name in SECRETS:
            return (HIDDEN,) * len(value)
        case dict() if name in SECRETS:
            return dict.fromkeys(value, HIDDEN)
        case _:
            return value
