"""How a person gets to a vendor's page: in a browser that we open, or by an address and perhaps a tunnel."""

from __future__ import annotations

import getpass
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping

from cliproxy.login.flow import Callback

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def can_open(environment: Mapping[str, str]) -> bool:
    """Tell whether a browser would open before the person: not over SSH, and not on a machine without a screen."""
    if environment.get("SSH_CONNECTION"):
        return False
    return sys.platform in ("darwin", "win32") or any(environment.get(name) for name in _SCREENS)


def open_page(url: str) -> None:
    """Open a page, in a process of its own that neither writes to our terminal nor is ended by our Ctrl-C."""
    command = [sys.executable, "-I", "-m", "webbrowser", url]  # isolated: not from the folder that we happen to be in
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    threading.Thread(
        target=subprocess.run, args=(command,), kwargs={**silent, "start_new_session": True}, daemon=True
    ).start()


def tunnel_hint(callback: Callback, port: int, environment: Mapping[str, str]) -> str:
    """Return the command that leads a browser on another machine here, as far as this machine knows its own name."""
    _, _, address, ssh_port, *_ = [*environment.get("SSH_CONNECTION", "").split(), "", "", "", ""]
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # nobody by that number
        user = "user"
    elsewhere = f" -p {ssh_port}" if ssh_port not in ("", "22") else ""
    return f"ssh -L {callback.port}:127.0.0.1:{port} {user}@{address or socket.gethostname()}{elsewhere}"
