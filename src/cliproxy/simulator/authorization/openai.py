"""
OpenAI's login: a page and a token endpoint at auth.openai.com, and devices in OpenAI's own way.

A device gets a code and its verifier in place of tokens, and redeems them like any other. Errors are objects, as in the
API; a refresh token's second use is `refresh_token_reused`, with 401.

Source: the provider sheet `codex`, section a.
"""

from functools import cached_property
from secrets import token_hex
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.server import Application, AuthorizationServer
from cliproxy.simulator.authorization.words import form_of, texts_of, told
from cliproxy.simulator.grants import Allowed, Device, Issued, OAuthError, challenge_of
from cliproxy.simulator.people import Person

PROGRAM = Application(
    client_id="app_EMoamEEZ73f0CkXaXp7hrann",
    redirects=r"http://localhost:1455/auth/callback",
    scopes=frozenset({"openid", "email", "profile", "offline_access"}),
    has_pkce=True,
    fields={"response_type": "code", "id_token_add_organizations": "true", "codex_cli_simplified_flow": "true"},
)
DEVICE_REDIRECT = "https://auth.openai.com/deviceauth/callback"
CLAIMS = "https://api.openai.com/auth"
REFRESH_CODES = {
    "used": "refresh_token_reused",
    "revoked": "refresh_token_invalidated",
    "unknown": "refresh_token_expired",
}


class OpenAI(AuthorizationServer):
    """auth.openai.com."""

    name: ClassVar[str] = "openai"
    hosts: ClassVar[frozenset[str]] = frozenset({"auth.openai.com"})

    def route(self, request: Request) -> Answer | None:
        match request.method, request.path:
            case "GET" | "POST", "/oauth/authorize":
                return self.authorize(request, PROGRAM)
            case "POST", "/oauth/token":
                return self._told(self._issued(form_of(request)))
            case "POST", "/api/accounts/deviceauth/usercode":
                return self._device(texts_of(request))
            case "POST", "/api/accounts/deviceauth/token":
                return self._device_code(texts_of(request))
            case "GET" | "POST", "/codex/device":
                return self.device(request)
        return None

    def refuse(self, error: OAuthError) -> Answer:
        kind = "invalid_request_error"
        return told(
            {"error": {"message": error.description, "type": kind, "param": None, "code": error.code}}, error.status
        )

    def id_token(self, person: Person) -> str:
        """Return a signed token that tells of an account."""
        now = round(self.clock())
        account = {
            "chatgpt_account_id": person.account_id,
            "chatgpt_plan_type": person.plan,
            "chatgpt_user_id": f"user-{person.account_id}",
            "user_id": f"user-{person.account_id}",
            "organizations": [
                {"id": f"org-{person.account_id}", "is_default": True, "role": "owner", "title": "Personal"}
            ],
            "groups": [],
        }
        claims = {
            "iss": "https://auth.openai.com",
            "sub": f"auth0|{person.account_id}",
            "aud": [PROGRAM.client_id],
            "iat": now,
            "exp": now + 3600,
            "email": person.email,
            "email_verified": True,
            CLAIMS: account,
        }
        return jwt.encode(claims, self._signing_key, algorithm="RS256")

    @cached_property
    def _signing_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def _issued(self, asked: dict[str, str]) -> Issued:
        if asked.get("client_id") != PROGRAM.client_id:
            raise OAuthError("invalid_client", "The client is unknown", status=401)
        match asked.get("grant_type"):
            case "authorization_code":
                return self.grants.redeem(
                    asked.get("code", ""),
                    client_id=PROGRAM.client_id,
                    redirect_uri=asked.get("redirect_uri", ""),
                    verifier=asked.get("code_verifier", ""),
                )
            case "refresh_token":
                return self._refreshed(asked.get("refresh_token", ""))
            case _:
                raise OAuthError("unsupported_grant_type", "The grant type is not supported")

    def _refreshed(self, token: str) -> Issued:
        try:
            return self.grants.refresh(token, client_id=PROGRAM.client_id)
        except OAuthError as error:
            code = REFRESH_CODES[error.because]
            raise OAuthError(code, f"{error.description}. Please try signing in again.", status=401) from error

    def _told(self, issued: Issued) -> Answer:
        return told(
            {
                "access_token": issued.access_token,
                "refresh_token": issued.refresh_token,
                "id_token": self.id_token(self.people[issued.email]),
                "token_type": "Bearer",
                "expires_in": round(self.grants.lifetime),
                "scope": issued.scope,
            }
        )

    def _device(self, asked: dict[str, str]) -> Answer:
        if asked.get("client_id") != PROGRAM.client_id:
            raise OAuthError("invalid_client", "The client is unknown", status=401)
        device = self.grants.device_for(PROGRAM.client_id, " ".join(sorted(PROGRAM.scopes)))
        return told(
            {
                "device_auth_id": device.device_code,
                "user_code": device.user_code,
                "interval": f"{device.interval:g}",
            }
        )

    def _device_code(self, asked: dict[str, str]) -> Answer:
        known = self.grants.device_known_as(asked.get("device_auth_id", ""))
        if known is None or known.user_code != asked.get("user_code"):
            raise OAuthError("deviceauth_authorization_unknown", "Device authorization is unknown.", status=404)
        try:
            device = self.polled(known.device_code, PROGRAM.client_id)
        except OAuthError as error:
            if error.code in ("authorization_pending", "slow_down"):
                raise OAuthError("deviceauth_authorization_pending", "Not authorized yet.", status=403) from error
            raise
        return told(self._code_for(device))

    def _code_for(self, device: Device) -> dict[str, Any]:
        verifier = token_hex(48)
        challenge = challenge_of(verifier)
        code = self.grants.code_for(
            Allowed(device.email, PROGRAM.client_id, DEVICE_REDIRECT, scope=device.scope, challenge=challenge)
        )
        return {"authorization_code": code, "code_verifier": verifier, "code_challenge": challenge}
