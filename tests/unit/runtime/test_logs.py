"""Log lines: for operators, and without secrets."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import structlog
from msgspec import structs

from cliproxy.conversation.reply import Usage
from cliproxy.runtime import logs
from cliproxy.runtime.logs import AttemptLog
from cliproxy.usage.record import Outcome, UsageRecord

RECORD = UsageRecord(
    exchange_id="exchange-1",
    attempt=2,
    at=1_000_000.0,
    provider="claude",
    model="m",
    credential_id="claude:apikey:0123456789ab",
    account="claude-api-key[0]",
    principal="key-0123456789ab",
    usage=Usage(input_tokens=10, output_tokens=5),
    first_byte_after=0.1234,
    took=1.5,
    outcome=Outcome.SUCCEEDED,
)


class Terminal(io.StringIO):
    """Somebody looks at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leave logging the way it was found."""
    handlers, level = logging.root.handlers[:], logging.root.level
    logging.root.handlers.clear()
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def lines_of(record: UsageRecord, *, debug: bool = False) -> list[dict[str, Any]]:
    stream = io.StringIO()
    logs.configure(debug=debug, stream=stream)
    AttemptLog().record(record)
    return [msgspec.json.decode(line, type=dict[str, Any]) for line in stream.getvalue().splitlines()]


def written(record: UsageRecord) -> dict[str, Any]:
    [line] = lines_of(record)
    return line


def test_an_attempt_is_one_line_of_json() -> None:
    """Where nobody looks, something reads it."""
    line = written(RECORD)
    timestamp = line.pop("timestamp")

    assert timestamp.endswith("Z")
    assert line == {
        "event": "attempt",
        "level": "info",
        "exchange": "exchange-1",
        "attempt": 2,
        "outcome": "succeeded",
        "provider": "claude",
        "model": "m",
        "credential": "claude:apikey:0123456789ab",
        "account": "claude-api-key[0]",
        "client": "key-0123456789ab",
        "input_tokens": 10,
        "output_tokens": 5,
        "first_byte_ms": 123,
        "took_ms": 1500,
    }


@pytest.mark.parametrize(
    ("outcome", "level"), [(Outcome.SUCCEEDED, "info"), (Outcome.FAILED, "warning"), (Outcome.ABANDONED, "info")]
)
def test_a_failure_stands_out(outcome: Outcome, level: str) -> None:
    """A client that leaves is ordinary."""
    assert written(structs.replace(RECORD, outcome=outcome))["level"] == level


def test_a_failure_says_its_kind_and_a_translation_what_it_lost() -> None:
    """Only where there is something to say."""
    line = written(structs.replace(RECORD, outcome=Outcome.FAILED, failure="rate_limited", losses=("top_k", "seed")))

    assert line["failure"] == "rate_limited"
    assert line["losses"] == 2


def test_what_was_lost_is_named_where_more_is_wanted() -> None:
    """In a line of its own, which is bounded."""
    losses = tuple(f"field_{number}" for number in range(logs.MOST_LOSSES + 3))
    record = structs.replace(RECORD, losses=losses, dialect="openai_chat", upstream_dialect="gemini")
    attempt, named = lines_of(record, debug=True)
    timestamp = named.pop("timestamp")

    assert attempt["event"] == "attempt"
    assert timestamp
    assert named == {
        "event": "losses",
        "level": "debug",
        "exchange": "exchange-1",
        "attempt": 2,
        "dialect": "openai_chat",
        "upstream_dialect": "gemini",
        "fields": list(losses[: logs.MOST_LOSSES]),
        "more": 3,
    }
    assert "more" not in lines_of(structs.replace(RECORD, losses=("top_k",)), debug=True)[1]
    assert len(lines_of(record, debug=False)) == 1
    assert len(lines_of(RECORD, debug=True)) == 1


def test_people_get_a_line_they_can_read() -> None:
    """On a terminal."""
    stream = Terminal()
    logs.configure(debug=False, stream=stream)
    AttemptLog().record(RECORD)

    assert "attempt" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_a_traceback_shows_no_local_variables(stream: io.StringIO) -> None:
    """They hold keys and prompts."""
    logs.configure(debug=True, stream=stream)

    def fails(api_key: str) -> None:
        assert api_key
        raise ValueError("it broke")

    try:
        fails("sk-" + "hush")
    except ValueError:
        structlog.get_logger().exception("exchange failed")

    assert "it broke" in stream.getvalue()
    assert "Traceback" in stream.getvalue()
    assert "sk-hush" not in stream.getvalue()


@pytest.mark.parametrize("debug", [False, True])
def test_more_is_said_only_where_it_is_wanted(*, debug: bool) -> None:
    """The setting `debug`."""
    stream = io.StringIO()
    logs.configure(debug=debug, stream=stream)
    structlog.get_logger().debug("detail")

    assert ("detail" in stream.getvalue()) is debug


def test_a_line_is_written_whatever_stands_in_it() -> None:
    """Others' headers are bytes of any kind, and end up in texts that UTF-8 has no bytes for."""
    assert written(structs.replace(RECORD, model="m\udcff"))["model"] == "m?"

    stream = io.StringIO()
    logs.configure(debug=False, stream=stream)
    structlog.get_logger().warning("odd", header="\udcff", where={"\udcff": object})
    assert msgspec.json.decode(stream.getvalue())["event"] == "odd"


def test_what_libraries_warn_of_goes_to_the_same_place() -> None:
    """And no chatter below that."""
    stream = io.StringIO()
    logs.configure(debug=True, stream=stream)
    logging.getLogger("a.library").warning("careful")
    logging.getLogger("a.library").info("chatter")

    assert "careful" in stream.getvalue()
    assert "chatter" not in stream.getvalue()
