"""Locks between processes; `test_store.py` has the processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cliproxy.stores.base import Busy
from cliproxy.stores.files.locks import held, held_by_thread


async def test_threads_and_tasks_shut_each_other_out(tmp_path: Path) -> None:
    """Writers wait in threads, refreshes in tasks."""
    async with held(tmp_path, "a", seconds=0):
        with pytest.raises(Busy), held_by_thread(tmp_path, "a", seconds=0.01):
            pass
    with held_by_thread(tmp_path, "a", seconds=0), pytest.raises(Busy):
        async with held(tmp_path, "a", seconds=0.01):
            pass


async def test_any_name_can_be_held(tmp_path: Path) -> None:
    """Names come from e-mail addresses; two that look alike as files are still two."""
    names = ["a/b", "a_b", "../x", "ä" * 300, "a\0b", "", "A", "a"]
    for name in names:
        async with held(tmp_path / "locks", name, seconds=0):
            pass

    files = [path.name for path in (tmp_path / "locks").iterdir()]
    assert len(files) == len(names)
    assert not any(file.endswith(".json") for file in files)
