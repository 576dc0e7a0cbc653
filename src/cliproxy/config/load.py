"""
A configuration file -> a `Config`, and what the operator should know about it.

One run names every fault. What is left is usable as it stands: in normal form, without blanks and repetitions.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.inspect import type_info

from cliproxy.config.alternates import Alternates
from cliproxy.config.document import LARGEST_FILE, read, refusal
from cliproxy.config.problem import Problem
from cliproxy.config.reader import Reader
from cliproxy.config.schema import Config
from cliproxy.errors import ConfigError

_CONFIG = type_info(Config)


class Loaded(msgspec.Struct, frozen=True):
    """A configuration, and what in its file changes nothing: unknown keys, entries left out."""

    config: Config
    warnings: tuple[Problem, ...]  # in the order of their lines


def load(path: Path) -> Loaded:
    """
    Return the configuration in a file.

    Raises:
        ConfigError: It cannot be read, or not be used.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise refusal(name, 0, "there is no such file") from None
    except IsADirectoryError:
        raise refusal(name, 0, "this is a directory; expected a file") from None
    except (OSError, ValueError) as error:
        raise refusal(name, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        return parse(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal(name, line, f"not UTF-8: the byte 0x{content[error.start]:02x} stands here") from None


def parse(text: str, name: str) -> Loaded:
    """
    Return the configuration in a text; `name` is what its problems call it.

    Raises:
        ConfigError: It cannot be used.
    """
    document, problems = read(text, name)
    alternates, reader = Alternates(name), Reader(name)
    config = reader.read(alternates.canonical(document), _CONFIG, "")
    errors = sorted(problems + reader.errors, key=_line)
    warnings = tuple(sorted(alternates.warnings + reader.warnings, key=_line))
    if errors:
        raise ConfigError([str(problem) for problem in errors], [str(problem) for problem in warnings])
    return Loaded(config, warnings)


def _line(problem: Problem) -> int:
    return problem.line
