"""Files come into place whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cliproxy.stores.files.disk import make_folder, put_in_place, read, remove


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    """And nothing beside it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner").touch()
    with pytest.raises(OSError, match="directory"):
        put_in_place(tmp_path / "folder", b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_reader_never_sees_half_of_it(tmp_path: Path) -> None:
    """Who opened the file before goes on reading the old one."""
    path = tmp_path / "a.json"
    put_in_place(path, b"old" * 100_000)
    with path.open("rb") as reader:
        first = reader.read(1)
        put_in_place(path, b"new")

        assert first + reader.read() == b"old" * 100_000
    assert read(path)[0] == b"new"


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Reading it would wait for a writer for ever."""
    os.mkfifo(tmp_path / "a.json")

    with pytest.raises(OSError, match="no file"):
        read(tmp_path / "a.json")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """It is named by its path, and nothing stays open."""
    before = len([*Path("/dev/fd").iterdir()])
    with pytest.raises(OSError, match="no file") as refused:
        read(tmp_path)

    assert refused.value.filename is None
    assert len([*Path("/dev/fd").iterdir()]) == before


def test_folders_are_made_private(tmp_path: Path) -> None:
    """Those that were there are left alone."""
    tmp_path.chmod(0o755)
    make_folder(tmp_path / "a" / "b")

    assert [(tmp_path / path).stat().st_mode & 0o777 for path in (".", "a", "a/b")] == [0o755, 0o700, 0o700]


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    """Also where its folder is not."""
    remove(tmp_path / "a.json")
    remove(tmp_path / "no" / "folder" / "a.json")
