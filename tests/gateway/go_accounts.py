"""The folder of the Go program, filled with tokens that are good at the simulated vendors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from cliproxy import providers
from cliproxy.credentials.credential import Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.discovery import declared
from cliproxy.login.flow import Client
from cliproxy.providers import antigravity, iflow
from cliproxy.providers.base import Provider
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.online import NAMES as HOSTS
from cliproxy.simulator.people import Person
from cliproxy.testing.transport import Behaviour

GO = Path(__file__).parent / "go_folder"
NAMES = sorted(path.name for path in GO.glob("*.json"))
PEOPLE = tuple(Person(f"{name}@example.com") for name in ("ann", "ben", "cleo"))
PROVIDERS = declared(providers, "PROVIDER", Provider)
VENDORS = {"codex": "openai", "gemini-cli": "google", "antigravity": "google"}
GOOGLE = ("oauth2", "cloudcode-pa", "daily-cloudcode-pa", "us-central1-aiplatform", "aiplatform")

OURS = {  # the operator's secrets, of programs that have one
    "antigravity": Client(antigravity.CLIENT.id, Secret("antigravity-secret")),
    "iflow": Client(iflow.CLIENT.id, Secret("iflow-secret")),
}


def filled_in(data: bytes, internet: Internet, name: str) -> bytes:
    """Return a file with tokens that are good at the simulated vendors, and otherwise as it is."""
    credential = read_credentials(f"auths/{name}", data)[0]
    kind, email = credential.provider, credential.label.partition(" ")[0]
    email = email if "@" in email else "ann@example.com"

    def put(old: object, new: str) -> None:
        nonlocal data
        if isinstance(old, str) and old:
            data = data.replace(msgspec.json.encode(old), msgspec.json.encode(new))

    if kind == "vertex":
        made = internet.service_account(credential.project)
        held: Any = credential.details["service_account"]
        for field in ("private_key", "private_key_id", "client_email"):
            put(held[field], made[field])
        return data
    if cookie := credential.details.get("cookie"):
        put(cookie, internet.iflow.cookie(email))
        return data
    client: Client = PROVIDERS[kind].refresh.client if kind != "iflow" else iflow.CLIENT  # type: ignore[union-attr]
    if kind == "gemini-cli":
        put("invented.apps.googleusercontent.com", client.id)
        put("invented-secret", client.secret.reveal())
    if kind == "codex":
        account = str(credential.details["account_id"])
        internet.people[email] = structs.replace(internet.people[email], account_id=account, plan=credential.plan)
    issued = internet.tokens[VENDORS.get(kind, kind)].log_in(email, client_id=client.id)
    put(credential.refresh_token.reveal(), issued.refresh_token)
    return data


def asked_at(internet: Internet) -> dict[str, Behaviour]:
    """Return who answers where."""
    names = [name for name in HOSTS if "*" not in name] + [f"{name}.googleapis.com" for name in GOOGLE]
    return dict.fromkeys(names, internet.answer)
