"""What outlasts a configuration: what is kept for clients between their requests, and was found out about upstreams."""

from __future__ import annotations

from dataclasses import dataclass, field

from cliproxy.dispatch.lacking import LackedOperations
from cliproxy.dispatch.lessons import Lessons
from cliproxy.dispatch.memory import KeptReplies
from cliproxy.dispatch.proofs import KeptProofs


@dataclass(frozen=True, slots=True)
class Lasting:
    """What one dispatcher hands to the next."""

    proofs: KeptProofs = field(default_factory=KeptProofs)
    replies: KeptReplies = field(default_factory=KeptReplies)
    lacked: LackedOperations = field(default_factory=LackedOperations)
    lessons: Lessons = field(default_factory=Lessons)
