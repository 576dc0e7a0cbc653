"""Client keys: where they may stand, and what is said of wrong ones."""

from __future__ import annotations

import hashlib

import pytest
from multidict import CIMultiDict

from cliproxy.access.keys import ClientKeys
from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.errors import AccessDenied

KEYS = ClientKeys(["key-of-alice", "key-of-bob"])


def asking(headers: dict[str, str] | None = None, query: dict[str, str] | None = None) -> AccessRequest:
    return AccessRequest("/v1/models", CIMultiDict(headers or {}), query or {}, "203.0.113.9")


def principal(key: str) -> Principal:
    return Principal("key-" + hashlib.sha256(key.encode()).hexdigest()[:12])


@pytest.mark.parametrize(
    "request_",
    [
        asking({"Authorization": "Bearer key-of-bob"}),
        asking({"authorization": "bearer  key-of-bob "}),
        asking({"Authorization": "key-of-bob"}),
        asking({"X-Api-Key": "key-of-bob"}),
        asking({"X-Goog-Api-Key": "key-of-bob"}),
        asking(query={"key": "key-of-bob"}),
        asking(query={"auth_token": "key-of-bob"}),
    ],
)
async def test_a_key_is_found_wherever_a_client_puts_it(request_: AccessRequest) -> None:
    """Every vendor's SDK has its own place for it."""
    assert await KEYS.authenticate(request_) == principal("key-of-bob")


async def test_one_right_key_among_wrong_ones_is_enough() -> None:
    """Clients send what their environment holds, beside what they were told."""
    mixed = asking({"Authorization": "Bearer of-another-service", "x-api-key": "key-of-alice"}, {"key": "wrong"})

    assert await KEYS.authenticate(mixed) == principal("key-of-alice")


@pytest.mark.parametrize(
    "almost", ["key-of-bo", "key-of-bob2", "KEY-OF-BOB", "Bearer key-of-bob key-of-bob", "key-of-bob,key-of-alice"]
)
async def test_a_key_that_is_almost_right_is_wrong(almost: str) -> None:
    """No prefixes, no other case, no lists."""
    with pytest.raises(AccessDenied, match="Invalid API key") as denied:
        await KEYS.authenticate(asking({"Authorization": f"Bearer {almost}"}))

    assert (denied.value.status, denied.value.code) == (401, "invalid_api_key")
    assert almost not in denied.value.message


@pytest.mark.parametrize("request_", [asking(), asking({"Authorization": ""}), asking({"x-api-key": ""}, {"key": ""})])
async def test_no_key_is_another_complaint_than_a_wrong_one(request_: AccessRequest) -> None:
    """Who forgot the key and who mistyped it look in different places."""
    with pytest.raises(AccessDenied, match="Missing API key") as denied:
        await KEYS.authenticate(request_)

    assert denied.value.status == 401


async def test_bytes_that_are_no_text_are_a_wrong_key() -> None:
    """Headers come as surrogates where they are not UTF-8; that must not become a fault of ours."""
    with pytest.raises(AccessDenied):
        await KEYS.authenticate(asking({"x-api-key": "k\udcff"}))


async def test_without_keys_nobody_is_judged() -> None:
    """Another check may know the client."""
    assert await ClientKeys([]).authenticate(asking({"x-api-key": "anything"})) is None


async def test_a_principal_s_name_does_not_hold_the_key() -> None:
    """It stands in logs and usage records."""
    found = await KEYS.authenticate(asking({"x-api-key": "key-of-alice"}))

    assert found is not None
    assert "alice" not in found.name


def test_no_key_is_kept_as_it_is() -> None:
    """Lookup is by digest, so the time it takes tells nothing of how much of a key was right."""
    assert "key-of-alice" not in repr(vars(KEYS))


async def test_a_key_may_be_good_for_some_models() -> None:
    """None is all of them; no pattern lets nothing through."""
    keys = ClientKeys(["a", "b", "c"], {"b": ("claude-*",), "c": ()})
    found = [await keys.authenticate(asking(query={"key": key})) for key in ("a", "b", "c")]

    assert [one.models if one else "nobody" for one in found] == [None, ("claude-*",), ()]
