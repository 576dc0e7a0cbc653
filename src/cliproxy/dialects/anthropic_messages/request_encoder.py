"""
Conversations -> Messages requests.

Source: `reference` sheets `claude-messages` sections 2 to 4, `translation` sections 5, 6 and 13.1 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.free_text import without_free_text
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, OutputKind
from cliproxy.dialects.anthropic_messages.messages_encoder import MessagesEncoder, with_extras
from cliproxy.dialects.anthropic_messages.request import PRIORITY
from cliproxy.dialects.anthropic_messages.schemas import lowered
from cliproxy.dialects.anthropic_messages.thinking import LEAST_TOP_P, EffortEncoder, max_tokens_for, thinks
from cliproxy.dialects.anthropic_messages.tools_encoder import ToolsEncoder
from cliproxy.dialects.base import Encoded

_TIERS = ("auto", "standard_only")
_OPENED = ("output_config", "metadata")  # may hold nothing but what only this dialect knows
_NESTED = (*_OPENED, "thinking", "tool_choice")
_MADE_UP = ("system",)
_NOT_COUNTED = (
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "metadata",
    "service_tier",
    "container",
    "inference_geo",
)

_encode = msgspec.json.Encoder().encode

Fields = dict[str, object]


def encode_request(conversation: Conversation, model: ModelInfo, stream: bool) -> Encoded:
    """Return the conversation as a Messages request for this model, and what it could not say."""
    encoder = _RequestEncoder(conversation, model)
    body = encoder.body()
    if stream:
        body["stream"] = True
    return encoder.encoded(body)


def encode_count(conversation: Conversation, model: ModelInfo) -> Encoded:
    """Return the conversation as a question how many tokens it has: without the fields that do not count."""
    encoder = _RequestEncoder(conversation, model)
    return encoder.encoded({name: value for name, value in encoder.body().items() if name not in _NOT_COUNTED})


class _RequestEncoder:
    def __init__(self, conversation: Conversation, model: ModelInfo) -> None:
        self._said = without_free_text(conversation)
        self._model = model
        self._words = MessagesEncoder(self._said)
        self._losses = self._words.losses
        self._at_home = self._words.at_home

    def encoded(self, body: Fields) -> Encoded:
        return Encoded(_encode(body), self._losses.found(), self._words.wording.names_back)

    def body(self) -> Fields:
        said = self._said
        tools = ToolsEncoder(said, self._words)
        what_to_call = tools.encoded()  # first, as in the prompt: cache marks are counted on the way
        system = self._words.system()
        messages = self._words.messages()
        self._end(messages)
        effort = EffortEncoder(said, self._model, self._losses, forces=tools.forces).encoded(messages)
        body: Fields = {"model": said.model, "max_tokens": max_tokens_for(said, self._model, effort)}
        if system:
            body["system"] = system
        body["messages"] = messages
        body |= what_to_call | effort
        body |= self._sampling(thinks=thinks(effort))
        self._shape(body)
        if said.user:
            body["metadata"] = {"user_id": said.user}
        if said.service_tier == PRIORITY:
            body["speed"] = "fast"
        elif said.service_tier in _TIERS:
            body["service_tier"] = said.service_tier
        elif said.service_tier:
            self._losses.add("service_tier")
        self._wishes()
        return self._with_extras(body)

    def _end(self, messages: list[Fields]) -> None:
        """
        An answer that the client began may not end in white space, and newer models refuse to go on with one.

        Those that know levels are the newer ones.
        """
        last = messages[-1]["content"]
        block = last[-1] if isinstance(last, list) else None
        begun = messages[-1]["role"] == "assistant" and isinstance(block, dict) and block["type"] == "text"
        if self._at_home or not begun:
            return
        thinking = self._model.thinking
        if self._model.known and thinking is not None and thinking.levels and len(messages) > 1:
            self._losses.add("messages: an answer begun, which the model does not go on with")
            messages.pop()
        else:
            assert isinstance(block, dict)
            block["text"] = str(block["text"]).rstrip()

    def _shape(self, body: Fields) -> None:
        output = self._said.output
        if output is None or output.kind is not OutputKind.JSON_SCHEMA or output.schema is None:
            return
        if output.description:  # a schema is all it takes and is always held to; the name is nothing but a label
            self._losses.add("output.description")
        shape = {"format": {"type": "json_schema", "schema": lowered(output.schema)}}
        config = body.get("output_config")
        body["output_config"] = (config | shape) if isinstance(config, dict) else shape

    def _sampling(self, *, thinks: bool) -> Fields:
        wanted = self._said.sampling
        fields: Fields = {}
        stops = [stop for stop in wanted.stop if stop.strip() or self._at_home]
        if stops:
            fields["stop_sequences"] = stops
        if len(stops) < len(wanted.stop):
            self._losses.add("stop: white space")
        temperature, top_p, top_k = wanted.temperature, wanted.top_p, wanted.top_k
        if not self._at_home:
            if thinks:
                temperature = self._allowed("temperature", temperature, holds=temperature == 1)
                top_p = self._allowed("top_p", top_p, holds=top_p is not None and top_p >= LEAST_TOP_P)
                if top_k is not None:
                    self._losses.add("top_k: not beside thinking")
                top_k = None
            if temperature is not None and temperature > 1:
                self._losses.add("temperature: over 1")
                temperature = 1.0
            if temperature is not None and top_p is not None:
                if top_p < 1:
                    self._losses.add("top_p: not beside temperature")
                top_p = None
        given = {"temperature": temperature, "top_p": top_p, "top_k": top_k}
        return fields | {name: value for name, value in given.items() if value is not None}

    def _allowed(self, name: str, value: float | None, *, holds: bool) -> float | None:
        """Return a value that is taken beside thinking; None, and a loss, for another."""
        if value is None or holds:
            return value
        self._losses.add(f"{name}: not beside thinking")
        return None

    def _wishes(self) -> None:
        """Tell of wishes that this API has no word for, but for those that ask for what it does anyway."""
        said, sampling = self._said, self._said.sampling
        unsaid = {
            "frequency_penalty": sampling.frequency_penalty,
            "presence_penalty": sampling.presence_penalty,
            "seed": sampling.seed is not None,
            "candidates": (sampling.candidates or 1) > 1,
            "logprobs": sampling.logprobs,
            "top_logprobs": sampling.top_logprobs,
            "metadata": said.metadata,
            "cache_key": said.cache_key,
            "verbosity": said.verbosity not in ("", "medium"),
            "store": said.store,
            "modalities": any(kind != "text" for kind in said.modalities),
            "speech": said.speech,
            "picture": said.picture,
        }
        for name, asked in unsaid.items():
            if asked:
                self._losses.add(name)

    def _with_extras(self, body: Fields) -> Fields:
        if not self._at_home:
            self._losses.extras("", self._said.extras)
            return body
        for name, value in self._said.extras.items():
            outer, _, inner = name.partition(".")
            if outer in _MADE_UP or "[" in outer:
                continue  # among the instructions and tools already
            within = body.setdefault(outer, {}) if outer in _OPENED else body.get(outer)
            if inner and outer in _NESTED and isinstance(within, dict):
                with_extras(within, {inner: value})
            elif not inner or outer not in _NESTED:
                body[name] = value
        return body
