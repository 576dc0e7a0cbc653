"""
What Chat Completions and Responses have in common at OpenAI: keys, error bodies, the model list.

Source: recordings/openai_chat/error-*.json, recordings/openai_responses/error-*.json.
"""

import msgspec

from cliproxy.simulator.vendor import CREATED, Headers, Problem, Refusal

KINDS = {403: "permission_error", 429: "rate_limit_error"}
PROBLEMS = {
    Problem.NO_KEY: Refusal(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth"
        " (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing"
        " the API from your browser and are prompted for a username and password. You can obtain an API key from"
        " https://platform.openai.com/account/api-keys.",
    ),
    Problem.BAD_KEY: Refusal(
        401,
        "Incorrect API key provided: {}. You can find your API key at https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    ),
    Problem.BAD_JSON: Refusal(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library"
        " correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble"
        " figuring out how to fix this, please contact us through our help center at help.openai.com.)",
    ),
    Problem.UNKNOWN_MODEL: Refusal(
        404, "The model `{}` does not exist or you do not have access to it.", code="model_not_found"
    ),
    Problem.UNKNOWN_PATH: Refusal(404, "Invalid URL ({})"),
    Problem.WRONG_FORM: Refusal(
        400, "Unsupported value: 'stream' does not support {} with this model.", param="stream"
    ),
}
USUAL = {
    refusal.status: refusal
    for refusal in (
        Refusal(400, "Invalid request."),
        PROBLEMS[Problem.BAD_KEY].about("sk-*****"),
        Refusal(403, "You are not allowed to sample from this model.", code="unsupported_country_region_territory"),
        PROBLEMS[Problem.UNKNOWN_MODEL].about("simulated"),
        Refusal(
            429,
            "Rate limit reached for simulated on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again"
            " in 20s. Visit https://platform.openai.com/account/rate-limits to learn more.",
            kind="requests",
            code="rate_limit_exceeded",
        ),
        Refusal(500, "The server had an error while processing your request. Sorry about that!"),
        Refusal(503, "The engine is currently overloaded, please try again later.", code="server_is_overloaded"),
        Refusal(529, "Our servers are currently overloaded. Please try again later.", code="server_is_overloaded"),
    )
}


def kind_of(refusal: Refusal) -> str:
    """Return the `type` of an error body."""
    usual = "server_error" if refusal.status >= 500 else "invalid_request_error"
    return refusal.kind or KINDS.get(refusal.status, usual)


def error_body(refusal: Refusal, _serial: int = 0) -> bytes:
    error = {
        "message": refusal.message,
        "type": kind_of(refusal),
        "param": refusal.param,
        "code": refusal.code,
    }
    return msgspec.json.format(msgspec.json.encode({"error": error}), indent=2)


def models(names: tuple[str, ...]) -> bytes:
    data = [{"id": name, "object": "model", "created": CREATED, "owned_by": "simulator"} for name in names]
    return msgspec.json.encode({"object": "list", "data": data})


def request_id(serial: int) -> Headers:
    return {"x-request-id": f"req_{serial:032x}", "openai-processing-ms": "1", "openai-version": "2020-10-01"}
