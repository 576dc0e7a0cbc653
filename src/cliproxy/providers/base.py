"""What a provider is: addresses, the dialects spoken there, how a call is authorised, how a refusal is read."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.errors import Failure
from cliproxy.providers.diagnosis import by_status
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList, Headers, HttpRequest

JSON = "application/json"


class Streams(enum.Enum):
    """Whether an endpoint streams."""

    EITHER = "either"  # as the body asks
    NEVER = "never"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a provider. `path` may hold `{model}`."""

    dialect: str
    operation: Operation
    path: str
    streams: Streams = Streams.EITHER


@dataclass(frozen=True, slots=True)
class Call:
    """One call to be prepared."""

    endpoint: Endpoint
    model: str
    stream: bool
    framing: Framing  # in which the reply is wanted
    credential: Credential
    client_headers: Headers = field(repr=False)  # of a client that speaks the endpoint's dialect; else empty
    exchange_id: str
    now: float  # unix time


def bearer(credential: Credential) -> HeaderList:
    """Authorise by `Authorization: Bearer`; a credential without a key by nothing."""
    return (("Authorization", f"Bearer {credential.secret.reveal()}"),) if credential.secret else ()


def key_header(name: str) -> Callable[[Credential], HeaderList]:
    """Authorise by a header that holds the key."""
    return lambda credential: ((name, credential.secret.reveal()),) if credential.secret else ()


def no_headers(call: Call) -> HeaderList:
    """Add nothing."""
    return ()


def no_query(call: Call) -> str:
    """Ask nothing."""
    return ""


@dataclass(frozen=True, slots=True)
class Provider:
    """One upstream family."""

    name: str
    base_url: str  # "": every credential has its own
    endpoints: tuple[Endpoint, ...]  # in order of preference
    authorize: Callable[[Credential], HeaderList]
    headers: Callable[[Call], HeaderList] = no_headers
    query: Callable[[Call], str] = no_query
    passes: tuple[str, ...] = ()  # beginnings of client headers that go on to the upstream, in lower case
    diagnose: Callable[[int, Headers, bytes], Failure] = by_status
    models_section: str = ""  # of the catalogue, where a credential names no models of its own

    def endpoint_for(self, dialect: str, operation: Operation, *, stream: bool) -> Endpoint | None:
        """Return where this dialect is spoken for this operation, or None."""
        wrong = Streams.NEVER if stream else Streams.ALWAYS
        return next(
            (
                endpoint
                for endpoint in self.endpoints
                if endpoint.dialect == dialect and endpoint.operation is operation and endpoint.streams is not wrong
            ),
            None,
        )

    def prepare(self, call: Call, body: bytes) -> HttpRequest:
        """Return the call as a request. What the operator wrote under `headers` replaces what stands here."""
        credential = call.credential
        url = joined(credential.base_url or self.base_url, call.endpoint.path.format(model=quote(call.model, safe="/")))
        query = self.query(call)
        accept = "text/event-stream" if call.framing is Framing.EVENT_STREAM else JSON
        headers: dict[str, tuple[str, str]] = {}
        for name, value in (
            ("Content-Type", JSON),
            ("Accept", accept),
            ("Accept-Encoding", "identity"),
            *self._passed(call),
            *self.headers(call),
            *self.authorize(credential),
            *credential.headers.items(),
        ):
            headers[name.lower()] = name, value
        return HttpRequest(
            "POST",
            f"{url}?{query}" if query else url,
            tuple(headers.values()),
            body,
            credential.proxy.reveal(),
        )

    def _passed(self, call: Call) -> HeaderList:
        if not self.passes or not call.client_headers:
            return ()
        return tuple(
            (name, value) for name, value in call.client_headers.items() if name.lower().startswith(self.passes)
        )


def joined(base_url: str, path: str) -> str:
    """Return an address and a path in one; a version that stands in both, such as `/v1`, only once."""
    base = base_url.rstrip("/")
    version = path[: path.index("/", 1)] if "/" in path[1:] else path
    return base + (path.removeprefix(version) if base.endswith(version) else path)
