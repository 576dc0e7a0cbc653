"""
Conversations -> Chat Completions requests.

Source: `reference` sheets `openai-chat` section 2, `translation` sections 3.1, 6 and 13.7 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, OutputKind, OutputShape
from cliproxy.dialects.base import Encoded
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.beyond import put_back
from cliproxy.dialects.openai_chat.effort import effort_fields
from cliproxy.dialects.openai_chat.messages_encoder import Item, MessagesEncoder
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.dialects.openai_chat.tools_encoder import ToolsEncoder

LONGEST_USER = 64  # characters
MOST_STOPS = 4

_TIERS = ("auto", "default", "flex", "scale", "priority", "fast")
_MODALITIES = ("text", "audio", "image")

_encode = msgspec.json.Encoder().encode


def encode_request(conversation: Conversation, model: ModelInfo, stream: bool) -> Encoded:
    """Return the conversation as a Chat Completions request for this model, and what it could not say."""
    return _RequestEncoder(conversation, model, stream=stream).encoded()


class _RequestEncoder:
    def __init__(self, conversation: Conversation, model: ModelInfo, *, stream: bool) -> None:
        self._said = conversation
        self._model = model
        self._stream = stream
        self._messages = MessagesEncoder(conversation)
        self._losses = self._messages.words.losses
        self._at_home = conversation.origin == NAME

    def encoded(self) -> Encoded:
        said, words = self._said, self._messages.words
        body: Item = {"model": said.model, "messages": self._messages.messages()}
        body |= self._sampling()
        body |= ToolsEncoder(said, self._messages).fields()
        if said.output is not None:
            body["response_format"] = self._response_format(said.output)
        if said.effort is not None:
            effort = effort_fields(said.effort, self._model, said.origin)
            if effort is None:
                self._losses.add("reasoning effort")
            else:
                body |= effort
        body |= self._about()
        body |= self._form()
        if self._stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        if said.extras:
            put_back(body, words.extras("", said.extras), schema.Request)
        return Encoded(_encode(body), self._losses.found(), words.names_back)

    def _sampling(self) -> Item:
        wanted = self._said.sampling
        stops = list(wanted.stop)
        if len(stops) > MOST_STOPS and not self._at_home:
            self._losses.add("stop: more than four")
            stops = stops[:MOST_STOPS]
        fields = {
            self._limit_field(): wanted.max_tokens,
            "temperature": wanted.temperature,
            "top_p": wanted.top_p,
            "top_k": wanted.top_k,
            "frequency_penalty": wanted.frequency_penalty,
            "presence_penalty": wanted.presence_penalty,
            "seed": wanted.seed,
            "stop": stops or None,
            "n": wanted.candidates if self._is_wish(wanted.candidates, 1) else None,
            "logprobs": wanted.logprobs if self._is_wish(wanted.logprobs, default=False) else None,
            "top_logprobs": wanted.top_logprobs,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _limit_field(self) -> str:
        """Models that reason by levels take only the newer field; most compatible servers only the older one."""
        thinking = self._model.thinking
        return "max_completion_tokens" if thinking is not None and thinking.levels else "max_tokens"

    def _is_wish(self, value: object, default: object) -> bool:
        """Tell whether to write a value: one that changes nothing is not sent to servers that may not know it."""
        return value is not None and (self._at_home or value != default)

    def _about(self) -> Item:
        """Return what the request tells of itself: whom it is for, how it is served and kept."""
        said = self._said
        fields: Item = {}
        if said.user and (self._at_home or len(said.user) <= LONGEST_USER):
            fields["user"] = said.user
        elif said.user:
            self._losses.add("user: too long")
        if said.metadata:
            fields["metadata"] = said.metadata
        if said.cache_key:
            fields["prompt_cache_key"] = said.cache_key
        if self._is_wish(said.store, default=False):
            fields["store"] = said.store
        if said.service_tier and self._is_wish(said.service_tier, "auto"):
            if self._at_home or said.service_tier in _TIERS:
                fields["service_tier"] = said.service_tier
            else:
                self._losses.add("service_tier")
        return fields

    def _form(self) -> Item:
        """Return what the reply is to be like beside its words."""
        said = self._said
        fields: Item = {}
        if said.verbosity:
            fields["verbosity"] = said.verbosity
        if said.modalities and self._is_wish(said.modalities, ("text",)):
            known = [kind for kind in said.modalities if self._at_home or kind in _MODALITIES]
            fields["modalities"] = known
            if len(known) < len(said.modalities):
                self._losses.add("modalities")
        if said.speech is not None:
            form = said.speech.format or ("" if self._at_home else "pcm16" if self._stream else "wav")
            fields["audio"] = _told({"voice": said.speech.voice, "format": form})
        if said.picture is not None:
            fields["image_config"] = _told({"aspect_ratio": said.picture.aspect_ratio, "image_size": said.picture.size})
        return fields

    def _response_format(self, output: OutputShape) -> Item:
        if output.kind is OutputKind.JSON:
            return {"type": "json_object"}
        shape: Item = {}
        if output.name or not self._at_home:
            shape["name"] = output.name or "response"
        if output.description:
            shape["description"] = output.description
        if output.schema is not None:
            shape["schema"] = output.schema
        if output.strict is not None:
            shape["strict"] = output.strict
        return {"type": "json_schema", "json_schema": shape}


def _told(fields: Item) -> Item:
    return {name: value for name, value in fields.items() if value}
