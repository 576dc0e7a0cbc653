"""How clients and upstreams are treated, as the configuration says."""

from __future__ import annotations

from dataclasses import dataclass, field

from cliproxy.config.schema import Config
from cliproxy.dispatch.choosing import Persistence


@dataclass(frozen=True, slots=True)
class Manners:
    """How clients and upstreams are treated, as the configuration says."""

    persistence: Persistence = field(default_factory=Persistence)
    pass_headers: bool = False  # the upstream's, to clients
    keeps_alive: bool = False  # a waiting client is told so, and an opening held for longer
    strict: bool = False  # refuse what cannot be translated in full
    names_credential: bool = False  # to clients, by its handle

    @classmethod
    def of(cls, config: Config) -> Manners:
        """Return what a configuration says of it."""
        return cls(
            persistence=Persistence(
                rounds=config.request_retry,
                credentials=config.max_retry_credentials,
                longest_wait=config.max_retry_interval,
                stream_rounds=config.streaming.bootstrap_retries,
                switches_project=config.quota_exceeded.switch_project,
                switches_model=config.quota_exceeded.switch_preview_model,
            ),
            pass_headers=config.passthrough_headers,
            keeps_alive=config.streaming.keepalive_seconds > 0,
            strict=config.strict_translation,
            names_credential=config.routing.credential_header,
        )
