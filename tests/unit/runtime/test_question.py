"""One small request, and whether it is answered; `test_trial.py` asks every vendor."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Credential, Secret
from cliproxy.errors import Failure, FailureKind
from cliproxy.providers.base import Endpoint
from cliproxy.routing.offers import Offer
from cliproxy.runtime.question import MOST_TOKENS, Question
from cliproxy.simulator.answer import Answer, Request, whole
from cliproxy.testing.clock import HandClock
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.wire.http import Carrier
from tests.gateway.go_accounts import PROVIDERS
from tests.unit.runtime.test_trial import DIALECTS

JSON = {"content-type": "application/json"}
SECRET = "sk-hush-hush"
REPLY = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"OK"},"finish_reason":"stop"}]}'


class Vendor:
    """Answers the same at every host, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[Request] = []
        self._answers = list(answers)

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def failure_of(
    vendor: Vendor, provider: str = "qwen", base_url: str = "https://one.example/v1"
) -> Failure | None:
    credential = Credential("a", provider, Secret(SECRET), base_url=base_url)
    question = Question(PROVIDERS[provider], Offer("m", "m", ModelInfo("m")), credential, DIALECTS, "id")
    names = ("one.example", *(host.removeprefix("https://") for host in PROVIDERS[provider].hosts))
    answered = await question.asked(SimulatedTransport(dict.fromkeys(names, vendor.answer)), clock=HandClock())
    return answered.failure


async def test_it_asks_for_little() -> None:
    vendor = Vendor(whole(200, JSON, REPLY))
    assert await failure_of(vendor) is None
    (request,) = vendor.asked
    body = msgspec.json.decode(request.body)
    assert (request.path, body["model"]) == ("/v1/chat/completions", "m")
    assert MOST_TOKENS in body.values()
    assert not body.get("stream")
    assert len(request.body) < 300


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (whole(200, {"content-type": "text/html"}, b"<p>Welcome"), FailureKind.WRONG_ANSWER),
        (whole(200, {}, REPLY), FailureKind.WRONG_ANSWER),
        (whole(200, JSON, b""), FailureKind.NO_CONTENT),
        (whole(200, JSON, b'{"choices":[]}'), FailureKind.NO_CONTENT),
        (whole(200, JSON, b'{"error":{"message":"no key","code":"invalid_api_key"}}'), FailureKind.UNAUTHORIZED),
        (whole(401, JSON, b'{"error":{"message":"no key"}}'), FailureKind.UNAUTHORIZED),
        (whole(302, {"location": "https://login.example"}, b""), None),
    ],
)
async def test_what_is_no_reply(answer: Answer, kind: FailureKind | None) -> None:
    failure = await failure_of(Vendor(answer))
    assert failure is not None
    assert kind in (None, failure.kind)


async def test_a_secret_that_is_repeated_is_not_told() -> None:
    body = f'{{"error":{{"message":"unknown key {SECRET}"}}}}'.encode()
    failure = await failure_of(Vendor(whole(401, JSON, body)))
    assert failure is not None
    assert SECRET not in f"{failure.message}{failure.body!r}"
    assert "unknown key ***" in failure.message


async def test_where_one_host_has_no_room_the_next_is_asked() -> None:
    """Antigravity's; what the last one says counts. An address of the operator's is the only one."""
    busy = whole(503, JSON, b'{"error":{"message":"no capacity"}}')
    frame = b'data: {"response":{"candidates":[{"content":{"parts":[{"text":"OK"}]},"finishReason":"STOP"}]}}\n\n'
    good = whole(200, {"content-type": "text/event-stream"}, frame)
    hosts = len(PROVIDERS["antigravity"].hosts)
    assert hosts > 1

    vendor = Vendor(busy, good)
    assert await failure_of(vendor, "antigravity", "") is None
    assert len({request.host for request in vendor.asked}) == 2

    vendor = Vendor(busy)
    assert await failure_of(vendor, "antigravity", "") is not None
    assert len(vendor.asked) == hosts

    vendor = Vendor(busy)
    await failure_of(vendor, "antigravity", "https://one.example")
    assert [request.host for request in vendor.asked] == ["one.example"]


async def test_a_host_that_is_not_there() -> None:
    failure = await failure_of(Vendor(whole(200, JSON, REPLY)), base_url="https://nowhere.example/v1")
    assert failure is not None
    assert failure.kind is FailureKind.UNREACHABLE


async def test_a_provider_that_is_asked_in_no_way_of_ours() -> None:
    endpoint = Endpoint("gemini", PROVIDERS["qwen"].endpoints[0].operation, "/x", carrier=Carrier.RELAY)
    provider = replace(PROVIDERS["qwen"], endpoints=(endpoint,))
    question = Question(provider, Offer("m", "m", ModelInfo("m")), Credential("a", "qwen", Secret("")), DIALECTS, "id")
    answered = await question.asked(SimulatedTransport({}), clock=HandClock())
    assert answered.failure is not None
