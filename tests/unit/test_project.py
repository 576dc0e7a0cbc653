"""What must stay true of the project as a whole: its map, its docs, its locks, its tests' places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cliproxy.config.load import parse

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "cliproxy"
NOT_MIRRORED = {"test_project.py"}


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_a_lock_pins_by_hash_and_names_no_address(name: str) -> None:
    """Locks must work with any mirror, and say nothing of where they were made."""
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    pins = re.findall(r"^[A-Za-z0-9._-]+==", lock, re.MULTILINE)

    assert "://" not in lock
    assert pins
    assert lock.count("--hash=sha256:") >= len(pins)


def test_unit_tests_sit_at_the_mirror_path_of_their_source() -> None:
    """Whoever changes a module finds its tests without searching, and a renamed module takes them along."""
    unit = ROOT / "tests" / "unit"
    strays = [
        str(test.relative_to(unit))
        for test in unit.rglob("test_*.py")
        if test.name not in NOT_MIRRORED and not _source_of(test.relative_to(unit))
    ]

    assert strays == []


def _source_of(test: Path) -> bool:
    name = test.name.removeprefix("test_")
    return (SOURCE / test.parent / name).exists() or (SOURCE / test.parent / name.removesuffix(".py")).is_dir()


def test_the_map_names_every_room() -> None:
    """ARCHITECTURE.md is where a newcomer looks first."""
    tree = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = [path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()]

    assert [room for room in rooms if f"  {room}/" not in tree] == []


def test_the_configurations_in_the_docs_work() -> None:
    """What a new user copies must load without a word of complaint."""
    pages = [ROOT / "README.md", *(ROOT / "docs" / "guide").glob("*.md")]
    blocks = [block for page in pages for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)]

    assert len(blocks) > 2
    for block in blocks:
        assert parse(block, "a page").warnings == ()


def test_every_error_code_is_explained() -> None:
    """A client that shows a code sends its user to docs/guide/errors.md."""
    told = (ROOT / "docs" / "guide" / "errors.md").read_text()
    raised = {
        code
        for path in SOURCE.rglob("*.py")
        if "simulator" not in path.parts
        for code in re.findall(
            r"""(?:RequestError|AccessDenied|NoCredentialReady)\([^)]*code="(\w+)\"""", path.read_text()
        )
    }
    raised |= set(re.findall(r'^    code = "(\w+)"', (SOURCE / "errors.py").read_text(), re.MULTILINE))

    assert [code for code in sorted(raised - {"upstream_error"}) if f"`{code}`" not in told] == []
