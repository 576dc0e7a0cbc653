"""
Qwen's login: devices with PKCE. The account has no name; tokens come with the host that takes them.

Source: the provider sheet `qwen`, section a.
"""

from typing import ClassVar

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.server import AuthorizationServer, has_challenge
from cliproxy.simulator.authorization.words import form_of, told
from cliproxy.simulator.grants import DEVICE_LIFETIME, Issued, OAuthError

CLIENT_ID = "f0304373b74a44d2b584a3fb70ca9e56"
SCOPES = frozenset({"openid", "profile", "email", "model.completion"})
RESOURCE = "portal.qwen.ai"
PAGE = "https://chat.qwen.ai/authorize"


class Qwen(AuthorizationServer):
    """chat.qwen.ai."""

    name: ClassVar[str] = "qwen"
    hosts: ClassVar[frozenset[str]] = frozenset({"chat.qwen.ai"})

    def route(self, request: Request) -> Answer | None:
        match request.method, request.path:
            case "POST", "/api/v1/oauth2/device/code":
                return self._device(form_of(request))
            case "POST", "/api/v1/oauth2/token":
                return self._told(self._issued(form_of(request)))
            case "GET" | "POST", "/authorize":
                return self.device(request)
        return None

    def _device(self, asked: dict[str, str]) -> Answer:
        _check_client(asked)
        if SCOPES - set(asked.get("scope", "").split()):
            raise OAuthError("invalid_scope", f"The scope must be {' '.join(sorted(SCOPES))}")
        if not has_challenge(asked):
            raise OAuthError("invalid_request", "a code_challenge of the method S256 is needed")
        device = self.grants.device_for(CLIENT_ID, asked["scope"], asked["code_challenge"])
        return told(
            {
                "device_code": device.device_code,
                "user_code": device.user_code,
                "verification_uri": PAGE,
                "verification_uri_complete": f"{PAGE}?user_code={device.user_code}&client=qwen-code",
                "expires_in": round(DEVICE_LIFETIME),
                "interval": round(device.interval),
            }
        )

    def _issued(self, asked: dict[str, str]) -> Issued:
        _check_client(asked)
        match asked.get("grant_type"):
            case "urn:ietf:params:oauth:grant-type:device_code":
                device = self.polled(asked.get("device_code", ""), CLIENT_ID, asked.get("code_verifier", ""))
                return self.grants.log_in(device.email, client_id=CLIENT_ID, scope=device.scope)
            case "refresh_token":
                return self.grants.refresh(asked.get("refresh_token", ""), client_id=CLIENT_ID)
            case _:
                raise OAuthError("unsupported_grant_type", "The grant type is not supported")

    def _told(self, issued: Issued) -> Answer:
        return told(
            {
                "access_token": issued.access_token,
                "refresh_token": issued.refresh_token,
                "token_type": "Bearer",
                "resource_url": RESOURCE,
                "expires_in": round(self.grants.lifetime),
            }
        )


def _check_client(asked: dict[str, str]) -> None:
    if asked.get("client_id") != CLIENT_ID:
        raise OAuthError("invalid_client", "The client is unknown", status=401)
