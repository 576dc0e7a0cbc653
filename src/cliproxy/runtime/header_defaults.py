"""
What the operator wants Claude and Codex told of the client -> providers that say so.

Claude gets each header that the client has not sent itself. Codex gets them for accounts that have logged in: the user
agent whatever the client says, the beta features over a websocket where the client names none. Keys of `codex-api-key`
go out as they were.

Source: `reference` sheet `config` sections 4 and 6.3 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from cliproxy.config.schema import ClaudeHeaderDefaults, CodexHeaderDefaults, Config
from cliproxy.providers.base import Call, Provider
from cliproxy.wire.http import Carrier, HeaderList

CLAUDE, CODEX = "claude", "codex"

_FEATURES = "x-codex-beta-features"

Say = Callable[[Call], HeaderList]


def with_header_defaults(config: Config, providers: Mapping[str, Provider]) -> Mapping[str, Provider]:
    """Return the providers; those of which the configuration says nothing are as they were."""
    claude, codex = config.claude_header_defaults, config.codex_header_defaults
    changed = dict(providers)
    if claude != ClaudeHeaderDefaults() and CLAUDE in providers:
        changed[CLAUDE] = _saying(providers[CLAUDE], _to_claude(claude))
    if codex != CodexHeaderDefaults() and CODEX in providers:
        changed[CODEX] = _saying(providers[CODEX], _to_codex(codex))
    return changed


def _saying(provider: Provider, say: Say) -> Provider:
    """Return a provider that says more; its own word goes first."""
    own = provider.headers
    return replace(provider, headers=lambda call: (*say(call), *own(call)))


def _to_claude(said: ClaudeHeaderDefaults) -> Say:
    headers = (
        ("User-Agent", said.user_agent),
        ("X-Stainless-Package-Version", said.package_version),
        ("X-Stainless-Runtime-Version", said.runtime_version),
        ("X-Stainless-Timeout", said.timeout),
    )
    written = tuple((name, value) for name, value in headers if value)
    return lambda call: tuple((name, value) for name, value in written if name not in call.client_headers)


def _to_codex(said: CodexHeaderDefaults) -> Say:
    def say(call: Call) -> HeaderList:
        if not call.credential.document:
            return ()
        headers: HeaderList = (("User-Agent", said.user_agent),) if said.user_agent else ()
        is_socket = call.endpoint.carrier is Carrier.WEBSOCKET
        if is_socket and said.beta_features and _FEATURES not in call.client_headers:
            headers = (*headers, (_FEATURES, said.beta_features))
        return headers

    return say
