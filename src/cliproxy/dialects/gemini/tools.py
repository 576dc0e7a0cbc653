"""
Tools and their choice, in requests, both ways.

Functions stand together in one entry of `tools`, each tool that Google runs in one of its own.

Source: `reference` sheets `dialects/gemini` section 3, `translation` sections 3.3 and 7 (read 2026-11-21).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import assert_never

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.request import (
    Conversation,
    Extras,
    ServerTool,
    ServerToolKind,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.base import copied, given
from cliproxy.dialects.gemini import schema
from cliproxy.dialects.gemini.schemas import cleaned, lowered
from cliproxy.dialects.wording import Wording

CHOICE = "toolConfig"
LARGEST_KEPT = 20_000  # bytes of a schema
VALIDATED = Raw(b'"VALIDATED"')
VALIDATED_PLACE = f"{CHOICE}.functionCallingConfig.mode"

_KINDS = {
    "googleSearch": ServerToolKind.WEB_SEARCH,
    "googleSearchRetrieval": ServerToolKind.WEB_SEARCH,
    "enterpriseWebSearch": ServerToolKind.WEB_SEARCH,
    "urlContext": ServerToolKind.WEB_FETCH,
    "codeExecution": ServerToolKind.CODE_EXECUTION,
}
_NAMES = {
    ServerToolKind.WEB_SEARCH: "googleSearch",
    ServerToolKind.WEB_FETCH: "urlContext",
    ServerToolKind.CODE_EXECUTION: "codeExecution",
}
_MODES = {"AUTO": ToolMode.AUTO, "ANY": ToolMode.REQUIRED, "NONE": ToolMode.NONE, "VALIDATED": ToolMode.AUTO}
_NUMBERED_MODES = {1: "AUTO", 2: "ANY", 3: "NONE", 4: "VALIDATED"}


class _GoogleSearch(Struct, rename="camel"):
    exclude_domains: list[str] | None = None


_decode_search = msgspec.json.Decoder(_GoogleSearch).decode
_encode = msgspec.json.Encoder().encode


# Decoding


def decode_tools(entries: Iterable[schema.Tool]) -> tuple[Tool | ServerTool, ...]:
    """Return the tools, in the order they stand."""
    tools: list[Tool | ServerTool] = []
    for entry in entries:
        tools.extend(_function(declaration) for declaration in entry.function_declarations or ())
        told = {
            "googleSearch": entry.google_search,
            "urlContext": entry.url_context,
            "codeExecution": entry.code_execution,
        }
        tools.extend(_server_tool(name, raw) for name, raw in (told | entry.extras).items() if given(raw))
    return tuple(tools)


def _function(declaration: schema.Declaration) -> Tool:
    extras = dict(declaration.extras)
    for name in ("behavior", "response", "response_json_schema"):
        value: Raw = getattr(declaration, name)
        if given(value):
            extras["responseJsonSchema" if name == "response_json_schema" else name] = value.copy()
    parameters = copied(declaration.parameters_json_schema)
    if parameters is None and given(declaration.parameters):
        parameters = lowered(declaration.parameters.copy())
    return Tool(declaration.name or "", declaration.description or "", parameters, extras=extras)


def _server_tool(name: str, settings: Raw) -> ServerTool:
    kind = _KINDS.get(name, ServerToolKind.OTHER)
    excluded: tuple[str, ...] = ()
    if name == "googleSearch" and bytes(memoryview(settings)[:1]) == b"{":
        excluded = tuple(_decode_search(settings).exclude_domains or ())
    return ServerTool(kind, Raw(_encode({name: settings})), name, blocked_domains=excluded)


def decode_choice(config: schema.ToolConfig | None) -> tuple[ToolChoice | None, Extras]:
    """Return whether and what to call, and what else the configuration says, by its path."""
    if config is None:
        return None, {}
    known = {
        "includeServerSideToolInvocations": config.include_server_side_tool_invocations,
        "retrievalConfig": config.retrieval_config,
    }
    extras = {f"{CHOICE}.{name}": raw.copy() for name, raw in (known | config.extras).items() if given(raw)}
    calling = config.function_calling_config
    if calling is None:
        return None, extras
    extras |= {f"{CHOICE}.functionCallingConfig.{name}": value for name, value in calling.extras.items()}
    word = _NUMBERED_MODES.get(calling.mode, "") if isinstance(calling.mode, int) else (calling.mode or "").upper()
    mode = _MODES.get(word)
    allowed = tuple(calling.allowed_function_names or ())
    if mode is None:
        return None, extras
    if word == "VALIDATED":
        extras[VALIDATED_PLACE] = VALIDATED
    if mode is ToolMode.REQUIRED and len(allowed) == 1:
        return ToolChoice(ToolMode.NAMED, allowed[0]), extras
    return ToolChoice(mode, allowed=allowed if mode is not ToolMode.NONE else ()), extras


# Encoding


def tool_entries(words: Wording) -> list[object]:
    """Return the entries of `tools`; the functions stand where the first of them stood."""
    entries: list[object] = []
    declarations: list[object] = []
    taken: set[str] = set()
    for where, tool in words.tools():
        if isinstance(tool, ServerTool):
            entries.extend(_server_entry(where, tool, words))
        elif tool.name in taken:
            words.losses.add(f"{where}: a second {tool.name}")
        elif tool.native is not None and tool.input_schema is None:
            words.losses.add(f"{where}: {tool.name}, which only its own vendor knows")
        else:
            if not taken:
                entries.append({"functionDeclarations": declarations})
            taken.add(tool.name)
            declarations.append(_declaration(where, tool, words))
    return entries


def _declaration(where: str, tool: Tool, words: Wording) -> dict[str, object]:
    fields: dict[str, object] = {"name": words.name(tool.name)}
    if tool.description:
        fields["description"] = tool.description
    if not words.at_home:
        fields["parametersJsonSchema"] = _cleaned(tool.input_schema)
    elif tool.input_schema is not None:
        fields["parametersJsonSchema"] = tool.input_schema
    if tool.strict:
        words.losses.add(f"{where}.strict")
    if tool.cache is not None:
        words.losses.add(f"{where}: cache mark")
    return fields | words.extras(where, tool.extras)


def _cleaned(schema: Raw | None) -> Raw:
    """Return a schema in Gemini's words. A client's tools are the same with every request, so the last are kept."""
    if schema is None or len(bytes(schema)) > LARGEST_KEPT:
        return cleaned(schema)
    return Raw(_cleaned_before(bytes(schema)))


@functools.lru_cache(maxsize=1024)
def _cleaned_before(schema: bytes) -> bytes:
    return bytes(cleaned(Raw(schema)))


def _server_entry(where: str, tool: ServerTool, words: Wording) -> Iterator[object]:
    if words.at_home:
        yield tool.body
        return
    name = _NAMES.get(tool.kind)
    if name is None:
        words.losses.add(f"{where}: {tool.name or tool.kind.value}")
        return
    for field in ("allowed_domains", "blocked_domains", "max_uses", "context_size", "place"):
        if getattr(tool, field):
            words.losses.add(f"{where}.{field}")
    yield {name: {}}


def tool_config(conversation: Conversation, words: Wording) -> dict[str, object]:
    """Return the tool configuration, without the fields that only this dialect knows."""
    choice = conversation.tool_choice
    if conversation.parallel_calls is False:
        words.losses.add("parallel tool calls: false")
    if choice is None or not any(isinstance(tool, Tool) for _, tool in words.tools()):
        return {}
    names = [words.name(name) for name in choice.allowed]
    match choice.mode:
        case ToolMode.NAMED:
            calling: dict[str, object] = {"mode": "ANY", "allowedFunctionNames": [words.name(choice.name)]}
        case ToolMode.REQUIRED:
            calling = {"mode": "ANY"} | ({"allowedFunctionNames": names} if names else {})
        case ToolMode.NONE:
            calling = {"mode": "NONE"}
        case ToolMode.AUTO if names:
            calling = {"mode": "VALIDATED", "allowedFunctionNames": names}  # the only free mode that takes names
        case ToolMode.AUTO:
            is_validated = words.at_home and VALIDATED_PLACE in conversation.extras
            calling = {"mode": "VALIDATED" if is_validated else "AUTO"}
        case _:
            assert_never(choice.mode)
    return {"functionCallingConfig": calling}
