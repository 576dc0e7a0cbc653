"""
Upstreams that are not there: stand-ins that speak the vendors' wire formats, play recordings and fail on request.

An independent witness. Nothing here is shared with the gateway, so a mistake in one cannot hide in the other.

    upstream = Upstream(script=Script(Rule(Match(key="sk-1"), Refuse(429, headers={"retry-after": "5"}))))
    async with serving(upstream) as server:
        ...  # ask server.url + "/v1/messages" and the like; then look at upstream.calls
"""

from cliproxy.simulator.accounts import Account, Accounts, Reading, Window
from cliproxy.simulator.answer import Answer, Call, Cut, Pause, Piece, Request
from cliproxy.simulator.faults import (
    CutAt,
    Delay,
    Drip,
    Empty,
    EndAt,
    Fault,
    Hang,
    Match,
    NoContent,
    NotStreamed,
    Refuse,
    RefuseInside,
    Rule,
    Script,
    WrongType,
    refusal_like,
)
from cliproxy.simulator.recordings import Recording, cases, forms, recorded
from cliproxy.simulator.server import Serving, serving
from cliproxy.simulator.tokens import Login, TokenServer
from cliproxy.simulator.upstream import Upstream

__all__ = [
    "Account",
    "Accounts",
    "Answer",
    "Call",
    "Cut",
    "CutAt",
    "Delay",
    "Drip",
    "Empty",
    "EndAt",
    "Fault",
    "Hang",
    "Login",
    "Match",
    "NoContent",
    "NotStreamed",
    "Pause",
    "Piece",
    "Reading",
    "Recording",
    "Refuse",
    "RefuseInside",
    "Request",
    "Rule",
    "Script",
    "Serving",
    "TokenServer",
    "Upstream",
    "Window",
    "WrongType",
    "cases",
    "forms",
    "recorded",
    "refusal_like",
    "serving",
]
