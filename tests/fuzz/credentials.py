"""Credential files, which come from anywhere."""

from __future__ import annotations

import msgspec

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import DocumentError, Tokens, read_credentials, with_tokens
from tests.fuzz.laws import must, must_be_json

_NAMES = ("a.json", "team/claude_oauth_acme.json", "openai_token.json", "gemini.json")
_SECRET = "c2VjcmV0"
_NEW = Tokens(
    access_token=Secret("a"), refresh_token=Secret("r"), expires_at=1.8e9, refreshed_at=1.7e9, more={"id_token": "i"}
)
_RENEWED = frozenset({"secret", "refresh_token", "expires_at", "refreshed_at", "details"})
_TOLD_BY_TOKENS = frozenset({"label", "account", "plan"})  # an id token may name the account


def credential_file(data: bytes) -> None:
    """Any bytes are credentials or an error without secrets; new tokens change nothing but the tokens."""
    choice, file = data[0] if data else 0, data[1:]
    key = f"auths/{_NAMES[choice % len(_NAMES)]}"
    try:
        credentials = read_credentials(key, file)
    except DocumentError as error:
        must(_SECRET not in str(error), "an error repeats what is in the file")
        return
    renewed = with_tokens(file, _NEW)
    must_be_json(renewed, "the renewed file")
    must(with_tokens(renewed, _NEW) == renewed, "renewed twice, it is something else")
    before, after = msgspec.json.decode(file.removeprefix(b"\xef\xbb\xbf")), msgspec.json.decode(renewed)
    must([name for name in after if name in before] == [name for name in before if name in after], "the order changed")
    if not isinstance(before.get("type"), str):
        return  # whose it is may have been known by its tokens alone, and these look like nobody's
    again = read_credentials(key, renewed)
    must(list(map(_kept, again)) == list(map(_kept, credentials)), "more than the tokens changed")
    must(all(one.refresh_token == _NEW.refresh_token for one in again), "the new token is not found again")
    must(all(one.expires_at == _NEW.expires_at for one in again), "the new end is not found again")


def _kept(credential: Credential) -> list[object]:
    skipped = _RENEWED | _TOLD_BY_TOKENS
    return [getattr(credential, name) for name in credential.__struct_fields__ if name not in skipped]
