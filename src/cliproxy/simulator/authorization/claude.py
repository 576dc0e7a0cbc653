"""
Anthropic's login: a page at claude.ai, tokens at the API's host. Bodies are JSON, and the state comes again with them.

Source: the provider sheet `claude`, section a.
"""

from typing import ClassVar

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.server import Application, AuthorizationServer
from cliproxy.simulator.authorization.words import texts_of, told
from cliproxy.simulator.grants import Issued, OAuthError

PROGRAM = Application(
    client_id="9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    redirects=r"http://localhost:54545/callback",
    scopes=frozenset({"org:create_api_key", "user:profile", "user:inference"}),
    has_pkce=True,
    fields={"response_type": "code", "code": "true"},
)


class Claude(AuthorizationServer):
    """claude.ai and the token endpoint of api.anthropic.com."""

    name: ClassVar[str] = "claude"
    hosts: ClassVar[frozenset[str]] = frozenset({"claude.ai"})
    pages: ClassVar[frozenset[tuple[str, str]]] = frozenset({("api.anthropic.com", "/v1/oauth/token")})

    def route(self, request: Request) -> Answer | None:
        match request.host, request.method, request.path:
            case "claude.ai", "GET" | "POST", "/oauth/authorize":
                return self.authorize(request, PROGRAM)
            case "api.anthropic.com", "POST", "/v1/oauth/token":
                return self._told(self._issued(texts_of(request)))
        return None

    def _issued(self, asked: dict[str, str]) -> Issued:
        if asked.get("client_id") != PROGRAM.client_id:
            raise OAuthError("invalid_client", "Client not found", status=401)
        match asked.get("grant_type"):
            case "authorization_code":
                return self.grants.redeem(
                    asked.get("code", ""),
                    client_id=PROGRAM.client_id,
                    redirect_uri=asked.get("redirect_uri", ""),
                    verifier=asked.get("code_verifier", ""),
                    state=asked.get("state", ""),
                )
            case "refresh_token":
                return self.grants.refresh(asked.get("refresh_token", ""), client_id=PROGRAM.client_id)
            case _:
                raise OAuthError("unsupported_grant_type", "Unsupported grant type")

    def _told(self, issued: Issued) -> Answer:
        person = self.people[issued.email]
        return told(
            {
                "token_type": "Bearer",
                "access_token": issued.access_token,
                "expires_in": round(self.grants.lifetime),
                "refresh_token": issued.refresh_token,
                "scope": issued.scope,
                "organization": {"uuid": person.organization, "name": f"{person.email}'s Organization"},
                "account": {"uuid": f"account-{person.organization}", "email_address": person.email},
            }
        )
