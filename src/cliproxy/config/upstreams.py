"""
Settings of upstreams: their keys, their models, and what may be asked of each key.

Source: `reference` sheet `config` section 6 (read 2026-11-21); `max-concurrent` and `quota` are ours.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, Literal

from msgspec import Meta, field

from cliproxy.config import forms
from cliproxy.config.block import AtLeastOne, BaseUrl, Block, Pattern, ProxyUrl

LARGEST_QUOTA = 10**15

RequiredBaseUrl = Annotated[
    BaseUrl,
    Meta(
        description="Address of the API, mostly ending in /v1. Required.", examples=["https://upstream.example.com/v1"]
    ),
]
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
Disabled = Annotated[bool, Meta(description="Leave the entry out.")]
DisableCooling = Annotated[
    bool | None, Meta(description="As the disable-cooling for all, which it replaces. null: as for all.")
]
OwnRounds = Annotated[
    Annotated[int, Meta(ge=0)] | None,
    Meta(description="As the request-retry for all, which it replaces. null: as for all."),
]


class ModelEntry(Block, frozen=True):
    """One model of an upstream, and what clients call it."""

    name: Annotated[str, Meta(description="The upstream's name of the model.", examples=["upstream-model"])] = ""
    alias: Annotated[str, Meta(description="What clients call it. Empty: by its own name.", examples=["my-model"])] = ""

    def flaw(self) -> str:
        return "" if self.name else "name is missing"


class Share(Block, frozen=True, kw_only=True):
    """How much is asked of one key."""

    disabled: Disabled = False
    weight: Annotated[AtLeastOne, Meta(description="Turns this key gets where another gets one.")] = 1
    max_concurrent: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(
            description="Requests at once with this key, as concurrency.per-credential, which it replaces. "
            "0: no bound; null: as for all."
        ),
    ] = None
    quota: Annotated[
        int,
        Meta(ge=0, le=LARGEST_QUOTA, description="Most this key may use in a period; then it rests. 0: no end."),
    ] = 0
    quota_unit: Annotated[
        Literal["tokens", "requests"], Meta(description="What the quota counts: tokens in and out, or requests.")
    ] = "tokens"
    quota_period: Annotated[
        str,
        Meta(
            description="How long a quota lasts: a calendar month or day in UTC, an hour, or so many seconds.",
            extra={"form": forms.quota_period},
            extra_json_schema={"also": "integer"},
        ),
    ] = "month"
    disable_cooling: DisableCooling = None
    request_retry: OwnRounds = None


class UpstreamKey(Share, frozen=True):
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
        Meta(
            description="Ask this upstream over a websocket where the client came over one, so that each turn says "
            "only what is new."
        ),
    ] = False

    def flaw(self) -> str:
        return super().flaw() or ("" if self.base_url else "base-url is missing")


class VertexKey(UpstreamKey, frozen=True):
    """One API key for a service that speaks Vertex AI's form of the Gemini API."""

    base_url: RequiredBaseUrl = ""

    def flaw(self) -> str:
        return super().flaw() or ("" if self.base_url else "base-url is missing")

    def identity(self) -> Hashable:
        return self.api_key, self.base_url


class CompatibleKey(Share, frozen=True):
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
    disabled: Disabled = False
    disable_cooling: DisableCooling = None
    request_retry: OwnRounds = None

    def flaw(self) -> str:
        return "" if self.base_url else "base-url is missing"
