"""
Where we mean to differ from a case, and why: the one table. A row whose case passes is reported, and goes.

Everything else that fails is a fault.
"""

from __future__ import annotations

_RELAYED = (
    "client and upstream speak one dialect, so the body goes on as it came: nobody reads it, and the upstream says in "
    "its own words what its model does not take"
)
_IN_ORDER = (
    "results stand in the order of their calls, which strict upstreams demand and no upstream minds; each has the id "
    "of the call it answers"
)
_CUT_OFF = (
    "a stream without a finish reason broke off, and is not to look finished (sheet `real-clients`, trap 3): the "
    "client reads an error"
)
_NO_TOOLS = "a choice among no tools is refused by some upstreams and means nothing to the others (section 3.3)"

_NO_CALL = (
    "a result whose call is not in the request is refused by every vendor, so it is left out and told as a loss "
    "(section 4.3)"
)

DEVIATIONS: dict[str, str] = {
    "gemini.openai-chat.request.extra-function-responses-use-fallback-id": _NO_CALL,
    "openai-chat.openai-responses.stream.custom-tool-name-and-idare-missing": (
        "a call that nobody named is not guessed to be of the one tool that was declared"
    ),
    "antigravity.claude.stream.signature-cached": _CUT_OFF,
    "antigravity.claude.stream.thinking-text-accumulated": _CUT_OFF,
    "claude.claude.request.thinking-adaptive-c24": _RELAYED,
    "claude.claude.request.thinking-adaptive-c27": _RELAYED,
    "claude.claude.request.thinking-body-87": _RELAYED,
    "gemini-cli.antigravity.request.thinking-body-108": _RELAYED,
    "gemini-cli.antigravity.request.thinking-body-111": _RELAYED,
    "gemini.antigravity.request.thinking-body-106": _RELAYED,
    "gemini.antigravity.request.thinking-body-49": _RELAYED,
    "gemini.antigravity.request.thinking-body-51": _RELAYED,
    "openai-responses.codex.request.thinking-body-83": _RELAYED,
    "gemini.openai-chat.request.interleaved-per-name-fifomatching": _IN_ORDER,
    "openai-chat.codex.request.mixed-tool-call-history-preserves-call-families": _IN_ORDER,
    "openai-chat.antigravity.request.maps-tool-choice-modes-any-required": _NO_TOOLS,
    "openai-chat.antigravity.request.maps-tool-choice-modes-auto-auto": _NO_TOOLS,
    "gemini.openai-chat.response.includes-zero-completion-tokens-when-missing": (
        "completion_tokens include reasoning by OpenAI's own definition, so thoughts alone are not 0 (section 8)"
    ),
    "codex.openai-chat.response.custom-tool-call": (
        "Chat has calls in words of its own, `type: custom`; they are not dressed up as functions whose arguments are "
        "no JSON"
    ),
    "openai-chat.codex.request.preserves-input-audio": (
        "data and format of an input_audio part stand under `input_audio`, in Responses as in Chat; the API knows no "
        "flat form"
    ),
}
