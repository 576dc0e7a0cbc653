"""
What may differ, and why: the one table. A row that excuses nothing is reported, and goes.

A row names a property, the dialects it holds for ("" for any) and what the fault looks like; never one recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from tests.proof.outcome import Outcome


class Excuse(NamedTuple):
    """Faults of this look are right, for this reason."""

    name: str  # of the property, as a pattern
    here: str
    there: str
    fault: str  # a pattern
    reason: str


EXCUSES: tuple[Excuse, ...] = (
    Excuse(
        "request abroad",
        "",
        "anthropic_messages",
        r"^effort: .*(?:Level\.(?:MAX|XHIGH|MINIMAL)|budget=\d{1,3}, .* became .*budget=1024)",
        "a budget is 1024 tokens at least, and stays under the limit of the reply (section 6.4)",
    ),
    Excuse(
        "request abroad",
        "",
        "anthropic_messages",
        r"^(?:name|strict): ",
        "output_config.format is a schema and always strict; the name is a label (section 7.3)",
    ),
    Excuse(
        "request abroad",
        "",
        "gemini",
        r"^(?:name|description|strict): ",
        "responseJsonSchema has neither name nor description of its own, and is always strict (section 7.3)",
    ),
    Excuse(
        "request at home",
        "gemini",
        "gemini",
        r"^effort: \.visible None became",
        "who says how hard to think and not whether to show it is shown it, as in translation (section 6.3)",
    ),
    Excuse(
        "request abroad",
        "",
        "openai_responses",
        r"^max_tokens: (?:-\d+|\d|1[0-5]) became 16$",
        "the API refuses a limit under 16",
    ),
    Excuse(
        "request at home, as JSON",
        "",
        "",
        r"^the field (?:frequency|presence)penalty is gone$",
        "a penalty of nothing is none",
    ),
    Excuse(
        "request at home, as JSON",
        "openai_chat",
        "openai_chat",
        r"^the field (?:content\.thinking|thinking\.text) is gone$",
        "Mistral's list of thoughts is said as reasoning_content",
    ),
    Excuse(
        "sight and decoder agree",
        "openai_responses",
        "openai_responses",
        r"^usage: .* \(several ends\)$",
        "a recording holds several replies as one stream: a relay passes on all, a decoder ends with the first",
    ),
    Excuse(
        "sight and decoder agree",
        "openai_responses",
        "openai_responses",
        r"^an error is decoded, and not",
        "a reply in the background is not there yet: relayed it is the client's to ask for, translated nobody can",
    ),
    Excuse(
        "request at home, as JSON",
        "gemini",
        "gemini",
        r"^the field (?:functiondeclarations\.parameters|parameters\.\w+|generationconfig\.responseschema"
        r"|responseschema\.\w+|\w+\.nullable) is gone$",
        "OpenAPI's subset is written as the JSON Schema it means, in the field for that (section 7.1)",
    ),
    Excuse(
        "request at home, as JSON",
        "gemini",
        "gemini",
        r"^the (?:field (?:model|systeminstruction\.role|response\.\w+|content\.text)|text '[^']*gemini-.*) is gone$",
        "the model stands in the path, instructions have no speaker, and a result is the text in whatever holds it",
    ),
    Excuse(
        "request at home, as JSON",
        "openai_responses",
        "openai_responses",
        r"^the (?:field input\.(?:id|status)|text '(?:fc|ctc|msg|rs|ws|id)_[^']*') is gone$",
        "an item that is sent whole needs neither the id under which the vendor kept it nor how far it had come",
    ),
    Excuse(
        "request at home, as JSON",
        "openai_chat",
        "openai_chat",
        r"^the field (?:thinking|enablethinking|reasoning)(?:\.(?:type|enabled|effort|maxtokens))? is gone$",
        "hosts have their own fields for how hard to reason; all are read, and said again as reasoning_effort",
    ),
    Excuse(
        "request at home, as JSON",
        "openai_chat",
        "openai_chat",
        r"^the field (?:maxcompletiontokens|messages\.reasoning|functions(?:\.\w+)?|functioncall) is gone$",
        "two spellings of one thing, of which one is written (sheet `dialects/openai-chat`, sections 2 and 3)",
    ),
    Excuse(
        "request at home, as JSON",
        "openai_chat",
        "openai_chat",
        r"^the field (?:content\.text|content\.type|toolcalls\.index|paralleltoolcalls) is gone$",
        "content of one text is written as a string, a call in a request has no number, and a word on parallel calls "
        "is refused where there are no tools",
    ),
    Excuse(
        "request at home, as JSON",
        "anthropic_messages",
        "anthropic_messages",
        r"^the field outputformat(?:\.\w+)? is gone$",
        "the beta's name for what is output_config.format now",
    ),
    Excuse(
        "request at home, as JSON",
        "openai_chat",
        "openai_chat",
        r"^the (?:field (?:messages\.reasoningdetails|reasoningdetails\.\w+)|text '(?:unknown|[a-z-]+-v\d)') is gone$",
        "thoughts without a proof are said as reasoning_content, which every host reads",
    ),
    Excuse(
        "request at home, as JSON",
        "openai_chat",
        "openai_chat",
        r"^the field (?:messages\.cachecontrol|responseformat\.schema) is gone$",
        "a message's mark is written on its last part, and a schema beside the type under `json_schema`",
    ),
    Excuse(
        "request at home, as JSON",
        "anthropic_messages",
        "anthropic_messages",
        r"^the field (?:caller\.type|content\.caller) is gone$",
        "a call by the model itself is `direct` by default (sheet `dialects/claude-messages`, section 2)",
    ),
    Excuse(
        "request at home, as JSON",
        "openai_responses",
        "openai_responses",
        r"^the field (?:tools\.function|function\.\w+) is gone$",
        "a function that is nested, as in Chat Completions, is written flat, as the API documents it",
    ),
    Excuse(
        "sight",
        "gemini",
        "",
        r"^neither an end nor an error is seen$",
        "a body without a finish reason looks like a frame of a stream; its content is enough for a whole reply",
    ),
    Excuse(
        "reply as (?:stream|body)",
        "",
        r"",
        r"^service_tier: '(?!auto|default|standard|flex|scale|priority|fast)[\w-]+' became ''$",
        "a host's own tier, which OpenAI's SDK refuses to read",
    ),
    Excuse(
        "request decodes",
        "openai_completions",
        "openai_completions",
        r"^refused: prompt holds \d+ texts",
        "several prompts are several replies, which no chat upstream gives; the client is told (sheet "
        "`dialects/openai-completions`)",
    ),
    Excuse(
        "reply decodes|sight|sight and decoder agree",
        "openai_chat",
        "",
        r"has no choices|neither an end nor an error is seen|^an error is decoded, and not",
        "a 200 with something that is no completion (another API's answer, recorded under this path): translated it "
        "is an error, relayed it is the client's to read",
    ),
)


def unexcused(outcome: Outcome) -> tuple[list[str], set[int]]:
    """Return the faults that no row excuses, and the rows that excuse the others."""
    left: list[str] = []
    used: set[int] = set()
    for fault in outcome.faults:
        rows = [row for row, excuse in enumerate(EXCUSES) if _fits(excuse, outcome, fault)]
        used.update(rows)
        if not rows:
            left.append(fault)
    return left, used


def _fits(excuse: Excuse, outcome: Outcome, fault: str) -> bool:
    return (
        re.fullmatch(excuse.name, outcome.name) is not None
        and excuse.here in ("", outcome.here)
        and excuse.there in ("", outcome.there)
        and re.search(excuse.fault, fault) is not None
    )


def unused(used: Iterable[int]) -> list[Excuse]:
    """Return the rows that excused nothing."""
    seen = set(used)
    return [excuse for row, excuse in enumerate(EXCUSES) if row not in seen]
