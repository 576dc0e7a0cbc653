"""The commands, and the Go program's way of writing them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cliproxy import __version__

app = App(
    name="cli-proxy-api",
    help="One endpoint in front of every AI account: OpenAI, Anthropic and Gemini dialects in, any upstream out.",
    version=__version__,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
)
config_app = App(name="config", help="Look at a configuration.")
app.command(config_app)

_OLD_FLAGS = {"-config": "--config", "-h": "--help"}  # the Go program's flags take one dash or two


@app.command
def serve(
    *,
    config: Path = Path("config.yaml"),
    host: Annotated[str | None, Parameter(help="Address to listen on, instead of the configuration's.")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on, instead of the configuration's.")] = None,
) -> int:
    """Serve, as a configuration says.

    Parameters
    ----------
    config
        The configuration file.
    """
    from cliproxy.cli import serve as command

    return command.serve(config, host=host, port=port)


@app.command
def demo(
    *,
    port: Annotated[int, Parameter(help="Port to listen on; 0 takes any free one.")] = 8317,
    accounts: Annotated[
        bool, Parameter(help="Show instead how accounts in trouble are gone around, and how a reload is not noticed.")
    ] = False,
) -> int:
    """Serve a simulated upstream, with no account and no key, and show how to ask it in every dialect."""
    from cliproxy.cli import demo as command

    return command.accounts() if accounts else command.demo(port)


@app.command
def generate_key() -> int:
    """Print a new client key for `api-keys`."""
    from cliproxy.cli import keys as command

    return command.generate_key()


@config_app.command
def check(file: Path, *, json: Annotated[bool, Parameter(help="Print what was found as JSON.")] = False) -> int:
    """Say what is wrong with a configuration.

    The exit code is 0 if nothing is, 1 if something was ignored, 2 if it cannot be used.

    Parameters
    ----------
    file
        The configuration file.
    """
    from cliproxy.cli import config as command

    return command.check(file, as_json=json)


@config_app.command
def schema() -> int:
    """Print the JSON Schema of the configuration, for editors."""
    from cliproxy.cli import config as command

    return command.schema()


def run(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and leave with its exit code."""
    words = _modern(list(sys.argv[1:] if arguments is None else arguments))
    try:
        sys.exit(app(words, result_action="return_value"))
    except KeyboardInterrupt:
        sys.exit(130)


def _modern(words: list[str]) -> list[str]:
    """
    Return the words as today's commands: `-config FILE` and a bare `--config FILE` mean `serve --config FILE`.

    Without any word the gateway is served too, as the Go program does.
    """
    renamed = [_modern_word(word) for word in words]
    if not renamed or (renamed[0].startswith("-") and renamed[0] not in ("--help", "--version")):
        return ["serve", *renamed]
    return renamed


def _modern_word(word: str) -> str:
    flag, equals, value = word.partition("=")
    return _OLD_FLAGS.get(flag, flag) + equals + value
