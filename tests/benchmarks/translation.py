"""What it costs to translate one large request, each dialect to each other: reading and writing, without sockets."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.table import Table

from cliproxy import dialects
from cliproxy.conversation.model import ModelInfo
from cliproxy.dialects.base import Codec, Dialect
from cliproxy.discovery import declared

AIM = 3.0  # milliseconds a direction
ROUNDS = 30  # of each; the fastest counts: what else the machine does is not ours

_MODEL = ModelInfo("m")


def table_of_translations(chat_request: bytes) -> Table:
    """Measure a chat request, said in each dialect, on its way to each other."""
    found = declared(dialects, "DIALECT", Dialect)
    codecs = {name: dialect.codec for name, dialect in found.items() if dialect.codec and name != "openai_completions"}
    said = codecs["openai_chat"].decode_request(chat_request)
    bodies = {name: codec.encode_request(said, _MODEL, False).body for name, codec in codecs.items()}
    table = Table(title=f"{len(chat_request) // 1000} KB request, translated (aim {AIM:.0f} ms)", title_justify="left")
    table.add_column("from")
    for name in codecs:
        table.add_column(f"to {name}", justify="right")
    for here, codec in codecs.items():
        cells = []
        for there, other in codecs.items():
            spent = fastest(translation(codec, other, bodies[here])) if here != there else None
            colour = "" if spent is None else "green" if spent <= AIM else "red"
            cells.append(f"[{colour}]{spent:.2f} ms[/{colour}]" if spent is not None else "")
        table.add_row(here, *cells)
    return table


def translation(here: Codec, there: Codec, body: bytes) -> Callable[[], object]:
    return lambda: there.encode_request(here.decode_request(body), _MODEL, False)


def fastest(act: Callable[[], object]) -> float:
    """Return the processor time of one act, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time_ns()
        act()
        times.append(time.process_time_ns() - started)
    return min(times) / 1e6
