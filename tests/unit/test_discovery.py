"""Declarations are found by the names of their files."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cliproxy import dialects, providers
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import announced, declared, joined
from cliproxy.errors import SetupError
from cliproxy.providers.base import Provider

Made = Callable[..., ModuleType]
DECLARES = "from tests.unit.test_discovery import Thing\nTHING = Thing({name!r})\n"


class Thing:
    """What is declared here."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Return a maker of packages: its modules and their texts."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(**modules: str) -> ModuleType:
        folder = tmp_path / "made_for_a_test"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(text)
        return importlib.import_module(folder.name)

    yield make
    for name in [name for name in sys.modules if name.startswith("made_for_a_test")]:
        del sys.modules[name]


def test_a_file_is_enough(package: Made) -> None:
    """Nothing else has to be edited, and the order of imports does not matter."""
    found = declared(package(b=DECLARES.format(name="b"), a=DECLARES.format(name="a")), "THING", Thing)

    assert {name: thing.name for name, thing in found.items()} == {"a": "a", "b": "b"}


def test_a_module_without_a_declaration_is_passed_over(package: Made) -> None:
    """What several share stands beside them."""
    assert declared(package(base="", a=DECLARES.format(name="a")), "THING", Thing).keys() == {"a"}


def test_a_hyphen_in_a_name_is_an_underscore_in_its_file(package: Made) -> None:
    """Modules cannot have the one, and names in the configuration mostly do."""
    assert declared(package(my_thing=DECLARES.format(name="my-thing")), "THING", Thing).keys() == {"my-thing"}


def test_another_name_than_its_file_s_is_refused(package: Made) -> None:
    """A file's name is its name everywhere; it says which file, and what it found there."""
    with pytest.raises(ImportError, match=r"made_for_a_test\.a declares 'b'"):
        declared(package(a=DECLARES.format(name="b")), "THING", Thing)


def test_a_declaration_of_another_kind_is_refused(package: Made) -> None:
    """At the start, and not at the first request."""
    with pytest.raises(TypeError, match=r"made_for_a_test\.a\.THING is no Thing"):
        declared(package(a="THING = 'a'"), "THING", Thing)


def test_what_cannot_be_imported_is_not_passed_over(package: Made) -> None:
    """It would be missing without a word."""
    with pytest.raises(ZeroDivisionError):
        declared(package(a="1 / 0"), "THING", Thing)


def test_what_is_shipped() -> None:
    """All of it is found."""
    assert declared(providers, "PROVIDER", Provider).keys() == {
        "aistudio",
        "antigravity",
        "claude",
        "codex",
        "gemini",
        "gemini-cli",
        "iflow",
        "kimi",
        "qwen",
        "vertex",
    }
    assert declared(dialects, "DIALECT", Dialect).keys() == {
        "openai_chat",
        "openai_completions",
        "openai_responses",
        "anthropic_messages",
        "gemini",
    }


@pytest.fixture
def announces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return what installs a package with these entry points; its module has a `THING` named `a`."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "announced_for_a_test.py").write_text(DECLARES.format(name="a") + "OTHER = 1\n")

    def install(lines: str) -> None:
        folder = tmp_path / "announced_for_a_test-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: announced-for-a-test\nVersion: 1\n")
        (folder / "entry_points.txt").write_text(f"[cliproxy.things]\n{lines}\n")

    yield install
    sys.modules.pop("announced_for_a_test", None)


def test_an_installed_package_is_heard(announces: Callable[[str], None]) -> None:
    """Whoever installs it has nothing to configure."""
    announces("a = announced_for_a_test:THING")

    assert [thing.name for thing in announced("cliproxy.things", Thing)] == ["a"]
    assert announced("cliproxy.nothing", Thing) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("b = announced_for_a_test:THING", "b = announced_for_a_test:THING in cliproxy.things is named 'a'"),
        ("a = announced_for_a_test:OTHER", "is no Thing"),
        ("a = announced_for_a_test:MISSING", "cannot be loaded: AttributeError"),
        ("a = not_there_at_all:THING", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_used_of_a_package_is_the_operator_s_to_mend(
    announces: Callable[[str], None], line: str, complaint: str
) -> None:
    """It names the package's own line, and is no traceback."""
    announces(line)

    with pytest.raises(SetupError, match=complaint):
        announced("cliproxy.things", Thing)


def test_two_of_one_name_are_refused() -> None:
    """Nobody could tell which one serves."""
    assert joined({"a": Thing("a")}, [Thing("b")]).keys() == {"a", "b"}
    with pytest.raises(SetupError, match="two Things named 'a'"):
        joined({"a": Thing("a")}, [Thing("a")])
