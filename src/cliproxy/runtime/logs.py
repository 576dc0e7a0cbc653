"""Where log lines go, and what each attempt writes: one line, and at debug level another on what it lost."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import msgspec
import structlog

from cliproxy.usage.record import Outcome, UsageRecord

MOST_LOSSES = 100  # that one line names


def configure(*, debug: bool, stream: TextIO | None = None) -> None:
    """Send log lines to a stream, standard error by default: for people on a terminal, as JSON elsewhere."""
    target = stream or sys.stderr
    level = logging.DEBUG if debug else logging.INFO
    for_people = target.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(for_people=for_people),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=target, force=True)


def _renderers(*, for_people: bool) -> list[structlog.typing.Processor]:
    if for_people:
        # Plain tracebacks: prettier ones print local variables, and those hold secrets.
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_written)]


def _written(event: dict[str, object], **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


class AttemptLog:
    """A usage sink that writes each attempt as a line. It knows names and numbers, no prompt and no secret."""

    def __init__(self) -> None:
        self.configured()

    def configured(self) -> None:
        """Write as logging is configured by now. To look that up for each line costs as much as the line."""
        self._log = structlog.get_logger().bind()

    def record(self, usage: UsageRecord) -> None:
        """Write one attempt."""
        write = self._log.info if usage.outcome is Outcome.SUCCEEDED else self._log.warning
        if usage.outcome is Outcome.ABANDONED:
            write = self._log.info
        tokens = usage.usage
        write(
            "attempt",
            exchange=usage.exchange_id,
            attempt=usage.attempt,
            outcome=usage.outcome.value,
            **({"failure": usage.failure} if usage.failure else {}),
            provider=usage.provider,
            model=usage.model,
            credential=usage.credential_id,
            account=usage.account,
            client=usage.principal,
            input_tokens=tokens.input_tokens,
            output_tokens=tokens.output_tokens,
            first_byte_ms=round(usage.first_byte_after * 1000),
            took_ms=round(usage.took * 1000),
            **({"losses": len(usage.losses)} if usage.losses else {}),
        )
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
