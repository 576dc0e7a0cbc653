"""
Many targets, each hunted by atheris in a process of its own:
`python -m tests.fuzz.hunt <folder> <processes> <seconds> <seed> <target>...`.

What is hunted is loaded and instrumented once, which takes seconds; the processes are forks of it. Each finds its seeds
in `<folder>/<target>/corpus`, and leaves what it says in `log` and what breaks it as `found-...` beside it. For each
target that is through, a line with its name, its exit status and its seconds is printed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

import atheris  # type: ignore[import-untyped,unused-ignore]  # it has no types, and no wheel for some systems

with atheris.instrument_imports(include=["cliproxy"]):
    from tests.fuzz.targets import TARGETS

MEMORY = 1024  # MB that a target may take
SLOWEST = 10  # seconds that one input may take
LONGEST = 16_384  # bytes of an input; what grows with its size is measured by `linear.py`


def main() -> None:
    folder, processes, seconds, seed, *names = sys.argv[1:]
    running: dict[int, tuple[str, float]] = {}
    while names or running:
        while names and len(running) < int(processes):
            name = names.pop(0)
            child = os.fork()
            if not child:
                _hunt(name, Path(folder) / name, seconds, seed)
            running[child] = name, time.monotonic()
        child, status = os.wait()
        name, started = running.pop(child)
        print(name, os.waitstatus_to_exitcode(status), round(time.monotonic() - started, 1), flush=True)


def _hunt(name: str, folder: Path, seconds: str, seed: str) -> NoReturn:
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    target = TARGETS[name]

    def run(data: bytes) -> None:
        data = bytes(data)
        try:
            target(data)
        except Exception:  # the fuzzer would keep it under the same name, but does not always come to it
            (folder / f"found-crash-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}").write_bytes(data)
            raise

    options = [f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY}", f"-timeout={SLOWEST}", f"-max_len={LONGEST}"]
    options += [f"-artifact_prefix={folder}/found-", f"-dict={folder}/words", "-print_final_stats=1", "-verbosity=0"]
    options.append(f"-seed={seed}")
    atheris.Setup([sys.argv[0], str(folder / "corpus"), *options], run)
    atheris.Fuzz()
    raise SystemExit(1)  # it ends the process itself


if __name__ == "__main__":
    main()
