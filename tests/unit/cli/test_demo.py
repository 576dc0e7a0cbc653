"""`demo`: what it prints works as it stands."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from cliproxy.cli.demo import curl_lines, snippets
from tests.unit.cli.commands import PATIENCE, Command, started

HEARD = "Hello, who is there?"


@pytest.fixture(scope="module")
def demo() -> Iterator[Command]:
    """One demo for all of these."""
    with started("demo", "--port", "0") as command:
        command.line_with("Ctrl-C ends the demo")
        command.line_with("generate_content_stream")
        yield command


@pytest.fixture(scope="module")
def url(demo: Command) -> str:
    return url_of(demo)


def url_of(command: Command) -> str:
    return command.line_with("is listening on").partition("is listening on ")[2].split(",")[0]


def output_of(line: str) -> str:
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="the lines are for curl, which is not installed")
def test_every_line_for_curl_works(demo: Command) -> None:
    """Pasted as it is, each gets an answer in its dialect, whole or streamed."""
    lines = [line for line in demo.out if line.startswith("curl ")]
    assert len(lines) == 10

    for line in lines:
        answer = output_of(line)
        if line.startswith("curl -sN"):
            assert answer.startswith(("data: ", "event: ", ": ")), line
            assert answer.count("data: ") > 3, line
            assert "there?" in answer, line
        else:
            assert answer.startswith("{"), line
            assert HEARD in answer, line


def test_the_lines_are_those_that_are_printed(demo: Command, url: str) -> None:
    """None is cut or wrapped by the width of a terminal."""
    for _, lines in curl_lines(url):
        assert set(lines) <= set(demo.out)


@pytest.mark.client
@pytest.mark.parametrize("place", [0, 1, 2], ids=["openai", "anthropic", "google-genai"])
def test_every_program_works(demo: Command, url: str, place: int) -> None:
    """Each with the vendor's own SDK."""
    _, program = snippets(url)[place]
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert done.returncode == 0, done.stderr
    assert 'You said: "Hello".' in done.stdout


def test_a_taken_port_is_told_with_a_way_out() -> None:
    """The gateway itself may be running there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with started("demo", "--port", str(taken.getsockname()[1])) as command:
            assert command.process.wait(PATIENCE) == 1

    assert "try --port 0" in command.err[-1]


def test_ctrl_c_ends_it() -> None:
    """Without a traceback."""
    with started("demo", "--port", "0") as command:
        url = url_of(command)
        with urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE) as response:  # it has begun to serve
            assert response.status == 200
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait(PATIENCE) == 0

    assert "Traceback" not in "".join(command.err)
