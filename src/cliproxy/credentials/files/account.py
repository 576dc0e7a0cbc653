"""
The fields of a credential file -> its credentials: one, or one for each project of a Gemini account.

Source: `reference` sheets `config` sections 6.7 and 11, `credentials` sections 1, 2 and 9, `providers/*` section b.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files import settings
from cliproxy.credentials.files.claims import openai_claims
from cliproxy.credentials.files.fields import (
    WrongField,
    ahead_of_utc,
    duration,
    inner_tokens,
    moment,
    names,
    setting,
    spellings,
    text,
    truth,
    whole,
)
from cliproxy.credentials.files.identity import email_of, id_token_of, identity_of, service_account
from cliproxy.credentials.files.origin import provider_of

FOLDER = "auths/"
EXPIRY = ("expired", "expire", "expires_at", "expiresAt", "expiry", "expires")
REFRESHED = ("last_refresh", "lastRefresh", "last_refreshed_at", "lastRefreshedAt")

Values = Mapping[str, object]

_MANY_PROJECTS = "gemini-cli"  # the provider whose files may hold several
_SECRETS = {"iflow": ("api_key", "access_token")}  # its access token only fetches the key
_HANDLE_LENGTH = 16  # hex digits
_UNFIT = re.compile(r"[^!-~]")  # for a header
_NOT_IN_IDS = re.compile(r"[/\\ ]")

# What a credential has fields of its own for; its details have the rest.
_TOKENS = frozenset(("access_token", "refresh_token", "id_token", "expires_in", *EXPIRY))
_SETTINGS = (
    *("type", "disabled", "prefix", "priority", "weight", "headers", "label", "note", "project", "project_id"),
    *("proxy_url", "base_url", "disable_cooling", "request_retry", "max_concurrent", "excluded_models", "attributes"),
    *("quota", "quota_period", "quota_unit", "refresh_interval", "refresh_interval_seconds", "timestamp", "websockets"),
)
_READ = _TOKENS.union(REFRESHED, *map(spellings, _SETTINGS))


def credentials_of(key: str, values: Values) -> tuple[Credential, ...]:
    """Return the credentials of an open file. Raises WrongField."""
    path = key.removeprefix(FOLDER)
    provider = provider_of(path, values)
    if not provider:
        raise WrongField("it has no `type`, and neither its name nor what it holds says whose it is")
    credential = _credential(key, path, provider, values)
    if provider != _MANY_PROJECTS:
        return (credential,)
    projects = list(dict.fromkeys(name for part in credential.project.split(",") if (name := part.strip())))
    if len(projects) > 1:
        return tuple(_of_project(credential, project) for project in projects)
    return (structs.replace(credential, project="".join(projects)),)


def _of_project(credential: Credential, project: str) -> Credential:
    id_ = f"{credential.id}::{_NOT_IN_IDS.sub('_', project)}"
    label = f"{credential.label} [{project}]"
    return structs.replace(credential, id=id_, handle=_digest(f"id:{id_}"), label=label, project=project)


def _credential(key: str, path: str, provider: str, values: Values) -> Credential:
    tokens = inner_tokens(values) or values
    openai = openai_claims(id_token_of(values))
    cools, rounds = truth(setting(values, "disable_cooling")), whole(setting(values, "request_retry"))
    return Credential(
        id=path,
        provider=provider,
        secret=_secret(tokens, *_SECRETS.get(provider, ("access_token", "api_key"))),
        label=email_of(values) or text(values.get("label")) or provider,
        handle=_digest(f"file:{path}"),
        account=f"{provider}:{identity_of(values, otherwise=path)}",
        prefix=settings.prefix(values),
        priority=whole(setting(values, "priority")) or 0,
        weight=settings.number(values, "weight", least=1) or 1,
        base_url=settings.base_url(values),
        headers=settings.headers(values),
        proxy=settings.proxy(values),
        project=_project(values),
        plan=text(openai.get("chatgpt_plan_type")) or text(values.get("plan_type")) or text(values.get("plan")),
        document=key,
        disabled=truth(setting(values, "disabled")) or False,
        quota=settings.quota(values),
        concurrent=settings.number(values, "max_concurrent", least=0),
        cools=None if cools is None else not cools,
        rounds=None if rounds is None else max(rounds, 0),
        excluded_models=names(setting(values, "excluded_models")),
        refresh_token=_secret(tokens, "refresh_token"),
        expires_at=_expires_at(values, tokens),
        refreshed_at=_refreshed_at(values),
        refresh_every=duration(setting(values, "refresh_interval_seconds"))
        or duration(setting(values, "refresh_interval")),
        details=_details(values, openai),
    )


def _secret(values: Values, *spellings: str) -> Secret:
    for name in spellings:
        if found := text(values.get(name)):
            if _UNFIT.search(found):
                raise WrongField(f"{name} has a space, a line break or another character that no token has")
            return Secret(found)
    return Secret("")


def _project(values: Values) -> str:
    service = service_account(values)
    return text(values.get("project_id")) or text(values.get("project")) or text(service.get("project_id"))


def _expires_at(values: Values, tokens: Values) -> float | None:
    ahead = ahead_of_utc(values)
    for holder in (values, tokens):
        for name in EXPIRY:
            if (found := moment(holder.get(name), ahead=ahead)) is not None:
                return found
    since, lasts = _refreshed_at(values), duration(tokens.get("expires_in"))
    return None if since is None or lasts is None else since + lasts


def _refreshed_at(values: Values) -> float | None:
    times = (moment(values.get(name)) for name in (*REFRESHED, "timestamp"))
    return next((time for time in times if time is not None), None)


def _details(values: Values, openai: Values) -> dict[str, object]:
    """Return the rest of a file: what its provider refreshes with and asks for, and what nobody knows."""
    rest = {name: value for name, value in values.items() if name not in _READ}
    if isinstance(inner := rest.get("token"), dict):
        rest["token"] = {name: value for name, value in inner.items() if name not in _TOKENS}
    if (account := text(openai.get("chatgpt_account_id"))) and not text(rest.get("account_id")):
        rest["account_id"] = account
    if values.get("type") == "service_account":
        return {"service_account": dict(values)}
    if note := text(setting(values, "note")) or text(setting(values, "description")):
        rest["note"] = note
    if (websockets := truth(setting(values, "websockets"))) is not None:
        rest["websockets"] = websockets
    return rest


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:_HANDLE_LENGTH]
