"""
One run, one table.

Processor time is that of the process under test, user and system, sockets included; every figure stands beside the
bare relay's from the same run. Aims: ARCHITECTURE.md, "Performance".
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from tests.benchmarks.load import Answered, ask
from tests.benchmarks.processes import Process, bare_relay, gateway, upstream
from tests.benchmarks.translation import table_of_translations

SMALL: dict[str, object] = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
ROUNDS = 3  # of each measurement, taken in turn; the median counts


def large(dialect: str) -> dict[str, object]:
    """Return a request of about 500 KB: 200 messages, 30 tools."""
    schema = {
        "type": "object",
        "properties": {f"field_{n}": {"type": "string", "description": "words " * 20} for n in range(20)},
        "required": ["field_0"],
    }
    turns = [
        {"role": "assistant" if n % 2 else "user", "content": f"{n} " + "All work and no play. " * 80}
        for n in range(200)
    ]
    if dialect == "chat":
        function = {"description": "A tool. " * 20, "parameters": schema}
        tools: list[dict[str, object]] = [
            {"type": "function", "function": {"name": f"tool_{n}", **function}} for n in range(30)
        ]
    else:
        tools = [{"name": f"tool_{n}", "description": "A tool. " * 20, "input_schema": schema} for n in range(30)]
    return {"model": "m", "max_tokens": 1000, "messages": turns, "tools": tools}


def body(request: Mapping[str, object], *, stream: bool = False) -> bytes:
    """Return a request as it is posted."""
    return json.dumps({**request, "stream": True} if stream else request).encode()


def run(url: str, data: bytes, *, times: int, at_once: int) -> Answered:
    """Ask on a loop of its own."""
    return uvloop.run(ask(url, data, times=times, at_once=at_once))


def cost(process: Process, act: Callable[[], int]) -> float:
    """Return the processor time of one unit of an act that says how many units it was, in microseconds."""
    before = process.cpu()
    units = act()
    return (process.cpu() - before) / units * 1e6


def table_of_costs(bare: Process, ours: Process) -> Table:
    """Measure what requests and chunks cost."""
    table = Table(title="Processor time", title_justify="left")
    for name in ("what", "bare relay", "gateway", "ratio", "aim"):
        table.add_column(name, justify="left" if name == "what" else "right")
    chat, crossed = "/c0/p0/chat/completions", "/v1/messages"
    stream_path = "/c300/p10/chat/completions"
    small, streamed = body(SMALL), body(SMALL, stream=True)
    small_messages = body(SMALL | {"max_tokens": 100})
    streamed_messages = body(SMALL | {"max_tokens": 100}, stream=True)
    big, big_messages = body(large("chat")), body(large("messages"))
    own = "/v1/chat/completions"

    def requests(url: str, data: bytes, times: int) -> Callable[[], int]:
        return lambda: run(url, data, times=times, at_once=8).requests

    def chunks(url: str, data: bytes) -> Callable[[], int]:
        return lambda: run(url, data, times=50, at_once=50).chunks

    rows: list[tuple[str, Callable[[], int], Callable[[], int], float | None]] = [
        (
            "small whole request, relayed",
            requests(bare.url + chat, small, 800),
            requests(ours.url + own, small, 800),
            2.0,
        ),
        (
            "small whole request, translated",
            requests(bare.url + chat, small, 800),
            requests(ours.url + crossed, small_messages, 800),
            None,
        ),
        ("chunk, relayed", chunks(bare.url + stream_path, streamed), chunks(ours.url + own, streamed), 1.5),
        (
            "chunk, translated",
            chunks(bare.url + stream_path, streamed),
            chunks(ours.url + crossed, streamed_messages),
            2.0,
        ),
        ("500 KB request, relayed", requests(bare.url + chat, big, 60), requests(ours.url + own, big, 60), None),
        (
            "500 KB request, translated",
            requests(bare.url + chat, big, 60),
            requests(ours.url + crossed, big_messages, 60),
            None,
        ),
    ]
    for name, bare_act, our_act, aim in rows:
        pairs = [(cost(bare, bare_act), cost(ours, our_act)) for _ in range(ROUNDS)]
        bare_cost, our_cost = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(our / theirs for theirs, our in pairs)
        style = "" if aim is None else "green" if ratio <= aim else "red"
        table.add_row(
            name,
            f"{bare_cost:,.1f} µs",
            f"{our_cost:,.1f} µs",
            f"{ratio:.2f}x",
            f"{aim:.1f}x" if aim else "",
            style=style,
        )
    return table


def table_of_crowd(bare: Process, ours: Process, streams: int = 500) -> Table:
    """Measure many paced streams at once: added time per chunk, memory per stream."""
    table = Table(title=f"{streams} streams at once, a chunk every 100 ms", title_justify="left")
    for name in ("what", "p50", "p99", "memory per stream"):
        table.add_column(name, justify="left" if name == "what" else "right")
    data = body(SMALL, stream=True)
    ways = (
        ("bare relay", bare, "/c50/p100/chat/completions"),
        ("gateway", ours, "/v1/chat/completions"),
    )
    for name, process, path in ways:
        before, peak = process.memory(), 0

        async def crowd(url: str = process.url + path) -> Answered:
            return await ask(url, data, times=streams, at_once=streams)

        async def watched(process: Process = process) -> Answered:
            nonlocal peak
            asking = asyncio.ensure_future(crowd())
            while not asking.done():
                peak = max(peak, process.memory())
                await asyncio.sleep(0.2)
            return await asking

        answered = uvloop.run(watched())
        cuts = statistics.quantiles(answered.under_way, n=100)
        table.add_row(
            name,
            f"{cuts[49] * 1000:.2f} ms",
            f"{cuts[98] * 1000:.2f} ms",
            f"{max(0, peak - before) / streams / 1024:.1f} KB",
        )
    return table


def table_of_start(ours: Process, first_answer: float) -> Table:
    """Measure what a person notices."""
    table = Table(title="Start", title_justify="left")
    for name in ("what", "figure", "aim"):
        table.add_column(name, justify="left" if name == "what" else "right")
    times = []
    for _ in range(5):
        begun = time.monotonic()
        subprocess.run([sys.executable, "-m", "cliproxy", "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - begun)
    table.add_row("`--help`, median of 5", f"{statistics.median(times):.2f} s", "0.3 s")
    table.add_row("start to first answer", f"{first_answer:.2f} s", "1 s")
    table.add_row("idle memory", f"{ours.memory() / 1024 / 1024:.0f} MB", "80 MB")
    return table


def main() -> None:
    """Measure everything and print the tables."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder, upstream() as source, bare_relay(source.url) as bare:
        # The gateway adds its own path behind the base URL; each shape of stream needs a gateway of its own.
        with gateway(f"{source.url}/c300/p10", Path(folder)) as ours:
            begun = time.monotonic()
            run(f"{ours.url}/v1/chat/completions", body(SMALL), times=1, at_once=1)
            start = table_of_start(ours, ours.started_in + time.monotonic() - begun)
            console.print(start)
            console.print(table_of_costs(bare, ours))
            console.print(table_of_translations(body(large("chat"))))
        with gateway(f"{source.url}/c50/p100", Path(folder)) as ours:
            run(f"{ours.url}/v1/chat/completions", body(SMALL), times=20, at_once=5)
            run(f"{bare.url}/c0/p0/chat/completions", body(SMALL), times=20, at_once=5)
            console.print(table_of_crowd(bare, ours))


if __name__ == "__main__":
    main()
