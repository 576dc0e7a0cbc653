"""
Collects the declarations of a package: the only reflection we use.

A file or folder named `<name>` declares one object under a known attribute, and its `name` is the same: a file's name
is its name everywhere.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything that is declared."""

    @property
    def name(self) -> str:
        """The name of its file or folder."""
        ...


T = TypeVar("T", bound=Named)


def declared(package: ModuleType, attribute: str, kind: type[T]) -> dict[str, T]:
    """
    Return what the modules of a package declare, by name.

    Raises:
        TypeError: A declaration is of another type.
        ImportError: It is named otherwise than its file.
    """
    found: dict[str, T] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        declaration = getattr(module, attribute, None)
        if declaration is None:
            continue
        if not isinstance(declaration, kind):
            raise TypeError(f"{module.__name__}.{attribute} is no {kind.__name__}")
        if declaration.name.replace("-", "_") != info.name:
            raise ImportError(f"{module.__name__} declares {declaration.name!r}; file and name must be the same")
        found[declaration.name] = declaration
    return found
