"""Where log lines go, and what each attempt writes: one line, and at debug level another on what it lost."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import TextIO

import msgspec
import structlog
from msgspec import Struct

from cliproxy.usage.record import Outcome, UsageRecord

MOST_LOSSES = 100  # that one line names

_encode = msgspec.json.Encoder(enc_hook=repr).encode


def configure(*, debug: bool, stream: TextIO | None = None) -> None:
    """Send log lines to a stream, standard error by default: for people on a terminal, as JSON elsewhere."""
    target = stream or sys.stderr
    level = logging.DEBUG if debug else logging.INFO
    for_people = target.isatty()
    structlog.configure(
        processors=_for_people() if for_people else [structlog.processors.format_exc_info, _as_json],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=target, force=True)


def _for_people() -> list[structlog.typing.Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Plain tracebacks: prettier ones print local variables, and those hold secrets.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]


def _as_json(_: object, level: str, event: MutableMapping[str, object]) -> str:
    """Write a line as JSON."""
    event["level"] = "error" if level == "exception" else level
    event["timestamp"] = _now()
    return _line(event)


def _line(event: object) -> str:
    try:
        return _encode(event).decode()
    except UnicodeEncodeError:  # half a surrogate pair, out of a header of somebody else's, for one
        text = json.dumps(msgspec.to_builtins(event, str_keys=True, enc_hook=repr), ensure_ascii=False)
        return text.encode(errors="replace").decode()


class _Attempt(Struct, omit_defaults=True):
    """A line about an attempt."""

    event: str
    exchange: str
    attempt: int
    outcome: str
    provider: str
    model: str
    credential: str
    account: str
    client: str
    input_tokens: int
    output_tokens: int
    first_byte_ms: int
    took_ms: int
    level: str
    timestamp: datetime
    failure: str = ""
    reason: str = ""
    losses: int = 0


class AttemptLog:
    """A usage sink that writes each attempt as a line. It knows names and numbers, no prompt and no secret."""

    def __init__(self) -> None:
        self.configured()

    def configured(self) -> None:
        """Write as logging is configured by now. To look that up for each line costs as much as the line."""
        self._log = structlog.get_logger().bind()
        config = structlog.get_config()
        is_json = config["processors"][-1] is _as_json
        # To go through structlog costs thrice as much.
        self._write = config["logger_factory"]().msg if is_json else None

    def record(self, usage: UsageRecord) -> None:
        """Write one attempt."""
        line = _line_of(usage)
        if self._write is not None:
            self._write(_line(line))
        else:
            told = msgspec.to_builtins(line)
            getattr(self._log, told.pop("level"))(told.pop("event"), **told)
        if usage.losses:
            more = len(usage.losses) - MOST_LOSSES
            self._log.debug(
                "losses",
                exchange=usage.exchange_id,
                attempt=usage.attempt,
                dialect=usage.dialect,
                upstream_dialect=usage.upstream_dialect,
                fields=list(usage.losses[:MOST_LOSSES]),
                **({"more": more} if more > 0 else {}),
            )


def _line_of(usage: UsageRecord) -> _Attempt:
    tokens = usage.usage
    return _Attempt(
        event="attempt",
        exchange=usage.exchange_id,
        attempt=usage.attempt,
        outcome=usage.outcome.value,
        provider=usage.provider,
        model=usage.model,
        credential=usage.credential_id,
        account=usage.account,
        client=usage.principal,
        input_tokens=tokens.input_tokens,
        output_tokens=tokens.output_tokens,
        first_byte_ms=round(usage.first_byte_after * 1000),
        took_ms=round(usage.took * 1000),
        level="warning" if usage.outcome is Outcome.FAILED else "info",
        timestamp=_now(),
        failure=usage.failure,
        reason=usage.reason,
        losses=len(usage.losses),
    )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (when a line is written, whatever time it tells of)
