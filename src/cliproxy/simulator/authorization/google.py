"""
Google's login: a page at accounts.google.com, tokens at oauth2.googleapis.com, and what a person's token opens.

Two programs are known, each by its secret; PKCE is checked for whoever uses it. Refresh tokens last. A service account
shows an assertion instead (`service_accounts`). Projects and Code Assist are in files of their own.

Source: the provider sheets `gemini-cli`, `antigravity` and `vertex`, section a;
https://developers.google.com/identity/protocols/oauth2/native-app (errors).
"""

from collections.abc import Callable
from typing import ClassVar

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.code_assist import CodeAssist
from cliproxy.simulator.authorization.projects import ApiError, Projects, api_error
from cliproxy.simulator.authorization.server import Application, AuthorizationServer, Visitor
from cliproxy.simulator.authorization.service_accounts import ServiceAccounts
from cliproxy.simulator.authorization.words import bearer_of, form_of, told
from cliproxy.simulator.grants import Grants, Issued, OAuthError
from cliproxy.simulator.people import Person

SCOPE = "https://www.googleapis.com/auth/"
CLOUD = SCOPE + "cloud-platform"
BASIC = frozenset({CLOUD, SCOPE + "userinfo.email", SCOPE + "userinfo.profile"})
GEMINI_CLI_ID = "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com"
GEMINI_CLI_SECRET = "-".join(("GOCSPX", "4uHgMPm-1o7Sk-geV6Cu5clXFsxl"))  # public: the vendor ships it in its program
ANTIGRAVITY_ID = "1071006060591-tmhssin2h21lcre235vtolojh4g403ep.apps.googleusercontent.com"
FIELDS = {"response_type": "code", "access_type": "offline", "prompt": "consent"}
LOOPBACK = r"http://(?:localhost|127\.0\.0\.1):\d+"


class Google(AuthorizationServer):
    """accounts.google.com, oauth2.googleapis.com and the account services of the cloud."""

    name: ClassVar[str] = "google"
    hosts: ClassVar[frozenset[str]] = frozenset(
        {
            "accounts.google.com",
            "oauth2.googleapis.com",
            "www.googleapis.com",
            "cloudresourcemanager.googleapis.com",
            "serviceusage.googleapis.com",
        }
    )
    pages: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        ("cloudcode-pa.googleapis.com", f"/v1internal:{method}") for method in ("loadCodeAssist", "onboardUser")
    )

    def __init__(
        self,
        grants: Grants,
        people: dict[str, Person],
        visitor: Visitor,
        clock: Callable[[], float],
        *,
        antigravity_secret: str,
        onboarding_polls: int = 0,
    ) -> None:
        super().__init__(grants, people, visitor, clock)
        self.service_accounts = ServiceAccounts(clock)
        self.projects = Projects()
        self.code_assist = CodeAssist(people, onboarding_polls)
        self._gemini_cli = Application(
            GEMINI_CLI_ID, LOOPBACK + "/oauth2callback", scopes=BASIC, secret=GEMINI_CLI_SECRET, fields=FIELDS
        )
        self._antigravity = Application(
            ANTIGRAVITY_ID,
            LOOPBACK + "/oauth-callback",
            scopes=BASIC | {SCOPE + "cclog", SCOPE + "experimentsandconfigs"},
            secret=antigravity_secret,
            fields=FIELDS,
        )

    def route(self, request: Request) -> Answer | None:
        match request.host, request.method, request.path:
            case "accounts.google.com", "GET" | "POST", "/o/oauth2/auth" | "/o/oauth2/v2/auth":
                return self.authorize(request, self._gemini_cli, self._antigravity)
            case "oauth2.googleapis.com", "POST", "/token":
                return self._token(form_of(request))
            case "www.googleapis.com", "GET", "/oauth2/v1/userinfo":
                return self._api(request, _user_info)
            case "cloudresourcemanager.googleapis.com" | "serviceusage.googleapis.com", _, _:
                return self._api(request, self.projects.answer)
            case "cloudcode-pa.googleapis.com", "POST", _:
                return self._api(request, self.code_assist.answer)
        return None

    def owner_of(self, token: str) -> Person | None:
        email = self.grants.owner_of(token)
        return self.people.get(email) or self.service_accounts.person(email)

    def revoke(self, email: str) -> None:
        """Take back everything an account was given; a service account is deleted."""
        super().revoke(email)
        self.service_accounts.remove(email)

    def _api(self, request: Request, service: Callable[[Request, Person], Answer]) -> Answer:
        """Answer for a service that takes access tokens of the cloud."""
        issued = self.grants.find(bearer_of(request))
        person = None if issued is None else self.owner_of(issued.access_token)
        if issued is None or person is None:
            return api_error(
                401,
                "UNAUTHENTICATED",
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other"
                " valid authentication credential.",
            )
        if CLOUD not in issued.scope.split():
            return api_error(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.")
        try:
            return service(request, person)
        except ApiError as error:
            return api_error(error.status, error.kind, error.message)

    def _token(self, asked: dict[str, str]) -> Answer:
        match asked.get("grant_type"):
            case "authorization_code":
                program = self._program(asked)
                issued = self.grants.redeem(
                    asked.get("code", ""),
                    client_id=program.client_id,
                    redirect_uri=asked.get("redirect_uri", ""),
                    verifier=asked.get("code_verifier", ""),
                )
                return self._told(issued, {"refresh_token": issued.refresh_token})
            case "refresh_token":
                return self._told(self._refreshed(asked.get("refresh_token", ""), self._program(asked)), {})
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                claims = self.service_accounts.checked(asked.get("assertion", ""))
                issued = self.grants.log_in(claims.email, client_id=claims.email, scope=claims.scope, refreshable=False)
                return self._told(issued, {})
            case other:
                raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {other}")

    def _program(self, asked: dict[str, str]) -> Application:
        for program in (self._gemini_cli, self._antigravity):
            if program.client_id == asked.get("client_id"):
                if asked.get("client_secret") != program.secret:
                    raise OAuthError("invalid_client", "The provided client secret is invalid.", status=401)
                return program
        raise OAuthError("invalid_client", "The OAuth client was not found.", status=401)

    def _refreshed(self, token: str, program: Application) -> Issued:
        try:
            return self.grants.refresh(token, client_id=program.client_id)
        except OAuthError as error:
            said = "Token has been expired or revoked." if error.because == "revoked" else "Bad Request"
            raise OAuthError(error.code, said) from error

    def _told(self, issued: Issued, more: dict[str, str]) -> Answer:
        return told(
            {
                "access_token": issued.access_token,
                "expires_in": round(self.grants.lifetime),
                "scope": issued.scope,
                "token_type": "Bearer",
                **more,
            }
        )


def _user_info(_: Request, person: Person) -> Answer:
    name = person.email.partition("@")[0]
    return told({"id": f"id-{name}", "email": person.email, "verified_email": True, "name": name, "picture": ""})
