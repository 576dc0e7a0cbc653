"""Who is let in, and how the others are told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.gateway.asking import CHAT, DIALECTS, GEMINI, MESSAGES, SAID, Way, asked, upstream_and_gateway
from tests.gateway.reading import error_of, text_of

KEYS = {"api_keys": ("key-of-alice", "key-of-bob")}
BOB = "key-of-bob"
PLACES: dict[str, tuple[dict[str, str], str]] = {  # headers, query
    "bearer": ({"Authorization": f"Bearer {BOB}"}, ""),
    "bearer in capitals": ({"Authorization": f"BEARER {BOB}"}, ""),
    "bare": ({"Authorization": BOB}, ""),
    "x-goog-api-key": ({"X-Goog-Api-Key": BOB}, ""),
    "x-api-key": ({"x-api-key": BOB}, ""),
    "key": ({}, f"key={BOB}"),
    "auth_token": ({}, f"auth_token={BOB}"),
}
WRONG = {"Authorization": "Bearer wrong", "X-Goog-Api-Key": "wrong", "X-Api-Key": "wrong"}
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
both_forms = pytest.mark.parametrize("form", ["whole", "stream"])


def with_query(path: str, query: str) -> str:
    return path + ("&" if "?" in path else "?") + query if query else path


@every_dialect
@pytest.mark.parametrize("place", PLACES)
async def test_a_key_may_stand_in_five_places(place: str, dialect: str) -> None:
    """SDKs put it where their own vendor wants it; wrong ones elsewhere do no harm."""
    headers, query = PLACES[place]
    async with upstream_and_gateway(KEYS) as scene:
        path, body = asked(Way(dialect, "stream"))
        path = with_query(path, query)

        assert text_of(Way(dialect, "stream"), await scene.post(path, body, headers)) == SAID
        mixed = {**{name: value for name, value in WRONG.items() if name not in headers}, **headers}
        assert text_of(Way(dialect, "stream"), await scene.post(path, body, mixed)) == SAID
        names = {record.principal for record in scene.gateway.records}
        assert len(names) == 1
        assert BOB not in names.pop()


@every_dialect
@both_forms
@pytest.mark.parametrize(
    ("headers", "said"), [({}, "Missing API key"), (WRONG, "Invalid API key")], ids=["none", "wrong"]
)
async def test_without_a_right_one_it_is_a_401(headers: Mapping[str, str], said: str, form: str, dialect: str) -> None:
    """In the client's dialect, before anything is asked of the upstream."""
    async with upstream_and_gateway(KEYS) as scene:
        way = Way(dialect, form)
        path, body = asked(way)

        reply = await scene.post(path, body, headers)

        assert reply.status == 401
        assert error_of(way, reply).startswith(said)
        assert scene.asked == []


async def test_the_client_s_key_does_not_reach_the_upstream() -> None:
    headers = {"Authorization": f"Bearer {BOB}", "X-Goog-Api-Key": BOB, "X-Api-Key": BOB, "Cookie": "a=b"}
    async with upstream_and_gateway(KEYS) as scene:
        for dialect in DIALECTS:
            path, body = asked(Way(dialect))
            assert (await scene.post(with_query(path, f"key={BOB}"), body, headers)).status == 200

        for call in scene.upstream.calls:
            assert BOB not in f"{call.headers} {call.query} {call.path} {call.body!r}"
            assert "cookie" not in call.headers


async def test_listings_want_a_key_too() -> None:
    async with upstream_and_gateway(KEYS) as scene:
        for path in ("/v1/models", "/v1beta/models", f"/v1/models/{CHAT}"):
            assert (await scene.get(path)).status == 401
            assert (await scene.get(path, {"x-api-key": BOB})).status == 200
        assert (await scene.get("/healthz")).status == 200


async def test_without_keys_this_machine_is_served() -> None:
    """And no web page that is open on it: it could ask in the user's name."""
    async with upstream_and_gateway() as scene:
        path, body = asked(Way(CHAT))
        assert (await scene.post(path, body)).status == 200
        assert (await scene.post(path, body, {"Origin": "http://localhost:3000"})).status == 200

        for origin in ("https://page.example", "null", "http://localhost.page.example", "http://127.0.0.1.nip.example"):
            reply = await scene.post(path, body, {"Origin": origin})
            assert reply.status == 403, origin
            assert "api-keys" in error_of(Way(CHAT), reply)
        assert len(scene.asked) == 2


@every_dialect
async def test_a_page_is_refused_in_its_dialect(dialect: str) -> None:
    async with upstream_and_gateway() as scene:
        path, body = asked(Way(dialect))
        reply = await scene.post(path, body, {"Origin": "https://page.example"})

        assert reply.status == 403
        assert "web pages are not served" in error_of(Way(dialect), reply)


async def test_pages_may_ask_where_keys_are_asked_for() -> None:
    """A preflight comes without the key, and is answered; the request itself needs it."""
    page = {"Origin": "https://page.example", "Access-Control-Request-Headers": "authorization"}
    async with upstream_and_gateway(KEYS) as scene:
        preflight = await scene.get("/v1/chat/completions", page, method="OPTIONS")
        assert preflight.status == 204
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        assert preflight.headers["Access-Control-Allow-Headers"] == "*"

        path, body = asked(Way(CHAT, "stream"))
        reply = await scene.post(path, body, {**page, "Authorization": f"Bearer {BOB}"})
        assert text_of(Way(CHAT, "stream"), reply) == SAID
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        refused = await scene.post(path, body, page)
        assert refused.status == 401
        assert refused.headers["Access-Control-Allow-Origin"] == "*"


async def test_no_page_is_told_anything_where_no_keys_are() -> None:
    async with upstream_and_gateway() as scene:
        preflight = await scene.get("/v1/chat/completions", {"Origin": "https://page.example"}, method="OPTIONS")

        assert preflight.status == 404
        path, body = asked(Way(CHAT))
        for reply in (preflight, await scene.post(path, body), await scene.get("/healthz")):
            assert not [name for name in reply.headers if name.lower().startswith("access-control")]


LISTINGS = {
    "plain": ("/v1/models", {}, "data"),
    "openai": ("/v1/models", {"Authorization": "Bearer any"}, "data"),
    "anthropic": ("/v1/models", {"anthropic-version": "2023-06-01"}, "has_more"),
    "claude code": ("/v1/models", {"user-agent": "claude-cli/2.1.0 (external, cli)"}, "has_more"),
    "google": ("/v1/models", {"x-goog-api-key": "any"}, "models"),
    "google by client": ("/v1/models", {"x-goog-api-client": "google-genai-sdk/3.0"}, "models"),
    "v1beta": ("/v1beta/models", {}, "models"),
    "no version": ("/models", {}, "data"),
}


@pytest.mark.parametrize("listing", LISTINGS)
async def test_a_listing_has_the_shape_its_client_reads(listing: str) -> None:
    """Three vendors' SDKs ask at one path; served another's shape they list nothing, or fail."""
    path, headers, sign = LISTINGS[listing]
    async with upstream_and_gateway() as scene:
        reply = await scene.get(path, headers)
        body = reply.json()

        assert reply.status == 200
        assert sign in body
        if sign == "models":
            assert sorted(model["name"] for model in body["models"]) == sorted(f"models/{name}" for name in DIALECTS)
        else:
            assert sorted(model["id"] for model in body["data"]) == sorted(DIALECTS)
            assert ("has_more" in body) == (sign == "has_more")
        one = await scene.get(f"{path}/{MESSAGES}", headers)
        assert one.json() in body[sign if sign == "models" else "data"]
        missing = await scene.get(f"{path}/nobody", headers)
        assert missing.status == 404
        dialect = {"models": GEMINI, "has_more": MESSAGES, "data": CHAT}[sign]
        assert "nobody" in error_of(Way(dialect), missing)
