"""
Settings of how calls go out: how long to wait, whose certificates to trust, what some upstreams are told of the client.

Source: `reference` sheet `config` section 4 (read 2026-11-21). `upstream-timeouts` and `upstream-tls` are ours.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from cliproxy.config import forms
from cliproxy.config.block import Block

HeaderText = Annotated[str, Meta(extra={"form": forms.header_value})]


class UpstreamTimeouts(Block, frozen=True):
    """How long we wait for an upstream, phase by phase."""

    connect_seconds: Annotated[
        int, Meta(ge=1, description="Longest wait for a connection: name, proxy and TLS included.")
    ] = 15
    answer_seconds: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Longest wait for the head of an answer. null: as idle-seconds."),
    ] = None
    idle_seconds: Annotated[int, Meta(ge=1, description="Longest silence between two bytes of an answer.")] = 300

    @property
    def for_answer(self) -> int:
        """Return the longest wait for the head of an answer, in seconds."""
        return self.idle_seconds if self.answer_seconds is None else self.answer_seconds


class UpstreamTls(Block, frozen=True):
    """Whose certificates we trust."""

    ca_file: Annotated[
        str,
        Meta(
            description="PEM file with certificates of authorities that upstreams and proxies may have theirs from, "
            "beside those that the system trusts."
        ),
    ] = ""


class ClaudeHeaderDefaults(Block, frozen=True):
    """What Claude is told where the client says nothing."""

    user_agent: Annotated[HeaderText, Meta(description="Header User-Agent. Empty: none.")] = ""
    package_version: Annotated[HeaderText, Meta(description="Header X-Stainless-Package-Version. Empty: none.")] = ""
    runtime_version: Annotated[HeaderText, Meta(description="Header X-Stainless-Runtime-Version. Empty: none.")] = ""
    timeout: Annotated[HeaderText, Meta(description="Header X-Stainless-Timeout. Empty: none.")] = ""


class CodexHeaderDefaults(Block, frozen=True):
    """What Codex is told for accounts that have logged in; keys of codex-api-key are not concerned."""

    user_agent: Annotated[
        HeaderText, Meta(description="Header User-Agent, whatever the client says. Empty: the client's.")
    ] = ""
    beta_features: Annotated[
        HeaderText,
        Meta(description="Header x-codex-beta-features over a websocket, where the client says none. Empty: none."),
    ] = ""
