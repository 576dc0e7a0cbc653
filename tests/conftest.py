"""Settings that all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# The laws are searched anew in every run by hand; CI walks the same examples each time, so that its verdict is about
# the change and not about the dice.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
