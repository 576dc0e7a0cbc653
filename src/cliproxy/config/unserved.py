"""
Settings of the Go program's files that this version does not serve.

They are known, so nobody is told of a slip of the pen; they are reported, so nobody relies on them. A setting leaves
this table with the change that serves it.

Source: the Go program's `config.yaml` as of March 2026, and the sub-keys its later versions added.
"""

from __future__ import annotations

from cliproxy.config import schema

UNSERVED: dict[type[schema.Block], frozenset[str]] = {
    schema.Config: frozenset(
        {
            "ampcode",
            "commercial-mode",
            "error-logs-max-files",
            "logging-to-file",
            "logs-max-total-size-mb",
            "pprof",
            "remote-management",
            "request-log",
            "usage-statistics-enabled",
            # What it had before, and has long ignored.
            "amp-model-mappings",
            "amp-restrict-management-to-localhost",
            "amp-upstream-api-key",
            "amp-upstream-url",
            "auth",
            "generative-language-api-key",
            # What it had later.
            "antigravity",
            "auth-auto-refresh-workers",
            "codex",
            "disable-claude-cloak-mode",
            "disable-image-generation",
            "gpt-image-2-base-model",
            "interactions-api-key",
            "oauth-request-scoped-errors",
            "plugins",
            "redis-usage-queue-retention-seconds",
            "save-cooldown-status",
            "transient-error-cooldown-seconds",
            "video-result-auth-cache-ttl",
            "xai",
            "xai-api-key",
        }
    ),
    schema.QuotaExceeded: frozenset({"antigravity-credits"}),
    schema.ClaudeKey: frozenset({"cloak", "fingerprint-profile", "rebuild-mid-system-message"}),
    schema.CompatibleUpstream: frozenset({"api-keys", "request-scoped-errors", "support-prompt-cache-key"}),
    schema.ModelAlias: frozenset({"display-name", "force-mapping"}),
    schema.PayloadModel: frozenset({"exist", "from-protocol", "headers", "match", "not-exist", "not-match"}),
    schema.ModelEntry: frozenset(
        {
            "display-name",
            "force-mapping",
            "fork",
            "image",
            "input-modalities",
            "is-compat",
            "max-context-length",
            "output-modalities",
            "thinking",
        }
    ),
}


def is_unserved(kind: type[schema.Block], key: str) -> bool:
    return any(key in UNSERVED.get(base, ()) for base in kind.__mro__)
