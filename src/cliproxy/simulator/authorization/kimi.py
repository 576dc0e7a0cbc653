"""
Kimi's login: devices that say which device they are, at the login and at every refresh.

Source: the provider sheet `kimi`, section a.
"""

from collections.abc import Callable
from typing import ClassVar

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.server import AuthorizationServer, Visitor
from cliproxy.simulator.authorization.words import form_of, told
from cliproxy.simulator.grants import DEVICE_LIFETIME, Grants, Issued, OAuthError
from cliproxy.simulator.people import Person

CLIENT_ID = "17e5f671-d194-4dfb-9706-5516cb48c098"
SCOPE = "kimi-code"
DEVICE_ID = "x-msh-device-id"
NEEDED = ("x-msh-platform", "x-msh-version", "x-msh-device-name", "x-msh-device-model", DEVICE_ID)
PAGE = "https://www.kimi.com/code/authorize_device"


class Kimi(AuthorizationServer):
    """auth.kimi.com, and the page at www.kimi.com."""

    name: ClassVar[str] = "kimi"
    hosts: ClassVar[frozenset[str]] = frozenset({"auth.kimi.com", "www.kimi.com"})

    def __init__(self, grants: Grants, people: dict[str, Person], visitor: Visitor, clock: Callable[[], float]) -> None:
        super().__init__(grants, people, visitor, clock)
        self._devices: dict[int, str] = {}  # which device each login is for

    def route(self, request: Request) -> Answer | None:
        match request.host, request.method, request.path:
            case "auth.kimi.com", "POST", "/api/oauth/device_authorization":
                return self._device(request)
            case "auth.kimi.com", "POST", "/api/oauth/token":
                return self._told(self._issued(request))
            case "www.kimi.com", "GET" | "POST", "/code/authorize_device":
                return self.device(request)
        return None

    def _device(self, request: Request) -> Answer:
        _checked(request)
        device = self.grants.device_for(CLIENT_ID, SCOPE)
        return told(
            {
                "device_code": device.device_code,
                "user_code": device.user_code,
                "verification_uri": PAGE,
                "verification_uri_complete": f"{PAGE}?user_code={device.user_code}",
                "expires_in": round(DEVICE_LIFETIME),
                "interval": round(device.interval),
            }
        )

    def _issued(self, request: Request) -> Issued:
        asked = _checked(request)
        match asked.get("grant_type"):
            case "urn:ietf:params:oauth:grant-type:device_code":
                device = self.polled(asked.get("device_code", ""), CLIENT_ID)
                issued = self.grants.log_in(device.email, client_id=CLIENT_ID, scope=device.scope)
                self._devices[issued.family] = request.headers[DEVICE_ID]
                return issued
            case "refresh_token":
                return self._refreshed(asked.get("refresh_token", ""), request.headers[DEVICE_ID])
            case _:
                raise OAuthError("unsupported_grant_type", "The grant type is not supported")

    def _refreshed(self, token: str, device_id: str) -> Issued:
        family = self.grants.family_of(token)
        if self._devices.get(family, device_id) != device_id:
            raise OAuthError("invalid_grant", "The refresh token is for another device", status=401)
        try:
            return self.grants.refresh(token, client_id=CLIENT_ID)
        except OAuthError as error:
            raise OAuthError(error.code, error.description, status=401) from error

    def _told(self, issued: Issued) -> Answer:
        return told(
            {
                "access_token": issued.access_token,
                "refresh_token": issued.refresh_token,
                "token_type": "Bearer",
                "expires_in": round(self.grants.lifetime),
                "scope": issued.scope,
            }
        )


def _checked(request: Request) -> dict[str, str]:
    asked = form_of(request)
    if asked.get("client_id") != CLIENT_ID:
        raise OAuthError("invalid_client", "The client is unknown", status=401)
    if missing := [name for name in NEEDED if not request.headers.get(name)]:
        raise OAuthError("invalid_request", f"These headers are missing: {', '.join(missing)}")
    return asked
