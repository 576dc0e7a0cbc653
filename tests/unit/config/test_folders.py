"""Where credential files are."""

from __future__ import annotations

from pathlib import Path

import pytest

from cliproxy.config.folders import credential_folder
from cliproxy.config.schema import Config


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")


def test_the_default_is_a_folder_at_home(home: Path) -> None:
    """It need not exist yet."""
    assert credential_folder(Config().auth_dir) == home / ".cli-proxy-api"
    assert credential_folder("") == home / ".cli-proxy-api"


def test_the_older_folder_counts_where_only_that_has_files(home: Path) -> None:
    """Some documents name it; `config.yaml` may lie beside it."""
    put(home / ".cli-proxy-api/config.yaml")
    put(home / ".cli-proxy-api/auths/a.json")
    assert credential_folder(Config().auth_dir) == home / ".cli-proxy-api" / "auths"

    put(home / ".cli-proxy-api/b.JSON")
    assert credential_folder(Config().auth_dir) == home / ".cli-proxy-api"


def test_a_folder_that_is_named_is_taken_at_its_word(home: Path) -> None:
    put(home / "x/auths/a.json")

    assert credential_folder("~/x") == home / "x"
    assert credential_folder("/srv/accounts") == Path("/srv/accounts")
