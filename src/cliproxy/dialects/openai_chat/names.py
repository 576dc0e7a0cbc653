"""What this dialect is called, and what it takes for the names and ids of tools and calls."""

from __future__ import annotations

import re

from cliproxy.dialects.wording import ANYTHING, Fit

NAME = "openai_chat"
TOOL_NAMES = Fit(re.compile(r"[^a-zA-Z0-9_-]"), 64)
CALL_IDS = Fit(ANYTHING, 64)
