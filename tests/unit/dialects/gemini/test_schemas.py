"""JSON Schema in Gemini's words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from cliproxy.dialects.gemini.schemas import DEEPEST, MARK, REASON, cleaned, without_placeholders

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
NOTHING = {"type": "object", "properties": {}}


def raw(schema: object) -> Raw:
    return Raw(msgspec.json.encode(schema))


def clean(schema: object, *, strict: bool = False) -> Any:
    return msgspec.json.decode(cleaned(raw(schema), strict=strict))


def of_property(schema: object, *, strict: bool = False) -> Any:
    """Return what becomes of a property's schema."""
    return clean({"type": "object", "properties": {"p": schema}, "required": ["p"]}, strict=strict)["properties"]["p"]


@pytest.mark.parametrize("schema", [None, Raw(b"null"), Raw(b"[]"), Raw(b"{}"), Raw(b'"x"'), Raw(b"[" * 5000)])
def test_no_schema_means_no_arguments(schema: Raw | None) -> None:
    """The field is an object's; nested beyond reading is as good as nothing."""
    assert msgspec.json.decode(cleaned(schema)) == NOTHING


def test_a_schema_that_fits_stays_the_bytes_it_was() -> None:
    """Numbers keep their spelling, and the upstream's cache its prefix."""
    fits = Raw(b'{ "type": "object", "properties": {"a": {"type": "number", "maximum": 1e3}}, "required": ["a"] }')

    assert cleaned(fits) is fits


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": "a", "enum": ["b"]}, {"type": "string", "enum": ["b"]}),
        ({"type": "integer", "enum": [1, 2]}, {"type": "string", "enum": ["1", "2"], "description": "Allowed: 1, 2"}),
        ({"enum": [True, 0.5]}, {"type": "string", "enum": ["true", "0.5"], "description": "Allowed: true, 0.5"}),
        ({"enum": []}, {}),
        ({"type": "string", "enum": ["", "a"]}, {"type": "string", "enum": ["a"]}),
        (
            {"type": "string", "enum": ["a", "b"], "description": "d"},
            {"type": "string", "enum": ["a", "b"], "description": "d (Allowed: a, b)"},
        ),
        (
            {"type": "string", "enum": list("abcdefghijk")},
            {"type": "string", "enum": list("abcdefghijk")},
        ),
        (
            {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False},
            {"type": "object", "properties": {"a": TEXT}, "description": "No extra properties allowed"},
        ),
        ({"type": "object", "additionalProperties": TEXT}, {"type": "object"}),
        (
            {"type": "string", "minLength": 1, "default": "x", "examples": ["y"], "description": "d"},
            {"type": "string", "description": "d (minLength: 1) (default: x)"},
        ),
        ({"type": "array", "items": TEXT, "default": []}, {"type": "array", "items": TEXT}),
        ({"type": "boolean", "default": False}, {"type": "boolean", "description": "default: false"}),
        ({"type": "integer", "minimum": 1, "maximum": 5}, {"type": "integer", "minimum": 1, "maximum": 5}),
        ({"type": "STRING"}, TEXT),
        ({"type": "any"}, {}),
        ({"type": 5, "description": 5}, {}),
        (True, {}),
        ({"type": ["string"]}, TEXT),
        ({"type": ["string", "integer"]}, {"type": "string", "description": "Accepts: string | integer"}),
        ({"type": ["null", "integer"]}, {"type": "integer", "description": "nullable"}),
        ({"type": ["null"]}, {"type": "string", "description": "nullable"}),
        ({"enum": ["a", None]}, {"type": "string", "enum": ["a"], "description": "nullable"}),
        ({"type": "string", "title": "T", "nullable": True}, TEXT),
        ({"type": "array", "items": [TEXT, {"type": "object"}]}, {"type": "array", "items": {"type": "object"}}),
        ({"prefixItems": [TEXT, NUMBER]}, {"type": "array", "items": TEXT}),
        ({"properties": {"a": TEXT}}, {"type": "object", "properties": {"a": TEXT}}),
        (
            {"type": "object", "properties": {"a": TEXT}, "required": ["a", "b", "a"]},
            {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
        ),
        ({"type": "object", "required": ["b"]}, {"type": "object"}),
        (
            {"type": "object", "properties": {"a": {**TEXT, "required": True}, "b": TEXT}},
            {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"]},
        ),
        (
            {"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": TEXT}, "required": ["a", "b"]},
            {
                "type": "object",
                "properties": {"a": {"type": "string", "description": "nullable"}, "b": TEXT},
                "required": ["b"],
            },
        ),
        (
            {"type": "object", "if": {"properties": {"a": NUMBER}}, "then": {"properties": {"a": TEXT, "b": TEXT}}},
            {"type": "object", "properties": {"a": NUMBER, "b": TEXT}},
        ),
    ],
)
def test_what_has_a_word_and_what_becomes_a_hint(written: object, taken: object) -> None:
    """A refused keyword costs the whole request, so it goes; the model is told of it in words."""
    assert of_property(written) == taken


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        (
            {"allOf": [{"properties": {"a": TEXT}, "required": ["a"]}, {"properties": {"a": NUMBER, "b": NUMBER}}]},
            {"type": "object", "properties": {"a": TEXT, "b": NUMBER}, "required": ["a"]},
        ),
        ({"allOf": [{"type": "string", "enum": ["a"]}], "description": "d"}, {"type": "string", "enum": ["a"]}),
        ({"anyOf": [TEXT, {"type": "null"}]}, {"type": "string", "description": "Accepts: string | null"}),
        ({"anyOf": [TEXT, {**TEXT, "description": "other"}]}, TEXT),
        (
            {"oneOf": [TEXT, {"type": "object", "properties": {"a": TEXT}}, {"type": "array"}]},
            {
                "type": "object",
                "properties": {"a": TEXT},
                "description": "Accepts: string | object | array",
            },
        ),
        ({"anyOf": [{**TEXT, "description": "c"}], "description": "d"}, {"type": "string", "description": "d (c)"}),
        (
            {"anyOf": [{"const": "a"}, {"const": "b"}, {"type": "null"}]},
            {"type": "string", "enum": ["a", "b"], "description": "Allowed: a, b (Accepts: string | null)"},
        ),
        (
            {
                "type": "object",
                "properties": {"a": TEXT, "b": TEXT},
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            {"type": "object", "properties": {"a": TEXT, "b": TEXT}},
        ),
        (
            {
                "type": "object",
                "properties": {"k": TEXT},
                "required": ["k"],
                "oneOf": [
                    {"properties": {"a": TEXT}, "required": ["a", "k"]},
                    {"properties": {"b": TEXT}, "required": ["a"]},
                ],
            },
            {"type": "object", "properties": {"a": TEXT, "k": TEXT}, "required": ["k", "a"]},
        ),
    ],
)
def test_alternatives_become_the_best_of_them(written: dict[str, Any], taken: dict[str, Any]) -> None:
    """An object says most; an enumeration spread over alternatives is one enumeration."""
    result = of_property(written)
    if written.get("allOf"):
        result.pop("description", None)

    assert result == taken


def test_a_property_that_may_be_null_is_not_required() -> None:
    """Gemini has no null: leaving it out is how to say it."""
    schema = {"type": "object", "properties": {"a": {"anyOf": [TEXT, {"type": "null"}]}}, "required": ["a"]}

    assert "required" not in clean(schema)


NAMES = (
    "type",
    "title",
    "format",
    "properties",
    "default",
    "$ref",
    "enum",
    "required",
    "anyOf",
    "additionalProperties",
    "x-data",
    "const",
    "items",
    "nullable",
)


def test_a_property_named_like_a_keyword_is_data() -> None:
    """Tools for making schemas and documents are full of them."""
    schema = {"type": "object", "properties": dict.fromkeys(NAMES, TEXT), "required": list(NAMES)}

    assert clean(schema) == schema
    assert of_property({"properties": {"type": {"type": "STRING"}}})["properties"] == {"type": TEXT}


REFUSED = "$schema $id $comment propertyNames patternProperties enumTitles prefill deprecated encrypted x-google-enum"
REFUSED += " not contains unevaluatedProperties contentEncoding readOnly"


@pytest.mark.parametrize("word", REFUSED.split())
def test_words_that_gemini_refuses_go(word: str) -> None:
    """It answers 400 to a field it does not know."""
    assert of_property({"type": "string", word: {"type": "string"}}) == TEXT


@pytest.mark.parametrize(
    ("reference", "taken"),
    [
        ("#/$defs/Place", {"type": "object", "properties": {"a": TEXT}}),
        ("#/definitions/Old", TEXT),
        ("#/$defs/with~1slash~0", NUMBER),
        ("#/$defs/with%20blank", NUMBER),
        ("#/$defs/List/anyOf/1", NUMBER),
        ("#/$defs/missing", {"type": "object", "description": "See: missing"}),
        ("#/$defs/List/anyOf/7", {"type": "object", "description": "See: 7"}),
        ("https://s.example/a.json#/Thing", {"type": "object", "description": "See: Thing"}),
        ("#", {"type": "object", "description": "See: #"}),
        (5, {"type": "object", "description": "See: "}),
    ],
)
def test_references_are_written_out(reference: object, taken: object) -> None:
    """Definitions are refused where they stand, so each goes where it is meant."""
    schema = {
        "type": "object",
        "properties": {"p": {"$ref": reference}},
        "$defs": {
            "Place": {"type": "object", "properties": {"a": TEXT}},
            "with/slash~": NUMBER,
            "with blank": NUMBER,
            "List": {"anyOf": [TEXT, NUMBER]},
        },
        "definitions": {"Old": TEXT},
    }

    assert clean(schema)["properties"]["p"] == taken


def test_what_stands_beside_a_reference_counts_more() -> None:
    """A description of the use beats the one of the definition."""
    schema = {
        "type": "object",
        "properties": {"p": {"$ref": "#/$defs/A", "description": "mine"}},
        "$defs": {"A": {"type": "string", "description": "its"}},
    }

    assert clean(schema)["properties"]["p"] == {"type": "string", "description": "mine"}


def test_a_circle_ends_in_a_hint() -> None:
    """Trees are common; written out they never end."""
    tree = {"type": "object", "properties": {"name": TEXT, "next": {"$ref": "#/$defs/Tree", "description": "more"}}}
    schema = {"type": "object", "properties": {"t": {"$ref": "#/$defs/Tree"}}, "$defs": {"Tree": tree}}

    inner = clean(schema)["properties"]["t"]["properties"]
    assert inner == {"name": TEXT, "next": {"type": "object", "description": "more (See: Tree)"}}


@pytest.mark.timeout(10)
def test_references_that_multiply_end_as_well() -> None:
    """Thirty definitions of two references each would be a thousand million nodes."""
    definitions: dict[str, Any] = {
        f"d{n}": {
            "type": "object",
            "properties": {side: {"$ref": f"#/$defs/d{n + 1}"} for side in "ab"},
        }
        for n in range(30)
    }
    wide = {"$defs": {"w": {"type": "object", "properties": {f"p{n}": TEXT for n in range(2000)}}}}
    often = {"type": "object", "properties": {f"r{n}": {"$ref": "#/$defs/w"} for n in range(2000)}}

    assert len(cleaned(raw({"$ref": "#/$defs/d0", "$defs": definitions}))) < 2_000_000
    assert len(cleaned(raw(often | wide))) < 2_000_000


def test_nesting_has_a_bottom() -> None:
    """Below it, anything goes."""
    schema: Any = TEXT
    for _ in range(200):
        schema = {"type": "object", "properties": {"p": schema}}

    depth, node = 0, clean(schema)
    while "properties" in node:
        depth, node = depth + 1, node["properties"].get("p", {})
    assert depth == DEEPEST + 1


def test_a_bare_map_of_properties_is_the_object_that_was_meant() -> None:
    """Some tools forget to wrap theirs."""
    assert clean({"type": TEXT, "name": {"enum": ["a"]}}) == {
        "type": "object",
        "properties": {"type": TEXT, "name": {"type": "string", "enum": ["a"]}},
    }
    assert clean({"items": TEXT}) == {"type": "array", "items": TEXT}


def test_the_strict_set_asks_every_object_for_something() -> None:
    """Claude behind Gemini's interface is refused an object that requires nothing; the root may."""
    schema = {
        "type": "object",
        "properties": {
            "empty": {"type": "object"},
            "list": {"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}},
        },
    }

    assert clean(schema, strict=True) == {
        "type": "object",
        "properties": {
            "empty": {"type": "object", "properties": {"reason": REASON}, "required": ["reason"]},
            "list": {
                "type": "array",
                "items": {"type": "object", "properties": {"a": TEXT, "_": MARK}, "required": ["_"]},
            },
        },
    }
    assert clean({}, strict=True) == {"type": "object", "properties": {"reason": REASON}, "required": ["reason"]}
    assert msgspec.json.decode(cleaned(None, strict=True))["required"] == ["reason"]


def test_the_strict_set_gives_bounds_as_hints_and_keeps_titles() -> None:
    """The two sets differ in little else."""
    assert of_property({"type": "integer", "minimum": 1, "title": "T"}, strict=True) == {
        "type": "integer",
        "title": "T",
        "description": "minimum: 1",
    }


def test_old_placeholders_go_where_they_are_not_asked_for() -> None:
    """A schema may have been cleaned by another gateway on its way."""
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": TEXT}}, "c": NOTHING}}
    plain = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": TEXT}}, "c": NOTHING}}

    assert clean(clean(schema, strict=True)) == plain
    own = {"type": "object", "properties": {"reason": TEXT, "_": TEXT}, "required": ["reason"]}
    assert clean(own) == own


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ('{"empty":{"reason":"because"}}', '{"empty":{}}'),
        ('{"list":[{"a":"x","_":true},{"_":false}]}', '{"list":[{"a":"x"},{}]}'),
        ('{ "list": [{"a": 1.0}] }', '{ "list": [{"a": 1.0}] }'),
        ('{"_": true, "reason": "the root asks for nothing", "other": [{"_": 1}]}', None),
        ('{"list":[{"_":tr', None),
        ("[]", None),
        ('"\ud800"', None),
    ],
)
def test_placeholders_are_taken_out_of_arguments(arguments: str, wanted: str | None) -> None:
    """Only where they were put in: a tool may have a `reason` of its own."""
    schema = {
        "type": "object",
        "properties": {
            "empty": {"type": "object"},
            "list": {"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}},
        },
    }

    assert without_placeholders(arguments, raw(schema)) == (wanted or arguments)


def test_a_reason_of_the_tool_s_own_stays() -> None:
    """Even where it looks as ours does."""
    schema = raw({"type": "object", "properties": {"reason": REASON}, "required": ["reason"]})

    assert without_placeholders('{"reason":"r"}', schema) == '{"reason":"r"}'
    assert without_placeholders('{"reason":"r"}', None) == "{}"


WORDS = "type title properties items enum const anyOf oneOf allOf required description $ref $defs default format"
WORDS += " minimum nullable additionalProperties x-y if then not"
words = st.sampled_from(WORDS.split())
small = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["string", "object", "null", "array", "a", ""])
schemas = st.recursive(
    small | st.just("#/$defs/a"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(words | st.sampled_from(["a", "reason", "_"]), inner, max_size=5)
        | st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(words, inner, max_size=3)})
        | st.fixed_dictionaries({"$ref": st.sampled_from(["#/$defs/a", "#/properties/a"])})
        | st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=3)}, optional={"description": st.just("d")})
    ),
    max_leaves=25,
)
KNOWN = {"type", "description", "enum", "properties", "required", "items", "minimum", "maximum"}
KNOWN |= {"minProperties", "maxProperties", "propertyOrdering", "example"}


def misfits(node: dict[str, Any], known: set[str]) -> set[str]:
    """Return what stands in a schema and may not."""
    found = set(node) - known
    found |= {f"required: {name}" for name in node.get("required", ()) if name not in node.get("properties", ())}
    found |= {f"enum: {value}" for value in node.get("enum", ()) if not isinstance(value, str)}
    inner = list(node.get("properties", {}).values()) + ([node["items"]] if "items" in node else [])
    return found.union(*(misfits(schema, known) for schema in inner))


@given(schema=st.dictionaries(words, schemas, max_size=6), strict=st.booleans())
def test_every_schema_becomes_one_that_gemini_takes(schema: dict[str, Any], *, strict: bool) -> None:
    """Whatever stands where: nothing unknown is left, and cleaning again changes nothing."""
    once = cleaned(raw(schema), strict=strict)
    result = msgspec.json.decode(once)

    assert misfits(result, KNOWN | {"title", "nullable"} if strict else KNOWN) == set()
    assert cleaned(once, strict=strict) is once
    assert result.get("type") != "object" or "properties" in result


@given(names=st.lists(words | st.text(max_size=5), unique=True, max_size=8))
def test_names_of_properties_survive(names: list[str]) -> None:
    """They are the client's data: a call must come back with them."""
    schema = {"type": "object", "properties": dict.fromkeys(names, TEXT), "required": names}

    assert set(clean(schema)["properties"]) == set(names)
    assert set(clean({"type": "array", "items": schema})["items"]["properties"]) == set(names)
