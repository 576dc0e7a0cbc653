"""How clients and upstreams are treated, as the configuration says."""

from __future__ import annotations

from dataclasses import dataclass, field

from cliproxy.dispatch.choosing import Persistence


@dataclass(frozen=True, slots=True)
class Manners:
    """How clients and upstreams are treated, as the configuration says."""

    persistence: Persistence = field(default_factory=Persistence)
    pass_headers: bool = False  # the upstream's, to clients
    keeps_alive: bool = False  # a waiting client is told so, and an opening held for longer
    strict: bool = False  # refuse what cannot be translated in full
    names_credential: bool = False  # to clients, by its handle
