"""The public names, for type checkers. What loads them stands in `__init__.py`."""

from cliproxy.access.principal import AccessProvider, AccessRequest, Principal
from cliproxy.config.environment import Environment
from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.errors import AccessDenied, ConfigError, Failure, FailureKind, SetupError
from cliproxy.gateway import Gateway
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer, held_under, key_header
from cliproxy.transport.base import BrokenOff, TooLong, Transport, Unreachable, UpstreamResponse
from cliproxy.usage.record import UsageRecord
from cliproxy.usage.sink import UsageSink
from cliproxy.wire.body import TopLevel
from cliproxy.wire.http import HeaderList, Headers, HttpRequest

__all__ = [
    "AccessDenied",
    "AccessProvider",
    "AccessRequest",
    "BrokenOff",
    "Call",
    "Config",
    "ConfigError",
    "Credential",
    "Endpoint",
    "Environment",
    "Failure",
    "FailureKind",
    "Gateway",
    "HeaderList",
    "Headers",
    "HttpRequest",
    "Operation",
    "Principal",
    "Provider",
    "SetupError",
    "Streams",
    "TooLong",
    "TopLevel",
    "Transport",
    "Unreachable",
    "UpstreamResponse",
    "UsageRecord",
    "UsageSink",
    "__version__",
    "bearer",
    "held_under",
    "key_header",
]

__version__: str
