"""Where files are that the configuration only hints at."""

from __future__ import annotations

from pathlib import Path

from cliproxy.config.forms import AUTH_DIR

OLDER = "auths"  # the folder within the default one that some documents name


def credential_folder(auth_dir: str) -> Path:
    """
    Return the folder of the credential files; it need not exist.

    Where the setting is the default and only its folder `auths` holds any, that is the one.
    """
    folder = Path(auth_dir or AUTH_DIR).expanduser()
    older = folder / OLDER
    if auth_dir in ("", AUTH_DIR) and not holds_any(folder) and holds_any(older):
        return older
    return folder


def holds_any(folder: Path) -> bool:
    """Tell whether a folder holds credential files."""
    try:
        return any(path.suffix.lower() == ".json" for path in folder.iterdir())
    except OSError:
        return False
