"""Lines from a terminal, a pipe, a file and nothing, without a blocked loop."""

from __future__ import annotations

import asyncio
import os
import pty
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from cliproxy.cli.keyboard import LONGEST, Keyboard


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Where a person sits, and where we read."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Where a program writes, and where we read."""
    reading, writing = os.pipe()
    files = {reading, writing}
    yield writing, reading
    for file in files:
        try:
            os.close(file)
        except OSError:
            continue


def modes(file: int) -> int:
    flags: int = termios.tcgetattr(file)[3]
    return flags & (termios.ECHO | termios.ICANON | termios.ISIG)


async def test_a_terminal_is_given_back_as_it_was(terminal: tuple[int, int]) -> None:
    """Also when somebody breaks off; and Ctrl-C works meanwhile."""
    _, file = terminal
    before = modes(file)

    with pytest.raises(RuntimeError):
        await _broken_off(file)

    assert modes(file) == before


async def _broken_off(file: int) -> None:
    with Keyboard(file=file) as keyboard:
        reading = asyncio.create_task(keyboard.line())
        await asyncio.sleep(0)
        assert modes(file) == termios.ISIG
        reading.cancel()
        raise RuntimeError


async def test_nothing_is_touched_before_a_line_is_wanted(terminal: tuple[int, int]) -> None:
    """A login that needs none leaves the input to whoever comes next."""
    _, file = terminal
    before = modes(file)
    with Keyboard(file=file) as keyboard:
        assert keyboard.is_terminal
        assert modes(file) == before


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("bob\r", "bob"),
        ("bob\n", "bob"),
        ("boc\x7fb\n", "bob"),
        ("eve\x15bob\n", "bob"),
        ("b\x1b[D\x1b[1;5Co\x1bOPb\n", "bob"),
        ("b\x00\x07ob\n", "bob"),
        ("bö\n", "bö"),
        ("bob\x04", "bob"),
        ("\n", ""),
        ("x" * 5000 + "\n", "x" * 5000),
    ],
)
async def test_what_is_typed(terminal: tuple[int, int], typed: str, line: str) -> None:
    """As a terminal would have edited it; longer than its own lines can be."""
    keys, file = terminal
    with Keyboard(file=file) as keyboard:
        reading = asyncio.create_task(keyboard.line())
        await asyncio.sleep(0)
        os.write(keys, typed.encode())
        assert await asyncio.wait_for(reading, 5) == line


async def test_what_is_being_typed_can_be_shown(terminal: tuple[int, int]) -> None:
    """Letter by letter, each announced."""
    keys, file = terminal
    seen = asyncio.Queue[str]()
    with Keyboard(file=file, changed=lambda: seen.put_nowait(keyboard.typed)) as keyboard:
        reading = asyncio.create_task(keyboard.line())
        await asyncio.sleep(0)
        for letter in "bo":
            os.write(keys, letter.encode())
            await asyncio.wait_for(seen.get(), 5)
        assert keyboard.typed == "bo"
        reading.cancel()


async def test_a_letter_that_comes_in_two_halves(pipe: tuple[int, int]) -> None:
    """Reads do not care for letters."""
    writing, file = pipe
    first, second = "ö".encode()[:1], "ö".encode()[1:]
    with Keyboard(file=file) as keyboard:
        reading = asyncio.create_task(keyboard.line())
        await asyncio.sleep(0)
        os.write(writing, first)
        await asyncio.sleep(0.02)
        os.write(writing, second + b"\n")
        assert await asyncio.wait_for(reading, 5) == "ö"


async def test_a_pipe_and_its_end(pipe: tuple[int, int]) -> None:
    """The last line need not end; after it there is none, as often as one asks."""
    writing, file = pipe
    os.write(writing, b"one\ntwo")
    os.close(writing)
    with Keyboard(file=file) as keyboard:
        assert not keyboard.is_terminal
        assert [await asyncio.wait_for(keyboard.line(), 5) for _ in range(4)] == ["one", "two", None, None]


async def test_windows_ends_a_line_with_two_letters(pipe: tuple[int, int]) -> None:
    """The second is no line of its own, which would answer the next question; an empty line still is one."""
    writing, file = pipe
    os.write(writing, b"one\r\n\r\ntwo\r\n")
    os.close(writing)
    with Keyboard(file=file) as keyboard:
        assert [await asyncio.wait_for(keyboard.line(), 5) for _ in range(4)] == ["one", "", "two", None]


async def test_a_file(tmp_path: Path) -> None:
    """Which cannot be watched, and need not be."""
    path = tmp_path / "cookie"
    path.write_text("one\n")
    file = os.open(path, os.O_RDONLY)
    try:
        with Keyboard(file=file) as keyboard:
            assert [await asyncio.wait_for(keyboard.line(), 5) for _ in range(2)] == ["one", None]
    finally:
        os.close(file)


async def test_a_line_without_end_does_not_fill_the_memory(pipe: tuple[int, int]) -> None:
    """What is more than anybody needs is dropped."""
    writing, file = pipe
    with Keyboard(file=file) as keyboard:
        reading = asyncio.create_task(keyboard.line())
        await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.to_thread(os.write, writing, b"x" * (LONGEST // 4))
        await asyncio.to_thread(os.write, writing, b"\n")
        line = await asyncio.wait_for(reading, 5)
        assert line == "x" * LONGEST
