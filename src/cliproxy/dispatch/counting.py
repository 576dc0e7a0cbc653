"""A count of tokens where no upstream gives one: estimated here, and marked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation
from cliproxy.dialects.base import Counting
from cliproxy.dispatch.exchange import ClientStream, Exchange

HEADER = "x-cliproxy-estimated"

Count = Callable[[Conversation, ModelInfo], Awaitable[int]]


async def estimate(exchange: Exchange, counting: Counting, client: ClientStream, count: Count) -> None:
    """Answer with an estimate. Raises RequestError where the request cannot be read."""
    tokens = await count(exchange.conversation(), exchange.plan.info)
    await client.whole(counting.encode_reply(tokens), ((HEADER, "true"),))
