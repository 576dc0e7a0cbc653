"""
What a credential file tells of its account to the operator: everything that is worth knowing, and no secret.

Source: `reference` sheets `providers/*` section b; `providers/codex` ("id_token claims").
"""

from __future__ import annotations

from collections.abc import Mapping

from cliproxy.credentials.files.claims import claims, openai_claims
from cliproxy.credentials.files.fields import text
from cliproxy.credentials.files.identity import email_of, id_token_of, service_account

Values = Mapping[str, object]

_FIELDS = {  # as it is shown -> as files call it
    "organization": "organization",
    "organization id": "organization_uuid",
    "account id": "account_id",
    "account uuid": "account_uuid",
    "user id": "user_id",
    "project": "project_id",
    "location": "location",
    "address": "resource_url",
}
_CLAIMS = {
    "plan": "chatgpt_plan_type",
    "account id": "chatgpt_account_id",
    "user id": "chatgpt_user_id",
    "subscription since": "chatgpt_subscription_active_start",
    "subscription until": "chatgpt_subscription_active_until",
}


def told_by(values: Values) -> dict[str, str]:
    """Return what an open file and its id token tell, in the order in which it is shown."""
    token = id_token_of(values)
    openai = openai_claims(token)
    key_file = service_account(values)
    found = {
        "e-mail": email_of(values) or text(key_file.get("client_email")),
        "name": text(claims(token).get("name")),
        **{shown: text(values.get(field)) for shown, field in _FIELDS.items()},
    }
    found["organization"] = found["organization"] or _organization(openai)
    found["project"] = found["project"] or text(values.get("project")) or text(key_file.get("project_id"))
    found |= {shown: said for shown, claim in _CLAIMS.items() if (said := text(openai.get(claim)))}
    return {shown: said for shown, said in found.items() if said}


def _organization(openai: Values) -> str:
    """Return the name of the organisation that a login at OpenAI works in."""
    listed = openai.get("organizations")
    known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    chosen = next((one for one in known if one.get("is_default") is True), None) or next(iter(known), {})
    return text(chosen.get("title"))
