"""One thing that is wrong with a configuration file, and where."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """A sentence for the operator."""

    file: str
    line: int  # from 1; 0: the file as a whole
    path: str  # the setting, e.g. `claude-api-key[0].api-key`; empty: the document
    message: str  # never quotes a secret

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message}"
