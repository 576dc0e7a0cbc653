"""Rules that change requests: how they are written."""

from __future__ import annotations

import pytest

from cliproxy.config.load import parse
from cliproxy.config.payload import PayloadModel
from cliproxy.config.schema import Config
from cliproxy.errors import ConfigError


def config_of(text: str) -> Config:
    loaded = parse(text, "config.yaml")
    assert loaded.warnings == ()
    return loaded.config


def fault_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "config.yaml")
    (fault,) = caught.value.problems
    return fault


def test_values_stay_what_they_are() -> None:
    [rule] = config_of("""
payload:
  override:
    - models: [{name: 'gpt-*', protocol: Codex}]
      params: {a.b: 1, c: [1, {d: 2.5, e: null}], f: on, 'g\\.h': "1", 5: x}
""").payload.override

    assert rule.models == (PayloadModel("gpt-*", "codex"),)
    assert rule.params == {"a.b": 1, "c": [1, {"d": 2.5, "e": None}], "f": "on", "g\\.h": "1", "5": "x"}


def test_raw_values_are_json_text() -> None:
    [rule] = config_of("""
payload:
  default-raw:
    - models: [{name: m}]
      params: {a: '{"x": 1.0}', b: {y: 2}, c: 7}
""").payload.default_raw

    assert rule.params == {"a": '{"x": 1.0}', "b": '{"y":2}', "c": "7"}


@pytest.mark.parametrize(
    "rule",
    [
        "{models: [{name: m}], params: {a: '{'}}",
        "{models: [{name: m}], params: {a: ''}}",
        "{models: [{name: m}], params: {a: 1, b: '[1,]'}}",
        "{models: [{name: m}]}",
        "{params: {a: 1}}",
        "{models: [{protocol: codex}], params: {a: 1}}",
        "{models: [{name: m, protocol: soap}], params: {a: 1}}",
    ],
)
def test_a_rule_that_cannot_work_is_left_out(rule: str) -> None:
    """Whole: half of what it was meant to do may do harm."""
    loaded = parse(f"payload: {{override-raw: [{rule}]}}", "config.yaml")

    assert loaded.config.payload.override_raw == ()
    assert loaded.warnings[-1].path == "payload.override-raw[0]"


@pytest.mark.parametrize("value", [".nan", ".inf", "1" * 25, "[[-.inf]]", "{a: .nan}"])
def test_a_value_that_json_does_not_know_is_an_error(value: str) -> None:
    text = f"payload: {{default: [{{models: [{{name: m}}], params: {{a: {value}}}}}]}}"

    assert "payload.default[0].params" in fault_of(text)


def test_a_filter_names_paths() -> None:
    [rule] = config_of("payload: {filter: [{models: [{name: m}], params: [a.b, c]}]}").payload.filter

    assert rule.params == ("a.b", "c")
