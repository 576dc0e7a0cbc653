"""The program in `docs/guide/extending.md`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cliproxy import AccessRequest, Gateway

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "extending.md"


async def test_what_is_copied_from_there_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but its last line, which serves for ever."""
    [program] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    *lines, last = program.strip().splitlines()
    [routes, *_] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "config.yaml").write_text(routes)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEMINI_API_KEY", "AIza")
    names: dict[str, object] = {}
    exec(compile("\n".join(lines), PAGE.name, "exec"), names)

    assert last == "asyncio.run(gateway.serve())"
    gateway = names["gateway"]
    assert isinstance(gateway, Gateway)
    assert {credential.provider for credential in gateway.snapshot.credentials} == {"acme", "gemini"}
    assert "acme-large" in {model.id for model in gateway.snapshot.catalog.models}
    [tickets, *_] = gateway.snapshot.access
    principal = await tickets.authenticate(AccessRequest("/", {"x-ticket": "alice"}, {}, "127.0.0.1"))
    assert principal is not None
    assert principal.name == "alice"
