"""An account that was logged in to, in facts without secrets: for a table and for `--json`."""

from __future__ import annotations

from collections.abc import Mapping

from cliproxy.config.schema import Config
from cliproxy.credentials.files.fields import written
from cliproxy.runtime.newcomers import Saved
from cliproxy.stores.base import AUTHS

_SHOWN = ("provider", "account", "organization", "plan", "projects", "expires_at", "file")


def facts_of(saved: Saved, config: Config) -> dict[str, object]:
    """Return what an account is, without secrets."""
    first = saved.first
    organization = first.details.get("organization")
    return {
        "ok": True,
        "provider": first.provider,
        "account": saved.account,
        "organization": organization if isinstance(organization, str) else "",
        "plan": first.plan,
        "projects": [one.project for one in saved.credentials if one.project],
        "expires_at": written(first.expires_at) if first.expires_at is not None else None,
        "file": str(config.auth_folder() / saved.key.removeprefix(AUTHS)),
        "replaced": saved.replaced,
        "disabled": first.disabled,
        "notes": list(saved.notes),
    }


def rows_of(facts: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return what a person wants to see of them."""
    return [(name.replace("_", " "), _shown(facts[name])) for name in _SHOWN if facts[name]]


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
