"""What lies where."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cliproxy.stores.files.places import Places, Print


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "auths").mkdir()
    return Places(tmp_path / "auths", tmp_path / "config.yaml")


def test_keys_and_paths_mirror_each_other(places: Places) -> None:
    """What is found under a key is the document of that key."""
    for key in ("auths/a.json", "auths/team/b.JSON", "auths/.c.json", "config.yaml"):
        assert places.key(str(places.path(key))) == key


def test_other_paths_have_no_key(places: Places) -> None:
    """Our own folder, what Kubernetes keeps behind its links, neighbours of the folder, names that nobody can say."""
    for path in ("notes.txt", ".cliproxy/health", ".cliproxy/a.json", "..data/a.json", "a\n.json", "../b.json"):
        assert places.key(f"{places.auth_dir}/{path}") is None


def test_a_file_changed_lately_equals_nothing(places: Places) -> None:
    """Two changes within one tick of a file system's clock look the same from outside."""
    file = places.path("auths/a.json")
    file.write_bytes(b"1")
    lately = places.look().prints["auths/a.json"]
    os.utime(file, (1_700_000_000, 1_700_000_000))
    settled = places.look().prints["auths/a.json"]

    assert not lately.equals(lately)
    assert settled.equals(Print(*settled))
    assert not settled.equals(None)


def test_what_links_lead_to_is_watched(places: Places, tmp_path: Path) -> None:
    """A file behind a link changes without a word in the folder of the link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.json").write_bytes(b"1")
    places.path("auths/a.json").symlink_to(tmp_path / "elsewhere" / "a.json")

    assert str(tmp_path / "elsewhere") in places.look().beyond


def test_a_folder_that_cannot_be_looked_at_is_not_empty(tmp_path: Path) -> None:
    """Else all accounts were gone when a mount fails."""
    (tmp_path / "auths").write_text("")

    with pytest.raises(OSError, match="auths"):
        Places(tmp_path / "auths", None).look()
    assert Places(tmp_path / "missing", None).look().prints == {}
