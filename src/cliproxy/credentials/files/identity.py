"""
Who is behind a credential file, as far as it says: a name that no refresh changes, and whether two files are of one
account.

Vendors tell ever more of an account, so files of different times tell different things of the same one: what the Go
program wrote for Claude has an e-mail, what we write has the ids of account and organisation too.

Source: `reference` sheets `providers/*` section b; OpenID Connect Core 1.0 section 5.1 (`email`).
"""

from __future__ import annotations

from collections.abc import Mapping

from cliproxy.credentials.files.claims import claims, openai_claims
from cliproxy.credentials.files.fields import inner_tokens, text

Values = Mapping[str, object]

_ORGANIZATION, _ITS_NAME = "organization", "organization's name"
# What nobody shares with anybody else. An account at OpenAI may be a team's, an organisation always is one.
_PERSONAL = frozenset(("account_uuid", "email", "user", "device"))


def identity_of(values: Values, otherwise: str) -> str:
    """
    Return who is behind a file, in words that a refresh does not change; `otherwise` where it does not say.

    In a team many people have one account id, and one person may be in several organisations, so all of it counts.
    """
    facts = _facts(values)
    if _ORGANIZATION in facts:  # it may be renamed
        facts.pop(_ITS_NAME, None)
    return "/".join(dict.fromkeys(facts.values())) or otherwise


def same_account(one: Values, other: Values) -> bool:
    """
    Tell whether two files of one provider hold the same account.

    They do where nothing that both say differs, and they name the same person.
    """
    ours, theirs = _facts(one), _facts(other)
    shared = ours.keys() & theirs.keys()
    if _ORGANIZATION in shared:
        shared -= {_ITS_NAME}
    if any(ours[fact] != theirs[fact] for fact in shared):
        return False
    return bool(shared & _PERSONAL) or (bool(shared) and ours.keys() == theirs.keys())


def email_of(values: Values) -> str:
    """Return an account's e-mail address: as the file has it, or its id token."""
    return text(values.get("email")) or text(claims(id_token_of(values)).get("email"))


def id_token_of(values: Values) -> str:
    """Return the id token of a file, wherever its tokens lie."""
    return text((inner_tokens(values) or values).get("id_token")) or text(values.get("id_token"))


def service_account(values: Values) -> Values:
    """Return the key file of a service account: the file itself as it was downloaded, or what it holds."""
    if values.get("type") == "service_account":
        return values
    inner = values.get("service_account")
    return inner if isinstance(inner, dict) else {}


def _facts(values: Values) -> dict[str, str]:
    openai = openai_claims(id_token_of(values))
    said = {
        "account": text(openai.get("chatgpt_account_id")) or text(values.get("account_id")),
        "account_uuid": text(values.get("account_uuid")),
        _ORGANIZATION: text(values.get("organization_uuid")) or text(values.get("organization_id")),
        _ITS_NAME: text(values.get("organization")),
        "user": text(values.get("user_id")),
        "email": (email_of(values) or text(service_account(values).get("client_email"))).lower(),
    }
    # A login makes a device up, so it tells something only where nobody told more.
    return {name: fact for name, fact in said.items() if fact} or (
        {"device": device} if (device := text(values.get("device_id"))) else {}
    )
