"""
The simulated model: what it says to what it was asked.

It repeats the last words of the user, reads out tool results and describes pictures, so that a test can see in the
reply what reached the upstream. `call get_weather {"city": "Paris"}` in the user's words makes it call tools,
several with `call a and b`. Arguments that are not given are made up from the tool's schema.
"""

import json
import re
from collections.abc import Sequence

import msgspec

from cliproxy.simulator.example import example
from cliproxy.simulator.talk import Asked, Image, Said, Tool, ToolCall, ToolResult, words

THOUGHT = "I weigh every word that was said."


def speak(asked: Asked) -> Said:
    """Return the reply to a request, always the same one to the same request."""
    reasoning = THOUGHT if asked.wants_reasoning else ""
    calls = _calls(asked)
    if calls:
        return Said(reasoning=reasoning, calls=calls, finish="calls")
    text = _json(asked) if asked.wants_json else _sentences(asked)
    return _within(asked.limit, Said(text, reasoning))


def _calls(asked: Asked) -> tuple[ToolCall, ...]:
    if not asked.tools or asked.choice == "none":
        return ()
    calls = _named_in(asked.text, asked.tools)
    if asked.choice == "named":
        calls = [call for call in calls if call.tool.name == asked.chosen] or [
            ToolCall(tool, _made_up(tool)) for tool in asked.tools if tool.name == asked.chosen
        ]
    elif asked.choice == "any" and not calls:
        calls = [ToolCall(asked.tools[0], _made_up(asked.tools[0]))]
    return tuple(calls if asked.parallel else calls[:1])


def _named_in(text: str, tools: Sequence[Tool]) -> list[ToolCall]:
    """Return the calls that a text asks for: after the word `call`, names with or without arguments."""
    by_length = sorted(tools, key=lambda tool: -len(tool.name))
    calls: list[ToolCall] = []
    position = 0
    while start := _CALL.search(text, position):
        position = start.end()
        while tool := next((tool for tool in by_length if _is_at(tool.name, text, position)), None):
            arguments, position = _arguments(tool, text, position + len(tool.name))
            calls.append(ToolCall(tool, arguments))
            if joint := _JOINT.match(text, position):
                position = joint.end()
    return calls


def _is_at(name: str, text: str, position: int) -> bool:
    after = text[position + len(name) : position + len(name) + 1]
    return bool(name) and text.startswith(name, position) and not (after.isalnum() or after in ("_", "-"))


def _arguments(tool: Tool, text: str, position: int) -> tuple[str, int]:
    """Return the arguments that stand in the text or, where none stand there, made-up ones; and where they end."""
    start = position + len(text[position:]) - len(text[position:].lstrip())
    if text[start : start + 1] not in (("{",) if tool.schema is not None else ("{", '"')):
        return _made_up(tool), position
    try:
        value, end = _DECODER.raw_decode(text, start)
    except ValueError:
        return _made_up(tool), position
    return (value if isinstance(value, str) else text[start:end]), end


def _made_up(tool: Tool) -> str:
    if tool.schema is None:
        return "text"
    return msgspec.json.encode(example(tool.schema or {"type": "object"})).decode()


def _json(asked: Asked) -> str:
    value = example(asked.schema) if asked.schema else {"said": asked.text}
    return msgspec.json.encode(value).decode()


def _sentences(asked: Asked) -> str:
    sentences = [_told(result) for result in asked.results]
    if asked.text or not asked.results:
        sentences.append(f'You said: "{asked.text}".')
    if asked.images:
        sentences.append(f"I see {_described(asked.images)}.")
    return " ".join(sentences)


def _told(result: ToolResult) -> str:
    verb = "failed" if result.failed else "said"
    shown = f" It showed {_described(result.images)}." if result.images else ""
    return f"The tool {verb}: {result.text}.{shown}"


def _described(images: Sequence[Image]) -> str:
    each = ", ".join(image.url or f"{image.mime}, {image.size} bytes" for image in images)
    return f"{len(images)} image{'s' if len(images) > 1 else ''} ({each})"


def _within(limit: int | None, said: Said) -> Said:
    """Cut a reply short where it has more words than it may have tokens. Reasoning counts."""
    thought, spoken = words(said.reasoning), words(said.text)
    if limit is None or len(thought) + len(spoken) <= limit:
        return said
    return Said("".join(spoken[: max(limit - len(thought), 0)]), "".join(thought[:limit]), finish="length")


_CALL = re.compile(r"\bcall\s+", re.IGNORECASE)
_JOINT = re.compile(r"\s*(?:,\s*and|,|and|then|&)\s+|\s+")
_DECODER = json.JSONDecoder()
