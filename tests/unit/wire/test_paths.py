"""Values at paths, as the documentation of sjson has them, and where ours ends."""

import msgspec
import pytest
from msgspec import Raw

from cliproxy.wire.body import TopLevel, close_body, open_body
from cliproxy.wire.paths import DEEPEST, LAST_INDEX, PathError, has, path_of, put_at, remove_at


def put(body: str, path: str, value: str) -> str:
    top = open_body(body.encode())
    put_at(top, path_of(path), Raw(value.encode()))
    return close_body(top).decode()


def removed(body: str, path: str) -> str:
    top = open_body(body.encode())
    remove_at(top, path_of(path))
    return close_body(top).decode()


@pytest.mark.parametrize(
    ("body", "path", "value", "then"),
    [
        (
            '{"name":{"first":"Janet","last":"Prichard"},"age":47}',
            "name.last",
            '"A"',
            '{"name":{"first":"Janet","last":"A"},"age":47}',
        ),
        ("{}", "name.last", '"A"', '{"name":{"last":"A"}}'),
        ('{"name":{"last":"A"}}', "name.first", '"S"', '{"name":{"last":"A","first":"S"}}'),
        ('{"friends":["Andy","Carol"]}', "friends.1", '"S"', '{"friends":["Andy","S"]}'),
        ('{"friends":["Andy","Carol"]}', "friends.2", '"S"', '{"friends":["Andy","Carol","S"]}'),
        ('{"friends":["Andy","Carol"]}', "friends.-1", '"S"', '{"friends":["Andy","Carol","S"]}'),
        ('{"friends":["Andy","Carol"]}', "friends.4", '"S"', '{"friends":["Andy","Carol",null,null,"S"]}'),
        ('{"friends":[]}', "friends.1", "1", '{"friends":[null,1]}'),
        ("{}", "arr.-1", "1", '{"arr":[1]}'),
        ("{}", "b.this.4", "4", '{"b":{"this":[null,null,null,null,4]}}'),
        ("{}", "tools.-1.type", '"x"', '{"tools":[{"type":"x"}]}'),
        ("{}", ":1.this", "4", '{"1":{"this":4}}'),
        ("{}", "\\:1.this", "4", '{":1":{"this":4}}'),
        ("{}", "users.:2313.name", "4", '{"users":{"2313":{"name":4}}}'),
        ('{"app.token":"abc"}', "app\\.token", '"cde"', '{"app.token":"cde"}'),
        ("{}", "b.this.😇", '""', '{"b":{"this":{"😇":""}}}'),
        ("{}", "a\\#b", "1", '{"a#b":1}'),
        ('{"2":"a"}', "2", "1", '{"2":1}'),
    ],
)
def test_a_value_is_set_as_documented(body: str, path: str, value: str, then: str) -> None:
    """The examples of sjson's own page and tests, in which what is missing is made."""
    assert put(body, path, value) == then


@pytest.mark.parametrize(
    ("body", "path", "then"),
    [
        ('{"name":{"first":"Sara","last":"A"}}', "name.first", '{"name":{"last":"A"}}'),
        ('{"friends":["Andy","Carol"]}', "friends.1", '{"friends":["Andy"]}'),
        ('{"friends":["Andy","Carol"]}', "friends.0", '{"friends":["Carol"]}'),
        ('{"friends":["Andy","Carol"]}', "friends.-1", '{"friends":["Andy"]}'),
        ('{"a":[1,{"b":1,"c":2}]}', "a.-1.b", '{"a":[1,{"c":2}]}'),
        ('{"data":{"key1":"v","key2.x":"w"}}', "data.key2\\.x", '{"data":{"key1":"v"}}'),
        ('{"and":"another"}', "and", "{}"),
        ('{"1":"2"}', "3", '{"1":"2"}'),
        ('{"a":[]}', "a.-1", '{"a":[]}'),
        ('{"a":[1]}', "a.5", '{"a":[1]}'),
        ('{"a":"text"}', "a.b", '{"a":"text"}'),
        ('{"a":{"b":1}}', "a.x.y", '{"a":{"b":1}}'),
    ],
)
def test_a_value_is_removed_as_documented(body: str, path: str, then: str) -> None:
    """What is not there is not missed, and a list closes up."""
    assert removed(body, path) == then


@pytest.mark.parametrize("value", ["null", '"text"', "1", "true"])
def test_what_is_neither_object_nor_list_gives_way(value: str) -> None:
    """As in sjson; there is no other place for what is set."""
    assert put(f'{{"a":{value}}}', "a.b", "1") == '{"a":{"b":1}}'
    assert put(f'{{"a":{value}}}', "a.0", "1") == '{"a":[1]}'


def test_a_name_leads_nowhere_in_a_list() -> None:
    """Sjson refuses it; nothing is changed, and that is told."""
    top = open_body(b'{"a":[1]}')

    assert not put_at(top, path_of("a.b.c"), Raw(b"1"))
    assert close_body(top) == b'{"a":[1]}'


def test_siblings_keep_their_bytes() -> None:
    """Numbers and escapes of others are not ours to spell anew."""
    body = '{"n": 1.50, "o": {"e": "\\u00e9", "f": 1E2, "list": [1.0 , {"x" : 2}]}}'

    assert put(body, "o.list.-1", "3") == '{"n":1.50,"o":{"e":"\\u00e9","f":1E2,"list":[1.0,{"x" : 2},3]}}'


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("a", True),
        ("a.b", True),
        ("a.b.0", True),
        ("a.b.1", False),
        ("a.b.-1", False),
        ("n", True),
        ("n.x", False),
        ("x.y", False),
    ],
)
def test_what_is_there_is_told(path: str, there: bool) -> None:
    """A null is something; an item still to be added is nothing."""
    assert has(open_body(b'{"a":{"b":[1]},"n":null}'), path_of(path)) is there


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.#",
        "a.#(x=1).b",
        "a.*",
        "a?",
        "a|b",
        "@this",
        "\\\\#",
        "a\\",
        f"a.{LAST_INDEX + 1}",
        "a.99999999999999",
        "a" * 2000,
        ".a" * DEEPEST,
    ],
)
def test_searches_and_what_leads_too_far_are_no_paths(text: str) -> None:
    """They are refused when they are read, so that no request can be made huge by one."""
    with pytest.raises(PathError):
        path_of(text)


def test_a_deep_value_on_the_path_does_no_harm() -> None:
    """It is as good as none."""
    top: TopLevel = {"a": Raw(b'{"b":' + b"[" * 200_000 + b"]" * 200_000 + b"}")}
    put_at(top, path_of("a.c"), Raw(b"1"))

    assert msgspec.json.decode(close_body(top), type=dict[str, Raw])["a"] == Raw(b'{"c":1}')
