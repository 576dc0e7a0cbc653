"""One attempt's tokens, times and outcome."""

from __future__ import annotations

import enum

from msgspec import Struct

from cliproxy.conversation.reply import Usage


class Outcome(enum.Enum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABANDONED = "abandoned"  # the client left


class UsageRecord(Struct, frozen=True):
    """One attempt."""

    exchange_id: str
    attempt: int  # 1 is the first
    at: float  # unix time of its start
    provider: str
    model: str  # as the upstream names it
    credential_id: str
    principal: str
    usage: Usage
    first_byte_after: float  # seconds; 0.0: there was none
    took: float  # seconds
    outcome: Outcome
    failure: str = ""  # the kind, where it failed
    reason: str = ""  # why, where the words are ours: what was in the way to an upstream that was not reached
    account: str = ""  # where the operator finds the credential: the section of the configuration and its number
    losses: tuple[str, ...] = ()  # what did not reach the upstream of the request, or the client of the reply
    dialect: str = ""  # the client's
    upstream_dialect: str = ""
