"""YAML of every kind becomes a tree or one clear sentence, quickly."""

from __future__ import annotations

import time

import pytest

from cliproxy.config.document import MOST_VALUES, Mapping, Scalar, Sequence, read
from cliproxy.errors import ConfigError


def root_of(text: str) -> Mapping:
    root, problems = read(text, "config.yaml")
    assert not problems
    assert isinstance(root, Mapping)
    return root


def values_of(text: str) -> list[object]:
    root, problems = read(text, "config.yaml")
    assert not problems
    assert isinstance(root, Sequence)
    return [item.value for item in root.items if isinstance(item, Scalar)]


def refusal_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text, "config.yaml")
    (problem,) = caught.value.problems
    return problem


def complaints_of(text: str) -> list[str]:
    return [str(problem) for problem in read(text, "config.yaml")[1]]


def test_nodes_know_their_line() -> None:
    root = root_of("# first\na: 1\nb:\n  - x\n  -\n    c: y\n")

    assert {key: entry.line for key, entry in root.entries.items()} == {"a": 2, "b": 3}
    items = root.entries["b"].node
    assert isinstance(items, Sequence)
    assert [item.line for item in items.items] == [4, 6]


def test_scalars_follow_the_core_schema() -> None:
    assert values_of("[1, -2, +3, 0x1F, 0o17, 010, 1.5, 1e3, .5, -.inf]") == [
        1, -2, 3, 31, 15, 10, 1.5, 1000.0, 0.5, float("-inf"),
    ]  # fmt: skip
    assert values_of("[true, False, null, ~, '', '1', yes, 1_000, 2024-05-13, 1.2.3, !!str 5, ! 6]") == [
        True, False, None, None, "", "1", "yes", "1_000", "2024-05-13", "1.2.3", "5", "6",
    ]  # fmt: skip


def test_a_version_directive_changes_nothing() -> None:
    assert values_of("%YAML 1.1\n---\n[yes, 010]\n") == ["yes", 10]


def test_merged_keys_give_way_to_written_ones() -> None:
    root = root_of("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  c: 3\n")
    merged = root.entries["z"].node
    assert isinstance(merged, Mapping)

    values = {key: entry.node.value for key, entry in merged.entries.items() if isinstance(entry.node, Scalar)}

    assert values == {"a": 1, "b": 1, "c": 3}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3", "config.yaml:3: the key 'a' stands here again; it is in line 1 already"),
        ("x: &x 1\na: *x\na: *x", "config.yaml:3: the key 'a' stands here again; it is in line 2 already"),
        ("a: !!python/object:os.system x", "config.yaml:1: a tag (!) that means nothing here"),
        ("a: !sk-hunter2 {}", "config.yaml:1: a tag (!) that means nothing here"),
        ("a:\n  <<: 1", "config.yaml:2: the key '<<' merges mappings, and this is none"),
    ],
)
def test_some_faults_do_not_hide_the_next(text: str, complaint: str) -> None:
    assert complaints_of(text) == [complaint]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("a:\n\t- b", "config.yaml:2: not YAML: a tab stands where only spaces may"),
        ("a: 1\nb: c: d", "config.yaml:2: not YAML: mapping values are not allowed here"),
        ("a: [1,\n2", "config.yaml:2: not YAML: "),
        ("a: 'b", "config.yaml:1: not YAML: "),
        ("a: @b", "config.yaml:1: not YAML: "),
        ("a: 1\n--- \nb: 2", "config.yaml:2: a second document begins here; a configuration is one document"),
        ("[1]: 2", "config.yaml:1: a list or mapping where a key is expected"),
        ("? {a: b}\n: 2", "config.yaml:1: a list or mapping where a key is expected"),
        ("a: 1\nb: \0", "config.yaml:2: a character that YAML forbids (U+0000)"),
        ("a: \ud800", "config.yaml:1: a character that YAML forbids (U+D800)"),
        ('a: "\\UFFFFFFFF"', "config.yaml:1: not YAML: the parser stopped with "),
        ("a: !x!hunter2 b", "config.yaml:1: not YAML: a tag (!) that means nothing here"),
        ("a: *hunter2", "config.yaml:1: an alias (*) refers to no anchor (&) above it; "),
        ("a: &x [*x]", "config.yaml:1: an alias (*) stands inside what it refers to; "),
    ],
)
def test_what_cannot_be_read_is_one_sentence(text: str, refusal: str) -> None:
    found = refusal_of(text)

    assert found.startswith(refusal)
    assert "hunter2" not in found
    assert "\n" not in found


def bomb(levels: int, width: int) -> str:
    """Return the text in which each line holds the one above it several times."""
    above = (f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * width)}]\n" for level in range(1, levels))
    return "l0: &l0 [x]\n" + "".join(above)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        pytest.param(bomb(60, 10), f"more than {MOST_VALUES} values, with every alias", id="billion laughs"),
        pytest.param(
            "a0: &a0 {x: 1}\n"
            + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], k{i}: 1}}\n" for i in range(1, 60)),
            f"more than {MOST_VALUES} values",
            id="billion merges",
        ),
        pytest.param("[" * 100_000, "nested more than 64 levels deep", id="deep flow"),
        pytest.param("- " * 100_000, "nested more than 64 levels deep", id="deep block"),
        pytest.param("? " * 100_000, "nested more than 64 levels deep", id="deep keys"),
        pytest.param("{a: " * 100_000, "nested more than 64 levels deep", id="deep mappings"),
        pytest.param("- a\n" * 200_000, f"more than {MOST_VALUES} values", id="long"),
        pytest.param("a" * 5_000_000, "larger than 4 MiB", id="huge"),
    ],
)
def test_bombs_are_refused_quickly(text: str, refusal: str) -> None:
    started = time.perf_counter()

    assert refusal in refusal_of(text)
    assert time.perf_counter() - started < 20  # far from what it takes, and further from what it would
