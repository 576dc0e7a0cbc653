"""iFlow by key, as the simulator plays it."""

import hashlib
import hmac

import pytest

from tests.unit.simulator.asking import json_of
from tests.unit.simulator.hosts.visiting import HELLO, TOKEN, refusal_of, visit

URL = "https://apis.iflow.cn/v1/chat/completions"
BODY = {"model": "glm-4.6", "messages": HELLO}


def signed(
    agent: str = "somebody", session: str = "session-1", moment: str = "1800000000000", key: str = TOKEN
) -> dict[str, str]:
    content = f"{agent}:{session}:{moment}".encode()
    return {
        "authorization": f"Bearer {key}",
        "user-agent": agent,
        "session-id": session,
        "x-iflow-timestamp": moment,
        "x-iflow-signature": hmac.new(key.encode(), content, hashlib.sha256).hexdigest(),
    }


def test_a_signed_call_is_answered() -> None:
    """With a login's key, and with one that is known anyway."""
    assert json_of(visit(URL, BODY, signed()))["choices"]
    assert json_of(visit(URL, BODY, signed(key="sk-1")))["choices"]


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        (signed(key="nobody's"), 401, "Invalid apiKey"),
        (signed() | {"user-agent": "another"}, 406, "x-iflow-signature"),
        (signed(key="sk-1") | {"authorization": f"Bearer {TOKEN}"}, 406, "x-iflow-signature"),
        (signed(moment="1800000000"), 406, "x-iflow-timestamp"),
        (signed(session="1"), 406, "session-id"),
        (signed() | {"x-iflow-signature": ""}, 406, "x-iflow-signature"),
    ],
)
def test_a_wrong_signature_is_refused(headers: dict[str, str], status: int, words: str) -> None:
    """The name of the program, the session and the moment are part of it."""
    found, said = refusal_of(visit(URL, BODY, headers))

    assert (found, words in said) == (status, True)


def test_a_model_that_is_not_there_is_refused() -> None:
    """In the vendor's own shape."""
    assert json_of(visit(URL, {**BODY, "model": "missing"}, signed())) == {
        "status": "435",
        "msg": "Model not support: missing",
        "body": None,
    }


@pytest.mark.parametrize(
    ("asked", "thinks"),
    [
        ({"chat_template_kwargs": {"enable_thinking": True}}, True),
        ({"reasoning_split": True}, True),
        ({"chat_template_kwargs": {"enable_thinking": False}}, False),
        ({"reasoning_effort": "high"}, False),
    ],
)
def test_models_think_by_the_vendor_s_own_switch(asked: dict[str, object], *, thinks: bool) -> None:
    message = json_of(visit(URL, BODY | asked, signed()))["choices"][0]["message"]

    assert bool(message.get("reasoning_content")) == thinks
