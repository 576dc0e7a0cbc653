"""What a person sees of a login, and says: on a terminal beside a clock that runs, else in plain lines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cliproxy.cli.keyboard import Keyboard
from cliproxy.cli.visible import in_line, visible
from cliproxy.wire.http import Ask

FRAME = 0.1  # seconds between two looks of the clock
Frame = Callable[[], RenderableType]

_PASTE = "Or paste here the address that the browser ended on: "


class LoginScreen:
    """Talks to a person while he logs in."""

    def __init__(self, console: Console, keyboard: Keyboard) -> None:
        self._console = console
        self._keyboard = keyboard
        self._shows: list[Live] = []  # the last one is seen
        self.is_interactive = console.is_terminal and keyboard.is_terminal

    def say(self, words: str, *, style: str = "") -> None:
        """Show a paragraph as it stands; a long address stays in one piece, so that it can be copied."""
        self._console.print(Text(visible(words), style=style), soft_wrap=True, highlight=False)

    def show_code(self, code: str) -> None:
        """Show what must be typed elsewhere so that it cannot be overlooked."""
        if self.is_interactive:
            panel = Panel(Text(in_line(code), style="bold"), title="your code", expand=False, padding=(1, 4))
            self._console.print(panel)
        else:
            self.say(f"Code: {code}")

    def show_account(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show whose account it is."""
        if not self._console.is_terminal:
            for name, value in rows:
                self.say(f"{name}: {value}")
            return
        table = Table.grid(padding=(0, 2))
        for name, value in rows:
            table.add_row(Text(name, style="dim"), Text(in_line(value), overflow="fold"))
        self._console.print(table)

    @asynccontextmanager
    async def waiting(self, what: str, until: float, *, pasting: bool = False) -> AsyncIterator[None]:
        """
        Show that we wait, and for how long at most, until the block is left.

        Args:
            what: We wait for.
            until: Unix time.
            pasting: Whether what is typed meanwhile is shown.
        """
        if not self.is_interactive:
            self.say(f"Waiting for {what}, until {time.strftime('%H:%M:%S', time.localtime(until))}.")
            yield
            return
        spinner = Spinner("dots")

        def frame() -> Group:
            left = max(0, round(until - time.time()))
            spinner.update(text=Text(f"Waiting for {what}, {left // 60}:{left % 60:02} left"))
            return Group(spinner, self._typed(_PASTE)) if pasting else Group(spinner)

        async with self._shown(frame):
            yield

    async def ask(self, ask: Ask) -> str:
        """Put a question, and return what he says; "" where he says nothing, or nobody sits there."""
        self.say(ask.question)
        for number, choice in enumerate(ask.choices, start=1):
            self.say(f"  {number}. {choice}" + ("  (default)" if choice == ask.default else ""))
        while True:
            line = (await self._line(ask) or "").strip()
            meant = _meant(line, ask.choices)
            if meant is not None:
                return meant
            self.say(f"That is none of these. Say a number from 1 to {len(ask.choices)}, or a name.", style="yellow")

    async def _line(self, ask: Ask) -> str | None:
        if not self.is_interactive:
            return await self._keyboard.line()
        prompt = f"[{in_line(ask.default)}] > " if ask.default and not ask.choices else "> "
        async with self._shown(lambda: self._typed(prompt, is_secret=ask.is_secret)):
            line = await self._keyboard.line()
        if line and not ask.is_secret:
            self.say(f"> {line}")
        return line

    @asynccontextmanager
    async def _shown(self, frame: Frame) -> AsyncIterator[None]:
        """Keep something on the last lines of the terminal while the block lasts."""
        live = Live(frame(), console=self._console, auto_refresh=False, transient=True)

        def draw() -> None:
            if self._shows[-1:] == [live]:
                live.update(frame(), refresh=True)

        self._put_on_top(live)
        draws, self._keyboard.changed = self._keyboard.changed, draw
        clock = asyncio.create_task(_ticking(draw))
        try:
            yield
        finally:
            clock.cancel()
            self._keyboard.changed = draws
            self._take_away(live)

    def _put_on_top(self, live: Live) -> None:
        """Show something instead of what is shown, such as a question that comes while we wait."""
        if self._shows:
            self._shows[-1].stop()
        self._shows.append(live)
        live.start()

    def _take_away(self, live: Live) -> None:
        was_on_top = self._shows[-1] is live
        self._shows.remove(live)
        live.stop()
        if was_on_top and self._shows:
            self._shows[-1].start()

    def _typed(self, prompt: str, *, is_secret: bool = False) -> Text:
        typed = self._keyboard.typed
        shown = "•" * min(len(typed), 24) if is_secret else typed
        room = max(8, self._console.width - len(prompt) - 2)
        if len(shown) > room:
            shown = "…" + shown[1 - room :]
        return Text.assemble((prompt, "bold"), shown, ("▏", "dim"), no_wrap=True, overflow="crop")


def _meant(line: str, choices: Sequence[str]) -> str | None:
    """Return what a line means, several with commas between; None: it is none of the choices."""
    if not line or not choices:
        return line
    names = {choice.lower(): choice for choice in choices}
    numbers = {str(number): choice for number, choice in enumerate(choices, start=1)}
    parts = [part.strip().lower() for part in line.split(",")]
    found = [names.get(part) or numbers.get(part) for part in parts]
    return None if None in found else ",".join(filter(None, found))


async def _ticking(draw: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(FRAME)
        draw()
