"""
Path and method -> dialect and operation: one table.

Clients are pointed at the gateway with and without a version in their base URL and add their own, so the versions
that begin a path may be missing or doubled. Google's newer SDKs use `/v1` for what others mean by it otherwise; they
are told apart by their headers. Vertex AI puts the project, the place and the publisher before its models; who calls
it here has them from his own account, and they lead nowhere else.

Source: product, "client dialects"; `reference` sheets `http-api` sections 1 and 7, `real-clients` trap 4; Vertex AI's
paths as Gemini CLI 0.61 asks them (tried 2026-11-21).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import Struct

from cliproxy.dialects.base import Operation
from cliproxy.wire.http import Headers


class Page(enum.Enum):
    """What is answered without an upstream, or not like the rest."""

    ROOT = "root"
    HEALTH = "health"
    MODELS = "models"
    MODEL = "model"
    SOCKET = "socket"  # Responses over a websocket
    RELAY = "relay"  # where a page dials in to serve as an upstream
    INTERNAL = "internal"  # Cloud Code's own methods, for programs of this machine
    KEPT_REPLY = "kept reply"  # a reply by its id, which is nowhere kept


class Route(Struct, frozen=True):
    """What a request is for."""

    dialect: str
    operation: Operation | None = None  # None: no upstream that we choose is asked
    page: Page | None = None
    path: Mapping[str, str] = {}  # what the path says: model, method, id


_BETA_VERSIONS = ("v1beta", "v1beta1")  # Google's alone
_VERSIONS = ("v1", *_BETA_VERSIONS)
_POSTS = {
    "chat/completions": ("openai_chat", Operation.GENERATE),
    "completions": ("openai_completions", Operation.GENERATE),
    "responses": ("openai_responses", Operation.GENERATE),
    "responses/compact": ("openai_responses", Operation.COMPACT),
    "responses/input_tokens": ("openai_responses", Operation.COUNT_TOKENS),
    "messages": ("anthropic_messages", Operation.GENERATE),
    "messages/count_tokens": ("anthropic_messages", Operation.COUNT_TOKENS),
}
_GEMINI_METHODS = {
    "generateContent": Operation.GENERATE,
    "streamGenerateContent": Operation.GENERATE,
    "countTokens": Operation.COUNT_TOKENS,
}
_GEMINI_CALL = re.compile(
    r"(?:(?:projects/[^/]+/locations/[^/]+/)?publishers/google/)?models/(?P<model>.+):(?P<method>[A-Za-z]+)"
)
_PAGES = {"": Page.ROOT, "healthz": Page.HEALTH, "models": Page.MODELS}
_INTERNAL_CALL = re.compile(r"v1internal(?::(?P<method>[A-Za-z]+)|(?:/[A-Za-z0-9_-]+)+)")
_KEPT_REPLY = re.compile(r"responses/(?P<id>[^/]+)(?:/(?P<verb>cancel|input_items))?")
_KEPT_REPLY_METHODS = {"": ("GET", "HEAD", "DELETE"), "input_items": ("GET", "HEAD"), "cancel": ("POST",)}

FALLBACK_DIALECT = "openai_chat"  # of a client that tells nothing of its own


def route_of(method: str, path: str, headers: Headers) -> Route | None:
    """Return what a request is for, or None for a path or method that is not served."""
    versions, beta, rest = _cut(path)
    internal = None if versions else _INTERNAL_CALL.fullmatch(rest)
    if internal is not None and method in ("GET", "POST"):
        called = internal["method"] or ""
        operation = _GEMINI_METHODS.get(called) if method == "POST" else None
        return Route("gemini", operation, Page.INTERNAL, {"method": called})
    if method == "POST":
        call = _GEMINI_CALL.fullmatch(rest)
        if call is not None and call["method"] in _GEMINI_METHODS:
            named = {"model": unquote(call["model"]), "method": call["method"]}
            return Route("gemini", _GEMINI_METHODS[call["method"]], path=named)
        known = None if beta else _POSTS.get(rest)
        if known is not None:
            return Route(*known)
    kept = None if beta else _KEPT_REPLY.fullmatch(rest)
    if kept is not None and method in _KEPT_REPLY_METHODS[kept["verb"] or ""]:
        return Route("openai_responses", page=Page.KEPT_REPLY, path={"id": unquote(kept["id"])})
    if method not in ("GET", "HEAD"):
        return None
    page = _PAGES.get(rest)
    if page is Page.MODELS:
        return Route(_presumed(headers, beta=beta), page=page)
    if page is not None and not versions:
        return Route(FALLBACK_DIALECT, page=page)
    if rest == "responses":
        return Route("openai_responses", page=Page.SOCKET)
    if rest == "ws" and method == "GET":
        return Route(FALLBACK_DIALECT, page=Page.RELAY)
    if rest.startswith("models/"):
        model = unquote(rest.removeprefix("models/"))
        return Route(_presumed(headers, beta=beta), page=Page.MODEL, path={"model": model})
    return None


def is_shut_to_pages(path: str) -> bool:
    """Tell whether no web page may read what is answered here, whichever keys it has."""
    return path.lstrip("/").startswith("v1internal")


def presumed_dialect(path: str, headers: Headers) -> str:
    """Return what a client speaks that asks for a path that is not served, so that it can read the refusal."""
    _, beta, _ = _cut(path)
    return _presumed(headers, beta=beta)


def _cut(path: str) -> tuple[int, bool, str]:
    """Return how many versions a path begins with, whether one of them is Google's, and what follows."""
    segments = path.strip("/").split("/")
    versions = 0
    while versions < len(segments) and segments[versions] in _VERSIONS:
        versions += 1
    beta = any(version in _BETA_VERSIONS for version in segments[:versions])
    return versions, beta, "/".join(segments[versions:])


def _presumed(headers: Headers, *, beta: bool) -> str:
    if beta or "x-goog-api-key" in headers or "x-goog-api-client" in headers:
        return "gemini"
    if "anthropic-version" in headers or headers.get("user-agent", "").startswith("claude-cli"):
        return "anthropic_messages"
    return FALLBACK_DIALECT
