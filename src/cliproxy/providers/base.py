"""
What a provider is: addresses, the dialects spoken there, how a call is authorised, how a refusal is read, and what
must be changed in a body that its dialect's codec knows nothing of.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import msgspec
from msgspec import Struct, field

from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Credential
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.dialects.base import Losses, Operation
from cliproxy.errors import Failure
from cliproxy.login.flow import LoginFlow, LoginKind, Refresh
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.reading import COMPATIBLE
from cliproxy.wire.body import UNREADABLE, TopLevel, close_body, open_body
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import Carrier, HeaderList, Headers, HttpRequest

JSON = "application/json"

_UNKNOWN = ModelInfo("")
_decode_envelope = msgspec.json.Decoder(TopLevel).decode


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
    carrier: Carrier = Carrier.HTTP


class Call(Struct, frozen=True):
    """One call to be prepared."""

    endpoint: Endpoint
    model: str
    stream: bool
    framing: Framing  # in which the reply is wanted
    credential: Credential
    client_headers: Headers  # of a client that speaks the endpoint's dialect; else empty
    exchange_id: str
    now: float  # unix time
    client_dialect: str = ""  # "": the endpoint's own
    info: ModelInfo = _UNKNOWN  # of the model
    project: str = ""  # in which the account works, at a cloud; "": none
    channel: str = ""  # the client's own, where it has one connection for several requests; "": none
    conversation: str = ""  # the same for all requests of one; "": nobody can tell
    told: dict[str, str] = field(default_factory=dict)  # what stood in the body for a header to say
    losses: Losses = field(default_factory=Losses)  # what this upstream cannot be told after all

    def __repr__(self) -> str:
        """The client's headers hold its key."""
        return f"Call({self.endpoint.path} {self.model!r} as {self.credential.id})"

    @property
    def is_native(self) -> bool:
        """Whether the client speaks the upstream's dialect, so that the body is its own."""
        return self.client_dialect in ("", self.endpoint.dialect)


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


def usual_path(call: Call) -> str:
    """Return the path of a call's endpoint, with the model in it."""
    path = call.endpoint.path
    return path.format(model=quote(call.model, safe="/")) if "{" in path else path


def no_address(credential: Credential) -> str:
    """Say nothing: the account is served where its provider is."""
    return ""


def unshaped(body: TopLevel, call: Call) -> None:
    """Leave a body as the dialect has it."""


def anyone(client: Headers) -> bool:
    """Say yes to every client."""
    return True


def always(call: Call) -> bool:
    """Say yes to every call."""
    return True


def never(credential: Credential) -> bool:
    """Say no to every account."""
    return False


def anybody(credential: Credential) -> bool:
    """Say yes to every account."""
    return True


def alone(model: str) -> tuple[str, ...]:
    """Say that no model shares a quota with this one."""
    return ()


Unwrap = Callable[[bytes], bytes]


def as_is(data: bytes) -> bytes:
    """Leave a reply as it came."""
    return data


def held_under(name: str) -> Unwrap:
    """
    Return what takes a reply, or the data of one frame, out of the envelope that holds it under a name.

    What is in no envelope, an error for one, stays as it is.
    """

    def unwrap(data: bytes) -> bytes:
        try:
            inner = bytes(_decode_envelope(data).get(name, b""))
        except UNREADABLE:
            return data
        return inner if inner[:1] == b"{" else data

    return unwrap


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
    shape: Callable[[TopLevel, Call], None] = unshaped  # this upstream's needs, edited in place
    is_shaped: Callable[[Call], bool] = always  # else the body goes out as the dialect has it
    shape_signs: tuple[bytes, ...] = ()  # a body in which none occurs needs no shaping; (): any may
    unwrap: Unwrap = as_is  # a whole reply, or one frame's data, out of its envelope
    unwrap_after: Callable[[Call, bytes], Unwrap] | None = None  # the same, where it hangs on call and body
    reply_of: Callable[[bytes], bytes] = as_is  # a whole reply that may be in other words, in the dialect's
    diagnose: Callable[[Observation], Failure] = COMPATIBLE.diagnose  # what a refusal means
    quota: Callable[[Observation], tuple[QuotaWindow, ...]] = COMPATIBLE.quota  # what any answer tells of quotas
    quota_sign: bytes = b""  # `type` of the events that `quota` is to see, as it stands in JSON; b"": none tells
    knows_quota: Callable[[Headers], bool] = anyone  # which clients understand these; others do not get them
    group_of: Callable[[str], tuple[str, ...]] = alone  # ids of the groups of models that share a quota with this one
    asks_usage: bool = False  # of streams, so that a client that did not ask is not to see it
    asks_conversation: bool = False  # which one a call belongs to, for the sake of its cache
    keeps_replies: Callable[[Credential], bool] = never  # so that a later request can go on from one by its id
    always_streams: Callable[[Credential], bool] = never  # whatever is asked
    counts: Callable[[Credential], bool] = anybody  # tokens, where there is an endpoint for that
    models_section: str = ""  # of the catalogue, where a credential names no models of its own
    hosts: tuple[str, ...] = ()  # base URLs to try, in this order, where one does not serve; (): `base_url` alone
    logins: tuple[LoginFlow, ...] = ()  # ways to log in, the usual one first
    notice: str = ""  # what the vendor says of logins used by other programs, in one line, with an address
    refresh: Refresh | None = None  # of an account's token, where it has one
    needs_project: bool = False  # for any call; a refresh looks up the one that an account's file does not name
    address_of: Callable[[Credential], str] = no_address  # the base URL that an account's file leads to, if any
    path_of: Callable[[Call], str] = usual_path

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

    def unwrapping(self, call: Call, body: bytes) -> Unwrap:
        """Return what takes the reply to a call out of its envelope. `body` is the call's before it was shaped."""
        return self.unwrap if self.unwrap_after is None else self.unwrap_after(call, body)

    def login(self, kind: LoginKind | None = None) -> LoginFlow | None:
        """Return a way to log in, by default the usual one, or None."""
        return next((flow for flow in self.logins if kind in (None, flow.kind)), None)

    def is_elsewhere(self, credential: Credential) -> bool:
        """Tell whether an account's address is another than the vendor's, so that somebody else speaks there."""
        if not credential.base_url or not self.base_url:
            return False
        return _domain(credential.base_url) != _domain(self.base_url)

    def prepare(self, call: Call, body: bytes) -> HttpRequest:
        """
        Return the call as a request. What the operator wrote under `headers` replaces what stands here.

        What had to be left out of the body is added to the call's `losses`.
        """
        credential = call.credential
        base_url = credential.base_url or self.address_of(credential) or self.base_url
        url = joined(base_url, self.path_of(call))
        query = self.query(call)
        shaped = self.shaped(call, body)  # before the headers, which say what stood in it
        accept = "text/event-stream" if call.framing is Framing.EVENT_STREAM else JSON
        headers = {
            "content-type": ("Content-Type", JSON),
            "accept": ("Accept", accept),
            "accept-encoding": ("Accept-Encoding", "identity"),
        }
        for name, value in (
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
            shaped,
            credential.proxy.reveal(),
            call.endpoint.carrier,
            credential.id if call.endpoint.carrier is Carrier.RELAY else call.channel,
        )

    def shaped(self, call: Call, body: bytes) -> bytes:
        """Return the body as this upstream wants it. Raises RequestError where it is no JSON object."""
        if self.shape is unshaped or not self.is_shaped(call):
            return body
        if self.shape_signs and not any(sign in body for sign in self.shape_signs):
            return body
        top = open_body(body)
        self.shape(top, call)
        return close_body(top)

    def _passed(self, call: Call) -> HeaderList:
        if not self.passes or not call.client_headers:
            return ()
        return tuple(
            (name, value) for name, value in call.client_headers.items() if name.lower().startswith(self.passes)
        )


def _domain(url: str) -> str:
    """Return the last two parts of an address's host: a vendor has several hosts."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
    return ".".join(host.rsplit(".", 2)[-2:])


def joined(base_url: str, path: str) -> str:
    """Return an address and a path in one; a version that stands in both, such as `/v1`, only once."""
    base = base_url.rstrip("/")
    version = path[: path.index("/", 1)] if "/" in path[1:] else path
    return base + (path.removeprefix(version) if base.endswith(version) else path)
