"""
CLI Proxy API: one endpoint in front of every AI account.

The names in `__all__` are for whoever embeds or extends it; everything else is ours to move. They are loaded when first
used, so that a command which needs none of them starts at once; `__init__.pyi` tells type checkers where they are.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PLACES = {
    "access.principal": ("AccessProvider", "AccessRequest", "Principal"),
    "config.environment": ("Environment",),
    "config.schema": ("Config",),
    "credentials.credential": ("Credential",),
    "dialects.base": ("Operation",),
    "errors": ("AccessDenied", "ConfigError", "Failure", "FailureKind", "SetupError"),
    "gateway": ("Gateway",),
    "providers.base": ("Call", "Endpoint", "Provider", "Streams", "bearer", "held_under", "key_header"),
    "transport.base": ("BrokenOff", "TooLong", "Transport", "Unreachable", "UpstreamResponse"),
    "usage.record": ("UsageRecord",),
    "usage.sink": ("UsageSink",),
    "wire.body": ("TopLevel",),
    "wire.http": ("HeaderList", "Headers", "HttpRequest"),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}

__all__ = [
    "AccessDenied",
    "AccessProvider",
    "AccessRequest",
    "BrokenOff",
    "Call",
    "Config",
    "ConfigError",
    "Credential",
    "Endpoint",
    "Environment",
    "Failure",
    "FailureKind",
    "Gateway",
    "HeaderList",
    "Headers",
    "HttpRequest",
    "Operation",
    "Principal",
    "Provider",
    "SetupError",
    "Streams",
    "TooLong",
    "TopLevel",
    "Transport",
    "Unreachable",
    "UpstreamResponse",
    "UsageRecord",
    "UsageSink",
    "__version__",
    "bearer",
    "held_under",
    "key_header",
]


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name not in _PLACE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PLACE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public."""
    return sorted(__all__)
