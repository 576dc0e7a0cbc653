"""Answers of upstreams, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from multidict import CIMultiDict

from cliproxy.credentials.quota import QuotaWindow
from cliproxy.errors import Failure
from cliproxy.providers.diagnosis import reading
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.signals import Signals

NOW = 1_800_000_000.0  # a Friday, 08:00 UTC


def observed(
    status: int = 200, body: Any = b"", headers: Mapping[str, str] | None = None, *, model: str = "m", **more: bool
) -> Observation:
    encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Observation(status, CIMultiDict(headers or {}), encoded, NOW, model, **more)


def refused(status: int, body: Any = b"", headers: Mapping[str, str] | None = None) -> Failure:
    """Return what the readers of an unknown vendor make of a refusal."""
    return reading.COMPATIBLE.diagnose(observed(status, body, headers))


def windows_of(signals: Signals, observation: Observation) -> dict[str, QuotaWindow]:
    """Return the windows that an answer tells of, by name."""
    return {window.name: window for window in signals.quota(observation)}


def polled(signals: Signals, body: Any) -> dict[str, QuotaWindow]:
    """Return the windows that a usage endpoint's body tells of."""
    return windows_of(signals, observed(200, body, polled=True))
