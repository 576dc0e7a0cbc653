"""The schema speaks for itself, and keeps its secrets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.inspect import DictType, Field, IntType, Metadata, StructType, Type, VarTupleType, type_info
from rich.pretty import pretty_repr

from cliproxy.config.load import parse
from cliproxy.config.schema import (
    Block,
    ClientModels,
    CodexKey,
    CompatibleKey,
    CompatibleUpstream,
    Config,
    ModelEntry,
    Route,
)
from cliproxy.config.unserved import UNSERVED

SECRETIVE = Config(
    api_keys=("hunter2", "hunter2b"),
    proxy_url="socks5://user:hunter2@proxy.example:1080",
    codex_api_key=(
        CodexKey(
            api_key="hunter2",
            base_url="https://user:hunter2@upstream.example/v1?key=hunter2",
            proxy_url="hunter2:hunter2@proxy.example",
            headers={"X-Token": "hunter2"},
        ),
    ),
    api_key_models=(ClientModels("hunter2", ("X-Token",)),),
    routes=(Route("X-Token", base_url="https://upstream.example/v1?key=hunter2", api_key="hunter2"),),
    models_url="https://models.example/?token=hunter2",
    openai_compatibility=(CompatibleUpstream(api_key_entries=(CompatibleKey("hunter2", "http://hunter2@p"),)),),
)


def fields_of(kind: Type, path: str = "") -> Iterator[tuple[str, Field]]:
    """Yield every setting of a type, with its path."""
    match kind:
        case Metadata():
            yield from fields_of(kind.type, path)
        case VarTupleType():
            yield from fields_of(kind.item_type, path + "[]")
        case DictType():
            yield from fields_of(kind.value_type, path + ".*")
        case StructType():
            for field in kind.fields:
                yield f"{path}.{field.encode_name}", field
                yield from fields_of(field.type, f"{path}.{field.encode_name}")


FIELDS = dict(fields_of(type_info(Config)))


@pytest.mark.parametrize("path", FIELDS)
def test_every_setting_has_its_sentence(path: str) -> None:
    kind = FIELDS[path].type

    assert isinstance(kind, Metadata)
    sentence = (kind.extra_json_schema or {})["description"]
    assert sentence[0].isupper()
    assert sentence.endswith(".")


@pytest.mark.parametrize("path", FIELDS)
def test_every_setting_has_a_default_within_its_limits(path: str) -> None:
    field = FIELDS[path]

    assert not field.required
    if isinstance(field.type, Metadata) and isinstance(field.type.type, IntType):
        assert isinstance(field.default, int)
        assert field.default >= (field.type.type.ge or 0)


@pytest.mark.parametrize("show", [repr, str, pretty_repr, lambda config: f"{config!r:>5}"])
def test_a_repr_keeps_secrets(show: type[str]) -> None:
    shown = show(SECRETIVE)

    assert "hunter2" not in shown
    assert "X-Token" in shown
    assert "proxy.example:1080" in shown
    assert "upstream.example/v1" in shown


def test_a_repr_tells_set_from_unset() -> None:
    assert repr(CompatibleKey("k")).startswith("CompatibleKey(api_key='***', proxy_url='', ")
    assert repr(ModelEntry("m")) == "ModelEntry(name='m', alias='')"


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Config().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("kind", UNSERVED)
def test_what_is_not_served_is_no_setting(kind: type[Block]) -> None:
    """A setting leaves the table with the change that serves it."""
    served = {name.replace("_", "-") for name in kind.__struct_fields__}

    assert not served & UNSERVED[kind]


def test_nothing_is_refused_for_a_loss_unless_it_is_asked_for() -> None:
    """Most clients send fields that hardly matter."""
    assert not parse("", "config.yaml").config.strict_translation
    assert parse("strict-translation: true", "config.yaml").config.strict_translation


def test_the_disguise_is_not_built() -> None:
    loaded = parse("claude-api-key: [{api-key: k, cloak: {mode: always, strict-mode: true}}]", "config.yaml")

    assert [warning.path for warning in loaded.warnings] == ["claude-api-key[0].cloak"]
