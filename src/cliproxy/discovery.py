"""
Collects declarations, ours and those of installed packages: the only reflection we use.

A file or folder named `<name>` declares one object under a known attribute, and its `name` is the same: a file's name
is its name everywhere. A package that extends us announces such an object in its metadata, as an entry point under
that name:

    [project.entry-points."cliproxy.providers"]
    acme = "acme_provider:PROVIDER"
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Protocol, TypeVar

from cliproxy.errors import SetupError


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


def announced(group: str, kind: type[T]) -> list[T]:
    """
    Return what installed packages announce.

    Raises:
        SetupError: A package's announcement cannot be loaded, is of another type, or is named otherwise.
    """
    return [_loaded(point, kind) for point in entry_points(group=group)]


def joined(own: Mapping[str, T], more: Iterable[T]) -> dict[str, T]:
    """Return declarations with more of them, by name. Raises SetupError where two have one name."""
    found = dict(own)
    for declaration in more:
        if declaration.name in found:
            raise SetupError(f"there are two {type(declaration).__name__}s named {declaration.name!r}; rename one")
        found[declaration.name] = declaration
    return found


def _loaded(point: EntryPoint, kind: type[T]) -> T:
    where = f"the entry point {point.name} = {point.value} in {point.group}"
    try:
        declaration = point.load()
    except Exception as error:
        raise SetupError(f"{where} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(declaration, kind):
        raise SetupError(f"{where} is no {kind.__name__}")
    if declaration.name != point.name:
        raise SetupError(f"{where} is named {declaration.name!r}; both names must be the same")
    return declaration
