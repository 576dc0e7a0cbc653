"""What every request goes through, whichever way it came in: it is read, planned and run, and its client told how."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from cliproxy.access.principal import Principal
from cliproxy.config.schema import Config
from cliproxy.dialects.base import Dialect, Operation, RequestHead
from cliproxy.dispatch.conversation import conversation_of
from cliproxy.dispatch.dispatcher import Dispatcher
from cliproxy.dispatch.exchange import ClientStream, Clock, Exchange
from cliproxy.errors import GatewayError, RequestError
from cliproxy.routing.catalog import Servable, everything
from cliproxy.routing.plan import Plan
from cliproxy.runtime.snapshot import Snapshot
from cliproxy.wire.body import close_body, open_body, readable
from cliproxy.wire.http import Headers

MEGABYTE = 1024 * 1024


class Told(Protocol):
    """Whoever can be told that a request went wrong."""

    async def fail(self, error: GatewayError) -> None:
        """Send an error."""
        ...


class Client(ClientStream, Protocol):
    """The way back to a client that may have to wait."""

    def kept_alive(self) -> contextlib.AbstractAsyncContextManager[None]:
        """While inside, tell a waiting client after each stretch of silence that it is not forgotten."""
        ...


def _unheeded(channel: str) -> None:
    """Keep nothing for anybody."""


@dataclass(frozen=True, slots=True)
class Front:
    """What a request needs, current at each."""

    snapshot: Callable[[], Snapshot]
    dispatcher: Callable[[], Dispatcher]
    servable: Servable = everything  # whether one of some candidates may answer, now or after a rest
    clock: Clock = time.time
    left: Callable[[str], None] = _unheeded  # is told which channel's client left, for what was kept for it

    async def run(self, exchange: Exchange, client: Client, path: str) -> None:
        """Answer an exchange, whatever comes of it."""
        async with answering(client, exchange.id, path), client.kept_alive():
            await self.dispatcher().run(exchange, client)


@contextlib.asynccontextmanager
async def answering(client: Told, exchange_id: str, path: str) -> AsyncIterator[None]:
    """Tell the client whatever goes wrong inside; only that it left is raised."""
    try:
        yield
    except GatewayError as error:
        await client.fail(error)
    except ConnectionError:
        raise
    except Exception:  # noqa: BLE001 (a fault of ours costs one request, and is logged)
        # A plain trace: a prettier one, which a host may have set up, prints local variables, and those hold secrets.
        structlog.get_logger().error("exchange failed", exchange=exchange_id, path=path, trace=traceback.format_exc())
        await client.fail(GatewayError("the gateway failed; its log says why"))


def exchange_of(
    body: bytes,
    path: Mapping[str, str],
    *,
    snapshot: Snapshot,
    dialect: Dialect,
    operation: Operation,
    exchange_id: str,
    headers: Headers,
    principal: Principal,
    servable: Servable = everything,
) -> Exchange:
    """
    Return one request, read as far as it takes to know who could serve it.

    Args:
        body: As it came.
        path: What path and query say: model, method, alt.
        snapshot: The configuration this request keeps.
        dialect: The client's.
        operation: What is asked for.
        exchange_id: Under which the log knows it.
        headers: The client's.
        principal: Who asks.
        servable: Whether one of some candidates may answer, now or after a rest.

    Raises:
        RequestError: The body cannot be read, or nobody offers the model.
        NotTranslated: Somebody does, but not this.
    """
    body = readable(body)
    if operation is Operation.COMPACT:
        body = _without_stream(body)
    head = dialect.read_head(body, path)
    if head.stream and operation is not Operation.GENERATE:
        raise RequestError("only a reply is streamed; leave out `stream`")
    plan = snapshot.catalog.plan(
        head.model, dialect, operation, stream=head.stream, allowed=principal.models, servable=servable
    )
    return Exchange(
        id=exchange_id,
        dialect=dialect,
        operation=operation,
        head=head,
        body=body,
        headers=headers,
        principal=principal,
        plan=plan,
        conversation_key=_conversation(snapshot, principal, plan, head, headers),
        amendments=snapshot.amendments,
        remembers=head.stores,
    )


def silence_of(config: Config, head: RequestHead) -> float | None:
    """Return after how many seconds of silence a waiting client is told that it is not forgotten; None: never."""
    return (config.streaming.keepalive_seconds if head.stream else config.nonstream_keepalive_interval) or None


def _conversation(snapshot: Snapshot, principal: Principal, plan: Plan, head: RequestHead, headers: Headers) -> str:
    """Return which conversation a request belongs to, where that decides whom to ask, or is told to the upstream."""
    decides = len(plan.candidates) > 1 and snapshot.policy.keeps_conversations
    first = plan.candidates[:1]  # there may be thousands, and those of one model are hardly ever of several vendors
    if not decides and not any(plan.targets[one].provider.asks_conversation for one in first):
        return ""
    return conversation_of(principal.name, plan.name, head, headers)


def _without_stream(body: bytes) -> bytes:
    """Return a request without the field that says its answer is one body: vendors do not know it here."""
    top = open_body(body)
    if bytes(top.get("stream", b"")) not in (b"false", b"null"):
        return body
    del top["stream"]
    return close_body(top)
