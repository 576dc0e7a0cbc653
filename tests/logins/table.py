"""docs/reference/providers.md, made of the declarations of the providers and of what is tested here."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from cliproxy import providers as provider_package
from cliproxy.dialects.base import Operation
from cliproxy.discovery import declared
from cliproxy.login.flow import LoginKind
from cliproxy.providers import openai_compatible
from cliproxy.providers import shaping as shaping_package
from cliproxy.providers.base import Provider
from cliproxy.wire.http import Carrier
from tests.logins.kinds import KINDS
from tests.logins.matrix import ABILITIES, COUNT, GENERATE, QUOTA, UPSTREAMS, Upstream

PATH = "docs/reference/providers.md"
SPOKEN = {
    "anthropic_messages": "Messages",
    "gemini": "Gemini",
    "openai_chat": "Chat Completions",
    "openai_responses": "Responses",
}
WAYS = {
    LoginKind.BROWSER: "browser",
    LoginKind.DEVICE: "device code",
    LoginKind.COOKIE: "cookie",
    LoginKind.KEY_FILE: "key file",
}
ACCESS = {"login": "login", "key": "key", "page": "web page"}
RESTRICTIONS = {
    "codex": (
        "an account's host stores nothing, streams always, and takes neither limits nor sampling; what it does not"
        " take is left out and reported as a loss",
        "which models there are depends on the account's plan",
        "an address of your own that does not name Codex is asked as the client asked",
    ),
    "gemini-cli": ("an account works in one of its cloud projects, in several, or in one that Google assigns",),
    "antigravity": (
        "safety settings are not taken, nor an output limit except by Claude models",
        "Claude models want thoughts that are signed, and strict schemas of tools; requests are made so",
    ),
    "vertex": (
        "a service account's file says project and location; by key neither is needed",
        "Imagen's models answer whole, and know a prompt and little else",
    ),
    "aistudio": (
        "`maxOutputTokens`, `responseMimeType` and `responseJsonSchema` are left out and reported as losses",
        "it serves as long as the page is connected; several pages take turns",
    ),
    "iflow": ("models reason or do not; how hard cannot be said", "a cookie buys a new key before the old one ends"),
    "kimi": ("where the token does not tell whose it is, each login makes a file; remove the old one",),
}
OPENING = """\
# Providers

<!-- Written by scripts/generate from the declarations in src/cliproxy/providers and the tests in tests/logins. -->

Every cell of the table is shown by a test that asks a simulated vendor for it. Replies are asked for in all four client
dialects: Chat Completions, Responses, Messages and Gemini, whichever the upstream speaks.

"""
LEGEND = """
- **generate**: what the upstream speaks; all else is translated.
- **count tokens**: by the vendor, or *estimated* here; the answer then says so in `X-Cliproxy-Estimated`.
- **quota diagnosis**: when the quota is spent, the account rests until the *stated end*, or, where the vendor does not
  say when it is back, until an *assumed end*.
- **lines** of the provider's file, and of what it has for itself in `providers/shaping/`.
"""


def table() -> str:
    """Return the whole page."""
    providers = {
        **declared(provider_package, "PROVIDER", Provider),
        "openai-compatibility": openai_compatible.provider(""),
    }
    head = ["provider", "access", "login", "refresh", *ABILITIES, "lines"]
    rows = [head, ["---"] * len(head), *(_row(upstream, providers[upstream.provider]) for upstream in UPSTREAMS)]
    overview = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    names = dict.fromkeys(upstream.provider for upstream in UPSTREAMS)
    return OPENING + overview + LEGEND + "".join(_section(name, providers[name]) for name in names)


def _row(upstream: Upstream, provider: Provider) -> list[str]:
    is_login = upstream.by == "login"
    return [
        f"[{upstream.provider}](#{upstream.provider})",
        ACCESS[upstream.by],
        ", ".join(dict.fromkeys(WAYS[flow.kind] for flow in provider.logins)) if is_login else "–",
        _refresh(provider) if is_login else "–",
        *(_cell(upstream, provider, ability) for ability in ABILITIES),
        _lines(provider),
    ]


def _cell(upstream: Upstream, provider: Provider, ability: str) -> str:
    there = {COUNT: "by the vendor", QUOTA: "stated end", GENERATE: " or ".join(_dialects(provider))}
    return upstream.lacks.get(ability, "").partition(": ")[0] or there.get(ability, "yes")


def _dialects(provider: Provider) -> list[str]:
    spoken = (one.dialect for one in provider.endpoints if one.operation is Operation.GENERATE)
    return [SPOKEN[dialect] for dialect in dict.fromkeys(spoken)]


def _refresh(provider: Provider) -> str:
    refresh = provider.refresh
    if refresh is None:
        return "no"
    if not refresh.is_stored:
        return "made of the key file"
    kind = "key, by token or cookie" if refresh.yields_key else "token"
    return f"{kind}, each good once" if refresh.rotates else kind


def _section(name: str, provider: Provider) -> str:
    parts = [f"\n## {name}\n", _told(provider), *_logins(name), *_facts(provider)]
    if provider.notice:
        parts.append(f"> {provider.notice}\n")
    return "\n".join(parts)


def _told(provider: Provider) -> str:
    """Return what the provider's file says of itself first."""
    return inspect.cleandoc(_module(provider).__doc__ or "").partition("\n\n")[0].strip() + "\n"


def _logins(name: str) -> Iterator[str]:
    kinds = [kind for kind in KINDS if kind.provider == name]
    if not kinds:
        return
    lines = []
    for kind in kinds:
        words, flags = (" ".join(said).replace("{key_file}", "key.json") for said in (kind.words, kind.again))
        lines.append(f"| `cli-proxy-api {words}` | `cli-proxy-api {flags}` | `{kind.file}` |\n")
    yield "".join(["| log in | with the Go program's flags | file |\n", "| --- | --- | --- |\n", *dict.fromkeys(lines)])


def _facts(provider: Provider) -> Iterator[str]:
    addresses = provider.hosts or (provider.base_url or "as configured",)
    facts = [f"- address: {', then '.join(addresses)}\n"]
    carriers = {endpoint.carrier for endpoint in provider.endpoints}
    if Carrier.WEBSOCKET in carriers:
        facts.append("- also over a websocket, for clients that come over one\n")
    if Carrier.RELAY in carriers:
        facts.append("- through the page that is connected at `/v1/ws`\n")
    facts += [f"- {restriction}\n" for restriction in RESTRICTIONS.get(provider.name, ())]
    if provider.refresh is not None:
        facts.append(f"- a token is renewed {_span(provider.refresh.lead)} before it ends, or when it is refused\n")
    if provider.passes:
        facts.append(f"- client headers that go on: {', '.join(f'`{one}`' for one in provider.passes)}\n")
    facts += dict.fromkeys(
        f"- {ability} {word}: {why}\n"
        for upstream in UPSTREAMS
        for ability, (word, _, why) in ((one, told.partition(": ")) for one, told in upstream.lacks.items())
        if why and upstream.provider == provider.name
    )
    yield "".join(facts)


def _span(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} seconds"


def _lines(provider: Provider) -> str:
    module = _module(provider)
    name = module.__name__.rpartition(".")[2]
    shaping = Path(shaping_package.__file__ or "").parent
    own = sum(_length(file) for file in shaping.glob("*.py") if file.stem in (name, f"{name}_reply", f"{name}_turns"))
    declared = len(inspect.getsource(module).splitlines())
    return f"{declared} + {own}" if own else str(declared)


def _length(file: Path) -> int:
    return len(file.read_text().splitlines())


def _module(provider: Provider) -> ModuleType:
    name = provider.name.replace("-", "_")
    return sys.modules.get(f"cliproxy.providers.{name}", openai_compatible)
