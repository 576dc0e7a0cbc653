"""Payloads that look like those of each dialect's streams and are wrong in places: what reaches far into a decoder."""

from __future__ import annotations

from hypothesis import strategies as st

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


CHAT_CHUNKS = st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries(
                {
                    "delta": st.fixed_dictionaries(
                        {},
                        optional={
                            "content": st.one_of(st.text(max_size=4), values),
                            "reasoning_content": values,
                            "refusal": st.text(max_size=3),
                            "reasoning_details": st.lists(
                                st.fixed_dictionaries(
                                    {"type": st.just("reasoning.text")},
                                    optional={"signature": st.text(max_size=3), "data": st.text(max_size=3)},
                                ),
                                max_size=2,
                            ),
                            "tool_calls": st.lists(
                                st.fixed_dictionaries(
                                    {},
                                    optional={
                                        "index": st.one_of(st.none(), st.integers(0, 2)),
                                        "id": st.sampled_from(("", "a", "b", None)),
                                        "function": st.fixed_dictionaries(
                                            {}, optional={"name": st.sampled_from(("", "f", None)), "arguments": values}
                                        ),
                                    },
                                ),
                                max_size=3,
                            ),
                        },
                    )
                },
                optional={"finish_reason": st.sampled_from((None, "stop", "tool_calls", "odd")), "index": st.just(0)},
            ),
            max_size=2,
        )
    },
    optional={"usage": values, "error": values, "id": st.just("x")},
)
BLOCKS = st.fixed_dictionaries(
    {"type": st.sampled_from(("text", "thinking", "tool_use", "redacted_thinking", "server_tool_use", ""))},
    optional={"text": values, "input": values, "thinking": values, "signature": values, "id": st.just("i")},
)
DELTAS = st.fixed_dictionaries(
    {"type": st.sampled_from(("text_delta", "input_json_delta", "thinking_delta", "signature_delta", "odd"))},
    optional={"text": st.text(max_size=3), "partial_json": st.text(max_size=3), "signature": st.just("s")},
)
MESSAGES_EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            (
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "message_stop",
                "ping",
            )
        )
    },
    optional={
        "index": st.integers(0, 2),
        "content_block": st.one_of(BLOCKS, values),
        "delta": st.one_of(DELTAS, st.fixed_dictionaries({"stop_reason": st.sampled_from((None, "end_turn"))})),
        "message": values,
        "usage": values,
    },
)
ITEMS = st.fixed_dictionaries(
    {"type": st.sampled_from(("message", "reasoning", "function_call", "custom_tool_call", "web_search_call", ""))},
    optional={
        "id": st.sampled_from(("i", "j", "", None)),
        "call_id": st.sampled_from(("c", None)),
        "name": st.sampled_from(("f", "", None)),
        "arguments": values,
        "input": values,
        "content": values,
        "summary": st.one_of(st.lists(st.fixed_dictionaries({"text": st.text(max_size=3)}), max_size=2), values),
        "encrypted_content": values,
    },
)
RESPONSES_EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            (
                "response.created",
                "response.output_item.added",
                "response.output_item.added",
                "response.output_item.done",
                "response.content_part.added",
                "response.output_text.delta",
                "response.output_text.done",
                "response.refusal.delta",
                "response.reasoning_summary_text.delta",
                "response.reasoning_summary_part.added",
                "response.function_call_arguments.delta",
                "response.function_call_arguments.done",
                "response.custom_tool_call_input.delta",
                "response.completed",
                "response.incomplete",
                "response.failed",
                "error",
            )
        )
    },
    optional={
        "output_index": st.one_of(st.integers(0, 2), st.none()),
        "content_index": st.integers(0, 1),
        "summary_index": st.integers(0, 1),
        "item_id": st.sampled_from(("i", "j", None)),
        "item": st.one_of(ITEMS, values),
        "part": values,
        "delta": st.one_of(st.text(max_size=3), values),
        "text": values,
        "arguments": values,
        "response": st.one_of(
            st.fixed_dictionaries(
                {"output": st.lists(ITEMS, max_size=2)}, optional={"usage": values, "status": values}
            ),
            values,
        ),
    },
)
GEMINI_PARTS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.one_of(st.text(max_size=3), values),
        "thought": st.sampled_from((True, False, None)),
        "thoughtSignature": st.one_of(st.text(max_size=3), values),
        "functionCall": st.one_of(st.fixed_dictionaries({"name": st.just("f")}, optional={"args": values}), values),
        "inlineData": values,
        "executableCode": values,
    },
)
GEMINI_CHUNKS = st.fixed_dictionaries(
    {
        "candidates": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "index": st.integers(0, 1),
                    "content": st.one_of(st.fixed_dictionaries({"parts": st.lists(GEMINI_PARTS, max_size=3)}), values),
                    "finishReason": st.sampled_from((None, "STOP", "MAX_TOKENS", "ODD", 1)),
                    "groundingMetadata": values,
                },
            ),
            max_size=2,
        )
    },
    optional={"usageMetadata": values, "promptFeedback": values, "error": values, "responseId": values},
)
COMPLETIONS_CHUNKS = st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries({"index": st.integers(0, 1)}, optional={"text": values, "finish_reason": values}),
            max_size=2,
        )
    },
    optional={"usage": values, "error": values, "id": values},
)
SHAPES = {
    "openai_chat": CHAT_CHUNKS,
    "openai_responses": RESPONSES_EVENTS,
    "anthropic_messages": MESSAGES_EVENTS,
    "gemini": GEMINI_CHUNKS,
    "openai_completions": COMPLETIONS_CHUNKS,
}
