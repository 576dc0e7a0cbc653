"""
One case, run through what the gateway runs: dispatch says the request in the upstream's words, the provider shapes
it; a reply is unwrapped, decoded, put as the client declared its tools, and encoded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cliproxy import providers
from cliproxy.access.principal import Principal
from cliproxy.conversation.declared import AsDeclared
from cliproxy.conversation.events import StreamEvent
from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import Conversation
from cliproxy.credentials.credential import Credential, Secret
from cliproxy.dialects.base import Operation, ReplyContext, RequestHead
from cliproxy.discovery import declared
from cliproxy.dispatch.exchange import Exchange
from cliproxy.dispatch.request import request_for
from cliproxy.errors import RequestError
from cliproxy.providers import gemini_cli
from cliproxy.providers.base import Call, Endpoint, Provider
from cliproxy.routing import model_name
from cliproxy.routing.plan import Plan, Target
from cliproxy.testing.recordings import frames_of
from cliproxy.wire.frames import Frame, Framing
from tests.proof.cases.expecting import Expectation, unmet
from tests.proof.cases.folding import document
from tests.properties.replaying import CODECS, DIALECTS, assembled, heard

FILE = Path(__file__).parents[2] / "cases" / "translation-cases.jsonl"
NOW = 1_800_000_000.0
PROVIDERS = declared(providers, "PROVIDER", Provider)
ROUTES = {  # a case's word -> dialect, and the provider that puts it in an envelope or restricts it
    "openai-chat": ("openai_chat", ""),
    "openai-responses": ("openai_responses", ""),
    "openai-completions": ("openai_completions", ""),
    "claude": ("anthropic_messages", ""),
    "gemini": ("gemini", ""),
    "gemini-cli": ("gemini", "gemini-cli"),
    "antigravity": ("gemini", "antigravity"),
    "codex": ("openai_responses", "codex"),
}
_PLAIN = Provider("plain", "", (), lambda credential: ())
_CREDENTIAL = Credential("plain:000000000000", "plain", Secret(""))


class Ability(Struct, frozen=True):
    """What a case says a model can reason."""

    min: int = 0
    max: int = 0
    levels: tuple[str, ...] = ()
    zero_allowed: bool = False
    dynamic_allowed: bool = False
    max_output_tokens: int = 0
    no_thinking: bool = False
    user_defined: bool = False


class Case(Struct, frozen=True, rename={"from_": "from"}):
    """One case, as `tests/cases/README.md` tells."""

    id: str
    from_: str
    to: str
    kind: str
    model: str
    input: Any
    expect: tuple[Expectation, ...]
    stream: bool = False
    request: Any = None
    models: Mapping[str, Ability] = {}

    @property
    def pair(self) -> tuple[str, str, str]:
        """Whose tables it belongs in."""
        return self.from_, self.to, self.kind


def cases() -> list[Case]:
    """Return all cases."""
    decode = msgspec.json.Decoder(Case).decode
    return [decode(line) for line in FILE.read_bytes().splitlines()]


def failures(case: Case) -> list[str]:
    """Return the expectations that do not hold."""
    there = ROUTES[case.to][0]
    produced: Any = None
    refusal = None
    try:
        if case.kind == "request":
            produced = json.loads(_asked(case))
        elif case.kind == "stream":
            produced = document(there, _streamed(case))
        else:
            produced, refusal = _answered(case)
    except RequestError as error:
        refusal = error.message
    asks = case.kind == "request" and there in ("openai_chat", "anthropic_messages")
    return list(unmet(case.expect, produced, refusal, gemini=there == "gemini", asks=asks))


def _asked(case: Case) -> bytes:
    """Return what the upstream is sent."""
    here, there = DIALECTS[ROUTES[case.from_][0]], DIALECTS[ROUTES[case.to][0]]
    body = json.dumps(case.input).encode()
    if ROUTES[case.from_][1]:
        body = gemini_cli.opened(body).request
    name = model_name.read(case.model)
    info = _info(name.base, case.models.get(name.base))
    provider = PROVIDERS.get(ROUTES[case.to][1], _PLAIN)
    endpoint = provider.endpoint_for(there.name, Operation.GENERATE, stream=True) or Endpoint(
        there.name, Operation.GENERATE, "/"
    )
    head = RequestHead(case.model, case.stream)
    plan = Plan(case.model, name.base, (), {}, name.suffix)
    exchange = Exchange(case.id, here, Operation.GENERATE, head, body, {}, Principal("case"), plan)
    encoded = request_for(Target(provider, endpoint, name.base, info), there, exchange, stream=case.stream)
    call = Call(
        endpoint,
        name.base,
        case.stream,
        Framing.EVENT_STREAM,
        _CREDENTIAL,
        {},
        case.id,
        NOW,
        client_dialect=here.name,
        info=info,
    )
    return provider.shaped(call, encoded.body)


def _info(name: str, ability: Ability | None) -> ModelInfo:
    if ability is None or ability.user_defined:
        return ModelInfo(name)
    thinking = None
    if not ability.no_thinking:
        thinking = Thinking(ability.min, ability.max, ability.zero_allowed, ability.dynamic_allowed, ability.levels)
    return ModelInfo(name, output_limit=ability.max_output_tokens, thinking=thinking, known=True)


def _streamed(case: Case) -> list[Frame]:
    """Return what a client reads of a stream."""
    context = _context(case)
    encoder = CODECS[ROUTES[case.to][0]].stream_encoder(context)
    return frames_of([unit for event in _events(case, context) for unit in encoder.feed(event)])


def _answered(case: Case) -> tuple[Any, str | None]:
    """Return the body that a client reads, or why it gets none."""
    context = _context(case)
    assembler = assembled(_events(case, context))
    if assembler.error is not None:
        return None, assembler.error.message
    return json.loads(CODECS[ROUTES[case.to][0]].encode_reply(assembler.reply, context)), None


def _context(case: Case) -> ReplyContext:
    """Return what is known of the client's request."""
    there = ROUTES[case.to][0]
    if case.request is None:
        return ReplyContext(RequestHead(case.model, stream=case.kind == "stream"), None, "exchange1", NOW)
    body = json.dumps(case.request).encode()
    head = DIALECTS[there].read_head(body, {"model": case.model})
    head = msgspec.structs.replace(head, model=head.model or case.model, stream=case.kind == "stream")
    return ReplyContext(head, CODECS[there].decode_request(body), "exchange1", NOW, body=body)


def _events(case: Case, context: ReplyContext) -> list[StreamEvent]:
    """Return what the upstream says, as an encoder is given it."""
    here, provider = ROUTES[case.from_]
    unwrap = PROVIDERS.get(provider, _PLAIN).unwrap
    if isinstance(case.input, list):
        events = heard(CODECS[here], [Frame(frame.event, unwrap(frame.data)) for frame in _frames(case.input)])
    else:
        events = CODECS[here].decode_reply(unwrap(json.dumps(case.input).encode()))
    if context.request is None:
        return events
    put = AsDeclared(
        tuple(context.request.functions),
        _names(context.request, here),
        takes_free_text=CODECS[ROUTES[case.to][0]].takes_free_text,
    )
    return [told for event in events for told in put.feed(event)]


def _names(request: Conversation, upstream: str) -> Mapping[str, str]:
    """Return the tools that were renamed for the upstream when the client's request was written for it."""
    return CODECS[upstream].encode_request(request, ModelInfo(request.model or "m"), True).names


def _frames(lines: Sequence[str]) -> list[Frame]:
    """Return the frames of a stream that is told by its lines, without the blank ones between."""
    block = "".join(f"{line}\n" if line.startswith("event:") else f"{line}\n\n" for line in lines)
    return frames_of([block.encode()])
