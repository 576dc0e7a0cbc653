"""
A browser without a window: `python browser.py ADDRESS` goes where it is led, and keeps the page it ends on.

It knows only the standard library, so that it starts at once. `$SEEN` is the file to keep the page in, after the
address that it came from; `$PROXY` and `$AUTHORITY` lead to the simulated internet.
"""

from __future__ import annotations

import os
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main(address: str) -> None:
    trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=os.environ["AUTHORITY"]))
    proxies = urllib.request.ProxyHandler({"https": os.environ["PROXY"]})  # this machine is asked directly
    try:
        page = urllib.request.build_opener(trusted, proxies).open(address, timeout=15)
    except urllib.error.HTTPError as error:
        page = error
    kept = Path(os.environ["SEEN"])
    unfinished = kept.with_suffix(".part")
    unfinished.write_text(f"{page.url}\n{page.read().decode()}")
    unfinished.replace(kept)


if __name__ == "__main__":
    main(sys.argv[1])
