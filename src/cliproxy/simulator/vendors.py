"""Which vendor a request is for: told by the end of its path, and for a model list by its headers."""

import re
from collections.abc import Mapping

from cliproxy.simulator import chat, gemini, messages, responses
from cliproxy.simulator.answer import Request
from cliproxy.simulator.vendor import Vendor

PATHS = (
    (re.compile(r"/chat/completions$"), chat.VENDOR),
    (re.compile(r"/responses(/input_tokens|/compact)?$"), responses.VENDOR),
    (re.compile(r"/messages(/count_tokens)?$"), messages.VENDOR),
    (re.compile(r"/models/[^:]+:(generateContent|streamGenerateContent|countTokens)$"), gemini.VENDOR),
)
VENDORS: Mapping[str, Vendor] = {vendor.dialect: vendor for _, vendor in PATHS}


def answers_at(path: str) -> bool:
    """Tell whether anything but a model list is found at this path."""
    return any(pattern.search(path) for pattern, _ in PATHS)


def vendor_of(request: Request) -> Vendor:
    """Return the vendor a request is for; where nothing tells, it is the one of chat completions."""
    for pattern, vendor in PATHS:
        if pattern.search(request.path):
            return vendor
    if "/v1beta" in request.path or "x-goog-api-key" in request.headers or "key" in request.query:
        return gemini.VENDOR
    if "anthropic-version" in request.headers or "x-api-key" in request.headers:
        return messages.VENDOR
    return chat.VENDOR
