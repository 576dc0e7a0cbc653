"""What Codex refuses of a Responses request."""

import pytest

from cliproxy.simulator.hosts.codex_rules import UNSUPPORTED, check
from cliproxy.simulator.vendor import Refused
from tests.unit.simulator.asking import Json
from tests.unit.simulator.hosts.test_codex import BODY, TOOLS
from tests.unit.simulator.hosts.visiting import without

LONG = "x" * 65


def test_a_request_as_it_should_be_is_taken() -> None:
    """With all that may be in it."""
    check({**BODY, "service_tier": "priority", "tools": TOOLS, "prompt_cache_key": "k", "parallel_tool_calls": True})


@pytest.mark.parametrize("field", UNSUPPORTED)
def test_restricted_fields_are_refused(field: str) -> None:
    """Whatever is in them."""
    with pytest.raises(Refused, match=f"^Unsupported parameter: {field}$"):
        check({**BODY, field: None})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (without(BODY, "instructions"), "Instructions are required"),
        ({**BODY, "store": True}, "Store must be set to false"),
        (without(BODY, "store"), "Store must be set to false"),
        ({**BODY, "stream": False}, "Stream must be set to true"),
        ({**BODY, "input": "hello"}, "Input must be a list"),
        ({**BODY, "service_tier": "flex"}, "Unsupported service_tier: flex"),
        ({**BODY, "input": [{"role": "system", "content": "x"}]}, "System messages are not allowed"),
        (
            {**BODY, "input": [{"role": "user", "content": [{"type": "input_text", "prompt_cache_breakpoint": {}}]}]},
            "Unsupported parameter: prompt_cache_breakpoint",
        ),
        ({**BODY, "tools": [{"type": "web_search_preview"}]}, "Unsupported tool type: web_search_preview"),
        ({**BODY, "tool_choice": {"type": "web_search_preview_2025_03_11"}}, "Unsupported tool type"),
        (
            {**BODY, "tool_choice": {"type": "allowed_tools", "tools": [{"type": "web_search_preview"}]}},
            "Unsupported tool type",
        ),
        ({**BODY, "tools": [{"type": "function", "name": LONG}]}, r"tools\[0\]\.name': string too long"),
        ({**BODY, "input": [{"type": "function_call", "call_id": LONG}]}, r"input\[0\]\.call_id': string too long"),
        ({**BODY, "input": [{"type": "function_call", "name": LONG}]}, r"input\[0\]\.name': string too long"),
    ],
)
def test_each_restriction_has_its_sentence(body: Json, words: str) -> None:
    """So that whoever reads a test's failure knows which."""
    with pytest.raises(Refused, match=words):
        check(body)
