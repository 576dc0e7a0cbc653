"""
What the environment says of keys -> a configuration with them, with no file at all or beside one.

    OPENAI_API_KEY=sk-...                      codex-api-key: [{api-key: sk-..., base-url: https://api.openai.com/v1}]
    ANTHROPIC_API_KEY=..., _BASE_URL=...  ->   claude-api-key: [{api-key: ..., base-url: ...}]
    CLI_PROXY_API_KEY=...                      api-keys: [...]

What the file says goes first: a key that stands there is not added again. An address that leads to this gateway is
meant for its clients, who may have been started from the same shell; its key is left out.

Source: the user's documents (`contradictions` section 1); `OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL` as the vendors' SDKs
read them; DashScope's names of models: https://help.aliyun.com/zh/model-studio/models (as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct, structs

from cliproxy.config import forms
from cliproxy.config.alternates import OPENAI
from cliproxy.config.routing import OAuthClient
from cliproxy.config.schema import Config
from cliproxy.config.upstreams import (
    ClaudeKey,
    CodexKey,
    CompatibleKey,
    CompatibleUpstream,
    GeminiKey,
    ModelEntry,
    UpstreamKey,
)
from cliproxy.errors import ConfigError

CLIENT_KEY = "CLI_PROXY_API_KEY"
DASHSCOPE = "https://dashscope.aliyuncs.com/compatible-mode/v1"
QWEN = "qwen"
QWEN_MODELS = (
    *("qwen3-max", "qwen-max", "qwen-plus", "qwen-flash", "qwen-turbo", "qwen-long"),
    *("qwen3-coder-plus", "qwen3-coder-flash", "qwen3-vl-plus", "qwen-vl-max", "qwen-vl-plus", "qwq-plus"),
)

_VENDORS = {"OPENAI": OPENAI, "ANTHROPIC": "", "GEMINI": "", "QWEN": DASHSCOPE}  # and where their keys lead
_SECTIONS: Mapping[str, tuple[str, type[UpstreamKey]]] = {
    "OPENAI": ("codex_api_key", CodexKey),
    "ANTHROPIC": ("claude_api_key", ClaudeKey),
    "GEMINI": ("gemini_api_key", GeminiKey),
}
_HERE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 (compared with, not bound to)


class VendorKey(Struct, frozen=True):
    """One key, and where it leads."""

    vendor: str
    api_key: str
    base_url: str  # "": the vendor's

    def __repr__(self) -> str:
        """The key is secret."""
        return f"VendorKey({self.variable})"

    @property
    def variable(self) -> str:
        """Return where it stands."""
        return f"{self.vendor}_API_KEY"

    @property
    def told(self) -> str:
        """Return which variables say so."""
        is_usual = self.base_url == _VENDORS[self.vendor]
        return self.variable if is_usual else f"{self.variable}, its address from {self.vendor}_BASE_URL"


class Environment(Struct, frozen=True):
    """What variables say. They stay as they are while the process lives."""

    keys: tuple[VendorKey, ...] = ()
    client_key: str = ""
    oauth_clients: Mapping[str, OAuthClient] = {}

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Environment:
        """Return what concerns us. Raises ConfigError, naming each variable that cannot be used."""
        reader = _Variables(variables)
        environment = cls(
            keys=tuple(
                VendorKey(vendor, key, reader.url(f"{vendor}_BASE_URL") or base_url)
                for vendor, base_url in _VENDORS.items()
                if (key := reader.text(f"{vendor}_API_KEY"))
            ),
            client_key=reader.text(CLIENT_KEY),
            oauth_clients={name: client for name in forms.CHANNELS if (client := reader.oauth_client(name))},
        )
        if reader.problems:
            raise ConfigError(reader.problems)
        return environment

    def __repr__(self) -> str:
        """Keys are secret."""
        return f"Environment({', '.join(key.variable for key in self.keys)})"

    def added_to(self, config: Config) -> Config:
        """Return a configuration with what it does not say itself."""
        for key in self.keys:
            if not _leads_here(key, config):
                config = _with_key(config, key)
        if self.client_key and self.client_key not in config.api_keys:
            config = structs.replace(config, api_keys=(*config.api_keys, self.client_key))
        clients = {**self.oauth_clients, **config.oauth_clients}
        return config if clients == config.oauth_clients else structs.replace(config, oauth_clients=clients)

    def told(self, config: Config) -> list[str]:
        """Say which keys of it go into a configuration, in a line each, by the names of the variables."""
        lines = []
        for key in self.keys:
            if _leads_here(key, config):
                lines.append(f"{key.vendor}_BASE_URL leads to this gateway; {key.variable} is left out")
            elif _with_key(config, key) != config:
                lines.append(f"an upstream's key is taken from {key.told}")
        if self.client_key and self.client_key not in config.api_keys:
            lines.append(f"a client key is taken from {CLIENT_KEY}")
        clients = [name for name in self.oauth_clients if name not in config.oauth_clients]
        return lines + [f"an OAuth client is taken from {_client(name)}_..." for name in clients]


class _Variables:
    """Looks values up, and remembers which cannot be used."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self._variables = variables

    def text(self, name: str) -> str:
        value = self._variables.get(name, "").strip()
        try:
            return forms.header_value(value)
        except ValueError as expected:
            self.problems.append(f"the environment variable {name}: expected {expected}")
            return ""

    def url(self, name: str) -> str:
        try:
            return forms.base_url(self.text(name))
        except ValueError as expected:
            self.problems.append(f"the environment variable {name}: expected {expected}")
            return ""

    def oauth_client(self, provider: str) -> OAuthClient | None:
        start = _client(provider)
        client = OAuthClient(self.text(f"{start}_ID"), self.text(f"{start}_SECRET"))
        return None if client.flaw() else client


def _client(provider: str) -> str:
    """Return how the variables of an OAuth client begin."""
    return f"OAUTH_CLIENTS_{provider.upper().replace('-', '_')}_CLIENT"


def _with_key(config: Config, key: VendorKey) -> Config:
    """Return a configuration with one more key, unless it stands in its section."""
    if key.vendor not in _SECTIONS:
        upstreams = config.openai_compatibility
        if any(key.api_key == one.api_key for upstream in upstreams for one in upstream.api_key_entries):
            return config
        return structs.replace(config, openai_compatibility=(*upstreams, _qwen(key)))
    section, kind = _SECTIONS[key.vendor]
    entries: tuple[UpstreamKey, ...] = getattr(config, section)
    if any(key.api_key == one.api_key for one in entries):
        return config
    return structs.replace(config, **{section: (*entries, kind(api_key=key.api_key, base_url=key.base_url))})


def _qwen(key: VendorKey) -> CompatibleUpstream:
    return CompatibleUpstream(
        name=QWEN,
        base_url=key.base_url,
        api_key_entries=(CompatibleKey(api_key=key.api_key),),
        models=tuple(map(ModelEntry, QWEN_MODELS)),
    )


def _leads_here(key: VendorKey, config: Config) -> bool:
    """Tell whether a key's address is the gateway's own, where it would ask itself for ever."""
    if not key.base_url:
        return False
    url = urlsplit(key.base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    return port == config.port and url.hostname in (*_HERE, config.host)
