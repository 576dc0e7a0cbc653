"""
Rules that change requests on their way to an upstream: the `payload` block.

Values are kept as the JSON values they are. A `-raw` rule holds JSON text, which goes into the request as it stands.

Source: `reference` sheet `config` section 8.1 (read 2026-11-21).
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, field

from cliproxy.config import forms
from cliproxy.config.block import Block

PROTOCOLS = ("openai", "openai-response", "responses", "codex", "claude", "gemini", "gemini-cli", "antigravity")


class PayloadModel(Block, frozen=True):
    """Models a rule is for."""

    name: Annotated[
        str, Meta(description="Name of a model, the upstream's or the client's; * is any text. Case counts.")
    ] = ""
    protocol: Annotated[
        str,
        Meta(
            description=f"Only where the upstream speaks it: {', '.join(PROTOCOLS)}. Empty: whatever it speaks.",
            extra={"form": str.lower},
        ),
    ] = ""

    def flaw(self) -> str:
        if not self.name:
            return "name is missing"
        known = not self.protocol or self.protocol in PROTOCOLS
        return "" if known else f"protocol is {self.protocol!r}; it can be {', '.join(PROTOCOLS)}"


Models = Annotated[tuple[PayloadModel, ...], Meta(description="The models the rule is for. Required.")]


class PayloadRule(Block, frozen=True):
    """Values to be put into requests."""

    models: Models = ()
    params: Annotated[
        dict[str, Any], Meta(description="Values by their path, e.g. generationConfig.temperature. Required.")
    ] = field(default_factory=dict)

    def flaw(self) -> str:
        return _missing(self)


class RawPayloadRule(Block, frozen=True):
    """JSON to be put into requests as it stands."""

    models: Models = ()
    params: Annotated[
        dict[str, Any],
        Meta(
            description="JSON texts by their path; a value that is no text is written as JSON. Required.",
            extra={"form": forms.json_texts},
        ),
    ] = field(default_factory=dict)

    def flaw(self) -> str:
        return _missing(self)


class PayloadFilter(Block, frozen=True):
    """What is to be taken out of requests."""

    models: Models = ()
    params: Annotated[tuple[str, ...], Meta(description="Paths of what is taken out. Required.")] = ()

    def flaw(self) -> str:
        return _missing(self)


class PayloadRules(Block, frozen=True):
    """All rules, in the order in which they are applied."""

    default: Annotated[
        tuple[PayloadRule, ...], Meta(description="Put in where the request has nothing; the first that matches wins.")
    ] = ()
    default_raw: Annotated[
        tuple[RawPayloadRule, ...], Meta(description="The same, with values that are JSON text.")
    ] = ()
    override: Annotated[
        tuple[PayloadRule, ...], Meta(description="Put in whatever the request has; the last that matches wins.")
    ] = ()
    override_raw: Annotated[
        tuple[RawPayloadRule, ...], Meta(description="The same, with values that are JSON text.")
    ] = ()
    filter: Annotated[tuple[PayloadFilter, ...], Meta(description="Take out, whatever put it in.")] = ()


def _missing(rule: PayloadRule | RawPayloadRule | PayloadFilter) -> str:
    missing = [name for name in ("models", "params") if not getattr(rule, name)]
    return f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing" if missing else ""
