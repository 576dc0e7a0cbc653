"""Laws of reading: whatever a file holds, the answer is a `Config` or sentences with a line."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.config.example import example
from cliproxy.config.load import Loaded, parse
from cliproxy.config.schema import Config
from cliproxy.config.unserved import UNSERVED
from cliproxy.errors import ConfigError

SECRET = "hunter2hunter2"

KEYS = sorted(
    {
        key
        for kind in UNSERVED
        for key in (*(name.replace("_", "-") for name in kind.__struct_fields__), *UNSERVED[kind])
    }
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["a", "http://a", "rr", ""]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), inner, max_size=4),
    ),
    max_leaves=15,
)
documents = st.dictionaries(st.sampled_from(KEYS), values, max_size=6)

FRAGMENTS = [
    "- ",
    ": ",
    "\n",
    "  ",
    "\t",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    '"',
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "!x ",
    "| ",
    "> ",
]
FRAGMENTS += [
    "? ",
    "# ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "%TAG ! x\n",
    "\\x",
    "\\U",
    "\0",
    "\ufeff",
    "\x85",
    "port",
    "api-keys",
]
FRAGMENTS += [
    "claude-api-key",
    "api-key",
    "headers",
    "~",
    "1",
    "0x",
    "1e9",
    ".nan",
    "true",
    "yes",
    "%ff",
    "\r",
    "@",
    "`",
]
yamlish = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)


def outcome_of(text: str) -> Loaded | ConfigError:
    """Return what came of it; every problem begins with its place."""
    try:
        outcome: Loaded | ConfigError = parse(text, "config.yaml")
    except ConfigError as error:
        outcome = error
    lines = len(text.splitlines()) + 1
    for problem in outcome.warnings if isinstance(outcome, Loaded) else outcome.problems:
        file, line, sentence = str(problem).split(":", 2)
        assert file == "config.yaml"
        assert 1 <= int(line) <= lines
        assert sentence.startswith(" ")
        assert "\n" not in sentence
    return outcome


@given(st.one_of(st.text(), yamlish))
def test_any_text_is_read_or_refused_in_sentences(text: str) -> None:
    outcome_of(text)


@given(documents)
def test_any_document_is_read_or_refused_in_sentences(document: dict[str, Any]) -> None:
    outcome_of(json.dumps(document, allow_nan=True).replace("NaN", ".nan").replace("Infinity", ".inf"))


@given(data=st.data(), cut=st.integers(0, 60))
def test_a_damaged_file_is_read_or_refused_in_sentences(data: st.DataObject, cut: int) -> None:
    text = example()
    start = data.draw(st.integers(0, len(text)))
    outcome_of(text[:start] + data.draw(yamlish) + text[start + cut :])


@given(documents)
def test_what_was_read_is_in_normal_form(document: dict[str, Any]) -> None:
    """Reading what a configuration says again changes nothing, and there is nothing left to report."""
    outcome = outcome_of(json.dumps(document).replace("NaN", ".nan").replace("Infinity", ".inf"))
    if isinstance(outcome, Loaded):
        assert parse(json.dumps(msgspec.to_builtins(outcome.config)), "config.yaml") == Loaded(outcome.config, ())


@given(
    value=st.recursive(
        st.just(SECRET), lambda inner: st.lists(inner) | st.dictionaries(st.just("X"), inner), max_leaves=3
    ),
    key=st.sampled_from(["api-key", "proxy-url", "headers"]),
    section=st.sampled_from(["gemini-api-key", "claude-api-key", "codex-api-key"]),
)
def test_a_secret_of_any_shape_is_not_quoted(value: Any, key: str, section: str) -> None:
    outcome = outcome_of(
        json.dumps({section: [{"api-key": SECRET, key: value}], "api-keys": value, "proxy-url": value})
    )
    said = outcome.warnings if isinstance(outcome, Loaded) else outcome.problems

    assert SECRET not in "\n".join(map(str, said))
    assert SECRET not in repr(outcome)


def test_a_default_config_is_in_normal_form() -> None:
    assert parse(json.dumps(msgspec.to_builtins(Config())), "config.yaml") == Loaded(Config(), ())
