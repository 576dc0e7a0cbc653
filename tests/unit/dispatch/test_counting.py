"""A count of tokens where no upstream gives one."""

from __future__ import annotations

from collections.abc import Iterable

from cliproxy.access.principal import Principal
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation
from cliproxy.dialects.anthropic_messages import DIALECT
from cliproxy.dialects.base import Operation, RequestHead
from cliproxy.dispatch.counting import estimate
from cliproxy.dispatch.exchange import Exchange
from cliproxy.errors import GatewayError
from cliproxy.routing.plan import Plan
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList

MODEL = ModelInfo("gpt-5")


class Client:
    """Notes what it is sent."""

    def begin(self, framing: Framing, headers: HeaderList) -> None:
        raise AssertionError("a count is not streamed")

    def write(self, units: Iterable[bytes]) -> None:
        raise AssertionError("a count is not streamed")

    async def flush(self) -> None:
        pass

    async def finish(self) -> None:
        pass

    async def whole(self, body: bytes, headers: HeaderList) -> None:
        self.body, self.headers = body, dict(headers)

    async def fail(self, error: GatewayError) -> None:
        raise error


async def test_an_estimate_is_marked() -> None:
    asked: list[tuple[str, ModelInfo]] = []

    async def count(conversation: Conversation, model: ModelInfo) -> int:
        asked.append((conversation.model, model))
        return 42

    body = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    plan = Plan("m", "m", (), {}, info=MODEL)
    exchange = Exchange("x", DIALECT, Operation.COUNT_TOKENS, RequestHead("m"), body, {}, Principal("ann"), plan)
    assert DIALECT.counting is not None
    client = Client()

    await estimate(exchange, DIALECT.counting, client, count)

    assert client.body == b'{"input_tokens":42}'
    assert client.headers == {"x-cliproxy-estimated": "true"}
    assert asked == [("m", MODEL)]
