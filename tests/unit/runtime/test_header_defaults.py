"""What Claude and Codex are told of the client. The settings: `tests/unit/config/test_network.py`."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from cliproxy import providers as provider_package
from cliproxy.config.schema import ClaudeHeaderDefaults, CodexHeaderDefaults, Config
from cliproxy.credentials.credential import Credential, Secret, SecretHeaders
from cliproxy.dialects.base import Operation
from cliproxy.discovery import declared
from cliproxy.providers.base import Call, Endpoint, Provider
from cliproxy.runtime.header_defaults import with_header_defaults
from cliproxy.testing.transport import AnyCase
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import Carrier

PROVIDERS = declared(provider_package, "PROVIDER", Provider)
SAID = Config(
    claude_header_defaults=ClaudeHeaderDefaults("tool/1", "1.2", "v1", "600"),
    codex_header_defaults=CodexHeaderDefaults("tool/2", "feature"),
)


def sent(
    config: Config,
    name: str,
    *,
    document: str = "",
    carrier: Carrier = Carrier.HTTP,
    own: dict[str, str] | None = None,
    **client: str,
) -> AnyCase:
    """Return the headers that a client's request goes out with."""
    credential = Credential(
        id="x", provider=name, secret=Secret("s"), document=document, headers=SecretHeaders(own or {})
    )
    call = Call(
        endpoint=Endpoint("d", Operation.GENERATE, "/v1/x", carrier=carrier),
        model="m",
        stream=False,
        framing=Framing.WHOLE,
        credential=credential,
        client_headers=AnyCase({key.replace("_", "-"): value for key, value in client.items()}),
        exchange_id="e",
        now=0.0,
    )
    return AnyCase(dict(with_header_defaults(config, PROVIDERS)[name].prepare(call, b"{}").headers))


def test_claude_is_told_what_the_client_does_not_say() -> None:
    for document in ("", "auths/claude.json"):
        headers = sent(SAID, "claude", document=document, User_Agent="client/9", x_stainless_timeout="5")

        assert headers["user-agent"] == "client/9"
        assert headers["x-stainless-timeout"] == "5"
        assert headers["x-stainless-package-version"] == "1.2"
        assert headers["x-stainless-runtime-version"] == "v1"
        assert headers["anthropic-version"]
    assert sent(SAID, "claude")["user-agent"] == "tool/1"


def test_what_stands_at_a_key_goes_before() -> None:
    assert sent(SAID, "claude", own={"USER-AGENT": "key/1"})["user-agent"] == "key/1"


def test_codex_is_told_of_accounts_only() -> None:
    """Keys lead to other services, mostly."""
    account = sent(SAID, "codex", document="auths/codex.json", User_Agent="client/9")
    key = sent(SAID, "codex", User_Agent="client/9")

    assert account["user-agent"] == "tool/2"
    assert "x-codex-beta-features" not in account
    assert key["user-agent"] == "client/9"


def test_beta_features_are_for_websockets_where_the_client_names_none() -> None:
    socket = {"document": "auths/codex.json", "carrier": Carrier.WEBSOCKET}

    assert sent(SAID, "codex", **socket)["x-codex-beta-features"] == "feature"  # type: ignore[arg-type]
    own = sent(SAID, "codex", **socket, x_codex_beta_features="mine")  # type: ignore[arg-type]
    assert own["x-codex-beta-features"] == "mine"
    assert "x-codex-beta-features" not in sent(SAID, "codex", carrier=Carrier.WEBSOCKET)


def test_nothing_is_sent_where_nothing_is_written() -> None:
    """Neither a name of ours nor one of somebody else's program."""
    silent = with_header_defaults(Config(), PROVIDERS)
    half = structs.replace(SAID, claude_header_defaults=ClaudeHeaderDefaults(timeout="600"))

    assert all(silent[name] is PROVIDERS[name] for name in PROVIDERS)
    assert "user-agent" not in sent(Config(), "claude")
    assert "user-agent" not in sent(half, "claude")
    assert sent(half, "claude")["x-stainless-timeout"] == "600"


def test_a_gateway_without_these_providers_is_none_the_worse() -> None:
    other = {"other": replace(PROVIDERS["gemini"], name="other")}

    assert with_header_defaults(SAID, other) == other
