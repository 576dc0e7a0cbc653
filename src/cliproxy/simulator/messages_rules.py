"""
What the Messages API refuses before a model sees it, in its own words.

Source: https://docs.anthropic.com/en/api/messages (read 2026-08), recordings/anthropic_messages/error-*.json and
error bodies quoted in public issues.
"""

from cliproxy.simulator.answer import JsonObject
from cliproxy.simulator.loose import mapping, mappings, number, parts, string
from cliproxy.simulator.proof import is_forged
from cliproxy.simulator.vendor import Refused

DIALECT = "anthropic_messages"
NAMES = (
    "model messages max_tokens system tools tool_choice thinking output_config output_format stop_sequences temperature"
    " top_p top_k stream metadata service_tier speed cache_control container context_management mcp_servers"
    " inference_geo diagnostics fallbacks user_profile_id workspace_id"
)
FIELDS = frozenset(NAMES.split())


def checked(body: JsonObject, *, counting: bool) -> list[JsonObject]:
    """Return the messages, those of one role in a row merged and each content a list of blocks; or refuse them."""
    for field in ("model", "messages") if counting else ("model", "messages", "max_tokens"):
        if body.get(field) in (None, ""):
            raise Refused(f"{field}: Field required")
    for field in body:
        if field not in FIELDS:
            raise Refused(f"{field}: Extra inputs are not permitted")
    given = mappings(body["messages"])
    if not given:
        raise Refused("messages: at least one message is required")
    _check_blocks(given)
    messages = _merged(given)
    _check_tool_results(messages)
    _check_thinking(body)
    for index, tool in enumerate(mappings(body.get("tools"))):
        if (tool.get("type") or "custom") == "custom" and mapping(tool.get("input_schema")).get("type") != "object":
            raise Refused(f"tools.{index}.custom.input_schema.type: Field required")
    return messages


def _check_blocks(messages: list[JsonObject]) -> None:
    for index, message in enumerate(messages):
        if message.get("role") not in ("user", "assistant", "system"):
            raise Refused(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        if not message.get("content") and message is not messages[-1]:
            raise Refused(
                f"messages.{index}: all messages must have non-empty content except for the optional final assistant"
                " message"
            )
        for place, block in enumerate(parts(message.get("content"))):
            where = f"messages.{index}.content.{place}"
            if block.get("type") == "text" and not block.get("text"):
                raise Refused("messages: text content blocks must be non-empty")
            if block.get("type") == "thinking":
                _check_signature(where, block)


def _check_signature(where: str, block: JsonObject) -> None:
    signature = block.get("signature")
    if not isinstance(signature, str):
        raise Refused(f"{where}.thinking.signature: Field required")
    if not signature or is_forged(DIALECT, signature, string(block.get("thinking"))):
        raise Refused(f"{where}: Invalid `signature` in `thinking` block")


def _merged(messages: list[JsonObject]) -> list[JsonObject]:
    merged: list[JsonObject] = []
    for message in messages:
        if message["role"] == "system":
            continue
        blocks = parts(message.get("content"))
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1]["content"].extend(blocks)
        else:
            merged.append({"role": message["role"], "content": list(blocks)})
    return merged


def _check_tool_results(messages: list[JsonObject]) -> None:
    called: set[str] = set()
    for index, message in enumerate([*messages, {"role": "end", "content": []}]):
        blocks: list[JsonObject] = message["content"]
        answered = [string(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"]
        for place, call_id in enumerate(answered):
            if call_id not in called:
                raise Refused(
                    f"messages.{index}.content.{place}: unexpected `tool_use_id` found in `tool_result` blocks:"
                    f" {call_id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous"
                    " message."
                )
        if missing := called - set(answered):
            raise Refused(
                f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately after:"
                f" {', '.join(sorted(missing))}. Each `tool_use` block must have a corresponding `tool_result` block"
                " in the next message."
            )
        called = {string(block.get("id")) for block in blocks if block.get("type") == "tool_use"}


def _check_thinking(body: JsonObject) -> None:
    thinking = mapping(body.get("thinking"))
    if thinking.get("type") not in ("enabled", "adaptive"):
        return
    budget, limit = number(thinking.get("budget_tokens")), number(body.get("max_tokens"))
    if thinking["type"] == "enabled" and budget is None:
        raise Refused("thinking.enabled.budget_tokens: Field required")
    if budget is not None and budget < 1024:
        raise Refused("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if budget is not None and limit is not None and budget >= limit:
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`.")
    if mapping(body.get("tool_choice")).get("type") in ("any", "tool"):
        raise Refused("Thinking may not be enabled when tool_choice forces tool use.")
