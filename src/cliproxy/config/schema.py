"""
Every setting: its name, type, default, limits and one sentence of help.

What stands here, in `network`, `routing`, `upstreams` and `payload` is all there is to say about a setting; loading,
the example file, the JSON schema for editors and the reference read it from here. Names are written in kebab-case in
YAML.

Source: the Go program's `config.yaml` as of March 2026. `limits`, `max-rest-seconds`, `models-url`, `oauth-clients`,
`shutdown-seconds`, `strict-translation`, `upstream-timeouts`, `upstream-tls`, `watch` and `ws-origins` are ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, field

from cliproxy.config import forms
from cliproxy.config.block import BaseUrl, Block, Channel, ClientKey, OffAtZero, Pattern, ProxyUrl
from cliproxy.config.folders import credential_folder
from cliproxy.config.network import ClaudeHeaderDefaults, CodexHeaderDefaults, UpstreamTimeouts, UpstreamTls
from cliproxy.config.payload import PayloadFilter, PayloadModel, PayloadRule, PayloadRules, RawPayloadRule
from cliproxy.config.routing import ClientModels, Concurrency, ModelAlias, OAuthClient, QuotaExceeded, Route, Routing
from cliproxy.config.upstreams import (
    ClaudeKey,
    CodexKey,
    CompatibleKey,
    CompatibleUpstream,
    GeminiKey,
    ModelEntry,
    Share,
    UpstreamKey,
    VertexKey,
)

__all__ = [
    "Block",
    "ClaudeHeaderDefaults",
    "ClaudeKey",
    "ClientModels",
    "CodexHeaderDefaults",
    "CodexKey",
    "CompatibleKey",
    "CompatibleUpstream",
    "Concurrency",
    "Config",
    "GeminiKey",
    "Limits",
    "ModelAlias",
    "ModelEntry",
    "OAuthClient",
    "PayloadFilter",
    "PayloadModel",
    "PayloadRule",
    "PayloadRules",
    "QuotaExceeded",
    "RawPayloadRule",
    "Route",
    "Routing",
    "Share",
    "Streaming",
    "Tls",
    "UpstreamKey",
    "UpstreamTimeouts",
    "UpstreamTls",
    "VertexKey",
]


class Tls(Block, frozen=True):
    """How we serve HTTPS."""

    enable: Annotated[bool, Meta(description="Serve HTTPS instead of HTTP.")] = False
    cert: Annotated[str, Meta(description="PEM file with the certificate and its chain.")] = ""
    key: Annotated[str, Meta(description="PEM file with the certificate's private key.")] = ""

    def flaw(self) -> str:
        missing = [name for name in ("cert", "key") if not getattr(self, name)]
        return f"enable is true without {' and '.join(missing)}" if self.enable and missing else ""


class Streaming(Block, frozen=True):
    """How streamed replies are kept going."""

    keepalive_seconds: Annotated[
        OffAtZero,
        Meta(description="Send a comment after so many silent seconds, so that nobody in between hangs up. 0: never."),
    ] = 0
    bootstrap_retries: Annotated[
        OffAtZero, Meta(description="Start a stream again so often when it fails before its first byte. 0: never.")
    ] = 0


class Limits(Block, frozen=True):
    """What a client may send."""

    max_body_mb: Annotated[int, Meta(ge=1, description="Largest request body, in megabytes, unpacked.")] = 64
    max_header_kb: Annotated[int, Meta(ge=1, description="Largest request header, in kilobytes.")] = 64
    header_timeout_seconds: Annotated[
        int, Meta(ge=1, description="Hang up on a client whose request header is not complete after so many seconds.")
    ] = 15


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
    api_key_models: Annotated[
        tuple[ClientModels, ...],
        Meta(description="Client keys that may use some models only; a key that is not named here may use all."),
    ] = ()
    auth_dir: Annotated[
        str,
        Meta(
            description="Folder of the credential files, one account each; ~ is the home folder. Where the default one "
            "holds none but has a folder auths, that is used."
        ),
    ] = forms.AUTH_DIR
    watch: Annotated[
        Literal["auto", "poll", "off"],
        Meta(
            description="How changes of this file and of credential files are noticed: by word of the system (auto), "
            "by looking every watch-poll-seconds (poll; for network folders), or not at all (off)."
        ),
    ] = "auto"
    watch_poll_seconds: Annotated[int, Meta(ge=1, description="How often to look where nobody tells.")] = 5
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
    disable_cooling: Annotated[
        bool,
        Meta(
            description="Let no credential rest for trouble that passes, or for a rate limit without a stated end; "
            "refused keys, spent quotas and stated waits still count."
        ),
    ] = False
    max_rest_seconds: Annotated[
        int, Meta(ge=1, description="Try a resting credential again after so long, whatever its upstream has stated.")
    ] = 3600
    routing: Annotated[Routing, Meta(description="Who is asked when several could answer.")] = Routing()
    concurrency: Annotated[Concurrency, Meta(description="How much is asked of upstreams at once.")] = Concurrency()
    quota_exceeded: Annotated[QuotaExceeded, Meta(description="What to do when a quota is used up.")] = QuotaExceeded()
    force_model_prefix: Annotated[
        bool, Meta(description="Offer the models of an entry that has a prefix only as prefix/model.")
    ] = False
    routes: Annotated[
        tuple[Route, ...],
        Meta(description="Where models are sent by their names; the first pattern that matches counts."),
    ] = ()
    oauth_excluded_models: Annotated[
        dict[Channel, tuple[Pattern, ...]],
        Meta(
            description="Models not to offer with credential files, by kind of account: patterns of upstream names.",
            examples=[{"gemini-cli": ["*-preview"]}],
        ),
    ] = field(default_factory=dict)
    oauth_model_alias: Annotated[
        dict[Channel, tuple[ModelAlias, ...]],
        Meta(
            description="Other names for models of credential files, by the kind of account.",
            examples=[{"claude": [{"name": "claude-sonnet-4-6", "alias": "sonnet", "fork": True}]}],
        ),
    ] = field(default_factory=dict)
    oauth_clients: Annotated[
        dict[Channel, OAuthClient],
        Meta(
            description="OAuth clients of your own, by kind of account; else those of the vendors' programs. With a "
            "client-secret alone the vendor's client-id stays.",
            examples=[{"iflow": {"client-id": "your-client-id", "client-secret": "your-client-secret"}}],
        ),
    ] = field(default_factory=dict)
    models_url: Annotated[
        BaseUrl,
        Meta(
            description="Where the list of known models is renewed from. Empty: nowhere; the one that came along stays."
        ),
    ] = ""
    models_refresh_hours: Annotated[int, Meta(ge=1, description="How often it is renewed.")] = 3
    payload: Annotated[PayloadRules, Meta(description="Changes to requests before they are sent.")] = PayloadRules()
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
    upstream_tls: Annotated[UpstreamTls, Meta(description="Whose certificates to trust.")] = UpstreamTls()
    claude_header_defaults: Annotated[
        ClaudeHeaderDefaults,
        Meta(description="Headers that Claude gets where the client sends none of that name."),
    ] = ClaudeHeaderDefaults()
    codex_header_defaults: Annotated[
        CodexHeaderDefaults,
        Meta(description="Headers that Codex gets for accounts that have logged in."),
    ] = CodexHeaderDefaults()
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
    vertex_api_key: Annotated[
        tuple[VertexKey, ...], Meta(description="API keys for services that speak Vertex AI's form of the Gemini API.")
    ] = ()
    openai_compatibility: Annotated[
        tuple[CompatibleUpstream, ...], Meta(description="Upstreams that speak OpenAI Chat Completions.")
    ] = ()
    ws_auth: Annotated[
        bool,
        Meta(description="Ask pages that dial in at /v1/ws, to serve as upstreams, for a client key."),
    ] = True
    ws_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Where web pages may come from that dial in at /v1/ws, beside this machine; * stands for "
            "anything.",
            examples=[["https://pages.example.com"]],
        ),
    ] = ("https://aistudio.google.com", "https://ai.studio", "https://*.scf.usercontent.goog")

    def auth_folder(self) -> Path:
        """Return the folder of the credential files; it need not exist."""
        return credential_folder(self.auth_dir)
