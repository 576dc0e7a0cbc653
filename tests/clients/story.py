"""
What the SDKs ask in these tests: two tools at once, in a talk of two turns.

The simulated model calls the tools that it is told to call and repeats what they say, so the last text can only be
right if call and result came through whole.
"""

from __future__ import annotations

from typing import Any

GATEWAY_KEY = "gateway-key"

ASK = 'Please call weather {"city": "Paris"} and time {"city": "Lyon"}'
RESULTS = {"weather": "18 degrees", "time": "noon"}
ARGUMENTS = {"weather": {"city": "Paris"}, "time": {"city": "Lyon"}}
SAID = "The tool said: 18 degrees. The tool said: noon."
THOUGHT = "I weigh every word that was said."

CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}

SEEN = "I see 1 image (image/png, 70 bytes)."  # what the model says of PIXEL
