"""
What every part of the schema is made of: `Block`, a mapping whose secrets never show, and types of settings that stand
in several places.

A type's `extra` may name its normal form (see `forms`); `also` in its JSON schema names a second type in which it may
be written, which the form takes too.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cliproxy.config import forms

HIDDEN = "***"
SECRETS = frozenset(
    {"api_key", "api_keys", "client_secret", "headers", "proxy_url"}
)  # fields whose values are never shown

ClientKey = Annotated[str, Meta(extra={"form": forms.header_value})]
Pattern = Annotated[str, Meta(extra={"form": forms.model_pattern})]
OffAtZero = Annotated[int, Meta(extra={"form": forms.at_least_zero})]
AtLeastOne = Annotated[int, Meta(extra={"form": forms.at_least_one})]
Duration = Annotated[int, Meta(extra={"form": forms.duration}, extra_json_schema={"also": "string"})]  # seconds
Channel = Annotated[str, Meta(extra={"form": forms.channel})]  # a kind of credential file
BaseUrl = Annotated[str, Meta(extra={"form": forms.base_url})]
ProxyUrl = Annotated[str, Meta(extra={"form": forms.proxy_url})]


class Block(msgspec.Struct, frozen=True, rename="kebab"):
    """A mapping in the file. Its secrets never appear in a repr."""

    def flaw(self) -> str:
        """Return why this cannot be used; empty: it can. In a list it is left out, elsewhere it is an error."""
        return ""

    def identity(self) -> Hashable:
        """Return what may stand only once in a list; None: repeat it freely."""
        return None

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, _shown(name, getattr(self, name))) for name in self.__struct_fields__]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"


def _shown(name: str, value: object) -> object:
    """Return a setting's value for a repr: of a secret that it is there, not what it is."""
    match value:
        case str() if name.endswith("_url"):
            return forms.without_secrets(value)
        case str() if value and name in SECRETS:
            return HIDDEN
        case tuple() if name in SECRETS:
            return (HIDDEN,) * len(value)
        case dict() if name in SECRETS:
            return dict.fromkeys(value, HIDDEN)
        case _:
            return value
