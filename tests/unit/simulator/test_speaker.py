"""What the simulated model says."""

from typing import Any

import pytest

from cliproxy.simulator.speaker import THOUGHT, speak
from cliproxy.simulator.talk import Asked, Image, Tool, ToolResult

CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}
TOOLS = (Tool("get", CITY), Tool("get_weather", CITY), Tool("patch"))


def asked(text: str = "", **more: Any) -> Asked:
    return Asked(model="m", text=text, **more)


def test_it_repeats_what_the_user_said() -> None:
    """Whoever reads the reply knows what reached the upstream."""
    assert speak(asked("hi there")).text == 'You said: "hi there".'


def test_it_describes_pictures() -> None:
    """By kind and size, or by address."""
    images = (Image("image/png", 68), Image("", url="https://example.com/a.png"))

    assert speak(asked("look", images=images)).text == (
        'You said: "look". I see 2 images (image/png, 68 bytes, https://example.com/a.png).'
    )


def test_it_reads_out_tool_results() -> None:
    """In their order, and then what the user added."""
    results = (ToolResult("1", "18"), ToolResult("2", "boom", failed=True))

    assert speak(asked(results=results)).text == "The tool said: 18. The tool failed: boom."
    assert speak(asked("and?", results=results[:1])).text == 'The tool said: 18. You said: "and?".'


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("please call get_weather", [("get_weather", '{"city":"text"}')]),
        ('Call get_weather {"city": "Paris"} now', [("get_weather", '{"city": "Paris"}')]),
        ('call get_weather {"city": "P"} and get', [("get_weather", '{"city": "P"}'), ("get", '{"city":"text"}')]),
        (
            "call get, get_weather, and patch",
            [("get", '{"city":"text"}'), ("get_weather", '{"city":"text"}'), ("patch", "text")],
        ),
        ("call get then call get", [("get", '{"city":"text"}'), ("get", '{"city":"text"}')]),
        ('call patch "*** Begin"', [("patch", "*** Begin")]),
        ('call get "Paris"', [("get", '{"city":"text"}')]),
        ('call get {"broken', [("get", '{"city":"text"}')]),
        ("call get_weather_now", []),
        ("recall get", []),
        ("call me", []),
    ],
)
def test_it_calls_the_tools_it_is_told_to(text: str, calls: list[tuple[str, str]]) -> None:
    """Names are matched whole; arguments stand behind the name, or are made up."""
    said = speak(asked(text, tools=TOOLS))

    assert [(call.tool.name, call.arguments) for call in said.calls] == calls
    assert said.finish == ("calls" if calls else "stop")


def test_a_tool_choice_overrides_the_text() -> None:
    """Forced, any, none, and one at a time."""
    text = 'call get {"city": "A"} and get_weather'

    def named(**more: Any) -> list[str]:
        return [call.tool.name for call in speak(asked(text, tools=TOOLS, **more)).calls]

    assert named(choice="none") == []
    assert named(choice="any") == ["get", "get_weather"]
    assert named(choice="named", chosen="get_weather") == ["get_weather"]
    assert named(choice="named", chosen="patch") == ["patch"]
    assert named(parallel=False) == ["get"]
    assert [call.tool.name for call in speak(asked("hi", tools=TOOLS, choice="any")).calls] == ["get"]


def test_it_speaks_json_when_asked_to() -> None:
    """A value of the schema, or any object."""
    assert speak(asked("hi", wants_json=True, schema=CITY)).text == '{"city":"text"}'
    assert speak(asked("hi", wants_json=True)).text == '{"said":"hi"}'


def test_it_thinks_first_when_asked_to() -> None:
    """Reasoning counts into the output."""
    said = speak(asked("hi", wants_reasoning=True))

    assert (said.reasoning, said.reasoning_tokens, said.output_tokens) == (THOUGHT, 7, 10)
    assert speak(asked("hi")).reasoning == ""


@pytest.mark.parametrize(
    ("limit", "reasoning", "text"),
    [(3, "I weigh every", ""), (8, THOUGHT, "You"), (9, THOUGHT, "You said:")],
)
def test_it_stops_where_the_limit_is(limit: int, reasoning: str, text: str) -> None:
    """Reasoning is spent first."""
    said = speak(asked("hi", wants_reasoning=True, limit=limit))

    assert (said.reasoning, said.text, said.finish, said.output_tokens) == (reasoning, text, "length", limit)
    assert speak(asked("hi", wants_reasoning=True, limit=10)).finish == "stop"
