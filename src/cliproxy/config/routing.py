"""
Settings of who serves which model: names of models, and whom to ask among several.

Source: `reference` sheet `config` sections 5 and 7, and what later versions of the Go program added to `routing`;
`routes`: the user's documents (`contradictions` section 1). `api-key-models`, `concurrency` and
`routing.credential-header` are ours.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated

from msgspec import Meta

from cliproxy.config import forms
from cliproxy.config.block import BaseUrl, Block, Duration, OffAtZero, Pattern
from cliproxy.config.forms import Strategy


class ClientModels(Block, frozen=True):
    """Which models one client key may use."""

    api_key: Annotated[
        str,
        Meta(description="One of the api-keys. Required.", examples=["key-of-bob"], extra={"form": forms.header_value}),
    ] = ""
    models: Annotated[
        tuple[Pattern, ...],
        Meta(
            description="Names of the models it may use, as clients write them; * is any text. Empty: none.",
            examples=[["claude-*", "gemini-2.5-flash"]],
        ),
    ] = ()

    def flaw(self) -> str:
        return "" if self.api_key else "api-key is missing"

    def identity(self) -> Hashable:
        return self.api_key


class Routing(Block, frozen=True):
    """Who is asked when several could answer."""

    strategy: Annotated[
        Strategy,
        Meta(
            description="Among equals of one priority: take turns by weight (round-robin, weighted-round-robin), use "
            "up the first (fill-first), or ask who has the least to do (least-connections).",
            extra={"form": forms.strategy},
        ),
    ] = "round-robin"
    session_affinity: Annotated[
        bool, Meta(description="Keep a conversation at one account, so that the upstream's prompt cache serves it.")
    ] = True
    session_affinity_ttl: Annotated[
        Duration,
        Meta(
            description="Forget where a conversation was after so long without a request: seconds, or a text "
            "such as 1h30m."
        ),
    ] = 3600
    credential_header: Annotated[
        bool, Meta(description="Tell clients in the header x-cliproxy-credential, by its handle, whose reply it is.")
    ] = False


class Concurrency(Block, frozen=True):
    """How much is asked of upstreams at once."""

    per_credential: Annotated[
        OffAtZero, Meta(description="Most requests at once with one credential. 0: no bound.")
    ] = 0
    per_model: Annotated[
        OffAtZero, Meta(description="Most requests at once for one model of one credential. 0: no bound.")
    ] = 0
    queue: Annotated[
        OffAtZero, Meta(description="Most requests that may wait for a place; more are refused. 0: none waits.")
    ] = 100
    wait_seconds: Annotated[OffAtZero, Meta(description="Longest wait for a place. 0: none waits.")] = 60


class QuotaExceeded(Block, frozen=True):
    """What to do when an account has used up its quota."""

    switch_project: Annotated[
        bool, Meta(description="Go on with another project of the same account. false: the client is told.")
    ] = True
    switch_preview_model: Annotated[
        bool, Meta(description="Go on with the preview of the model, where there is one and nobody else is left.")
    ] = True


class Route(Block, frozen=True):
    """Where some models are sent, whatever the entries offer."""

    pattern: Annotated[
        Pattern,
        Meta(description="Names of models, as clients write them; * is any text. Required.", examples=["gpt-*"]),
    ] = ""
    provider: Annotated[
        str,
        Meta(
            description="Whose credentials serve them: claude, codex, gemini, ... or the name of an "
            "openai-compatibility entry; with a base-url or api-key, what is spoken there. Required without base-url.",
            examples=["codex"],
            extra={"form": forms.provider_name},
        ),
    ] = ""
    base_url: Annotated[BaseUrl, Meta(description="Address of an upstream of its own. Empty: the provider's.")] = ""
    api_key: Annotated[
        str,
        Meta(
            description="Key for it. Empty: the credentials of the provider serve.", extra={"form": forms.header_value}
        ),
    ] = ""

    def flaw(self) -> str:
        if not self.pattern:
            return "pattern is missing"
        return "" if self.provider or self.base_url else "provider is missing"


class ModelAlias(Block, frozen=True):
    """Another name for a model of an account that has logged in."""

    name: Annotated[str, Meta(description="The model's own name. Required.")] = ""
    alias: Annotated[str, Meta(description="What clients call it. Required.")] = ""
    fork: Annotated[bool, Meta(description="Offer it under its own name too.")] = False

    def flaw(self) -> str:
        missing = [name for name in ("name", "alias") if not getattr(self, name)]
        if missing:
            return f"{missing[0]} is missing"
        return "the alias is the name" if self.alias.lower() == self.name.lower() else ""

    def identity(self) -> Hashable:
        return self.alias.lower()


class OAuthClient(Block, frozen=True):
    """This program, as a vendor's login server knows it."""

    client_id: Annotated[str, Meta(description="Its id there. Empty: the one of the vendor's own program.")] = ""
    client_secret: Annotated[str, Meta(description="Its secret, where the vendor gave one.")] = ""

    def flaw(self) -> str:
        return "" if self.client_id or self.client_secret else "client-id is missing"
