"""
Conversations -> generateContent requests. Model and method stand in the path.

Source: `reference` sheets `dialects/gemini` sections 2 and 3, `translation` sections 3, 6 and 13 (read 2026-11-21).
"""

from __future__ import annotations

import re

import msgspec

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.free_text import without_free_text
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, Effort, Level, OutputKind, Role
from cliproxy.dialects.base import Encoded
from cliproxy.dialects.gemini.generation import JSON, thinking_config
from cliproxy.dialects.gemini.messages_encoder import MessagesEncoder, placed
from cliproxy.dialects.gemini.request import TIERS
from cliproxy.dialects.gemini.schema import NAME
from cliproxy.dialects.gemini.tools import VALIDATED_PLACE, tool_config, tool_entries
from cliproxy.dialects.wording import ANYTHING, Fit, Wording

MOST_STOPS = 5

_NAMES = Fit(re.compile(r"[^a-zA-Z0-9_.:-]|^(?=[0-9.:-])"), 64)  # one that begins otherwise gets a `_` in front
_IDS = Fit(ANYTHING, 1 << 30)
_TIERS = {ours: theirs for theirs, ours in TIERS.items()}
_KNOWN_TIERS = ("default", "flex", "priority")
_RATES = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "max_tokens": "maxOutputTokens",
}

_encode = msgspec.json.Encoder().encode


def encode_request(conversation: Conversation, model: ModelInfo, stream: bool) -> Encoded:
    """Return the conversation as a generateContent request for this model, and what it could not say."""
    encoder = RequestEncoder(conversation, model)
    return Encoded(_encode(encoder.body()), encoder.words.losses.found(), encoder.words.names_back)


class RequestEncoder:
    """One conversation on its way to one model."""

    def __init__(self, conversation: Conversation, model: ModelInfo) -> None:
        self._said = said = without_free_text(conversation)
        self._model = model
        turns = [turn for turn in said.messages if turn.role is not Role.SYSTEM]
        self.words = Wording(said, NAME, names=_NAMES, ids=_IDS, turns=turns)

    def body(self) -> dict[str, object]:
        """Return the request."""
        said, words = self._said, self.words
        turns = MessagesEncoder(said, words, said.model or self._model.id)
        contents, instructions = turns.contents(), turns.instructions()
        body: dict[str, object] = {}
        if instructions and (contents or words.at_home):
            body["systemInstruction"] = {"parts": instructions}
        elif instructions:
            contents = [{"role": "user", "parts": instructions}]
        body["contents"] = contents
        if tools := tool_entries(words):
            body["tools"] = tools
        if choice := tool_config(said, words):
            body["toolConfig"] = choice
        if generation := self._generation():
            body["generationConfig"] = generation
        body |= self._rest()
        return placed(body, words.extras("", self._extras()))

    def _extras(self) -> dict[str, msgspec.Raw]:
        extras = self._said.extras
        if self.words.at_home and VALIDATED_PLACE in extras:
            return {path: value for path, value in extras.items() if path != VALIDATED_PLACE}  # said with the choice
        return extras

    def _generation(self) -> dict[str, object]:
        said = self._said
        sampling = said.sampling
        fields: dict[str, object] = {
            theirs: value for ours, theirs in _RATES.items() if (value := getattr(sampling, ours)) is not None
        }
        if sampling.stop:
            fields["stopSequences"] = sampling.stop if self.words.at_home else sampling.stop[:MOST_STOPS]
            if len(sampling.stop) > MOST_STOPS and not self.words.at_home:
                self.words.losses.add("stop: more than five")
        if sampling.candidates is not None and (sampling.candidates != 1 or self.words.at_home):
            fields["candidateCount"] = sampling.candidates
        if sampling.logprobs is not None and (sampling.logprobs or self.words.at_home):
            fields["responseLogprobs"] = sampling.logprobs
        if sampling.top_logprobs is not None and (sampling.logprobs or self.words.at_home):
            fields["logprobs"] = sampling.top_logprobs
        elif sampling.top_logprobs:
            self.words.losses.add("top_logprobs: not without logprobs")
        if said.output is not None:
            fields["responseMimeType"] = JSON
            if said.output.kind is OutputKind.JSON_SCHEMA and said.output.schema is not None:
                fields["responseJsonSchema"] = said.output.schema
        if said.modalities and (said.modalities != ("text",) or self.words.at_home):
            fields["responseModalities"] = [modality.upper() for modality in said.modalities]
        fields |= self._looks()
        if thinking := self._thinking():
            fields["thinkingConfig"] = thinking
        return fields

    def _looks(self) -> dict[str, object]:
        """Return how what is spoken sounds and what is drawn looks."""
        fields: dict[str, object] = {}
        speech, picture = self._said.speech, self._said.picture
        if speech is not None:
            if speech.voice:
                fields["speechConfig"] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": speech.voice}}}
            if speech.format:
                self.words.losses.add("speech: format")
        if picture is not None:
            wanted = {"aspectRatio": picture.aspect_ratio, "imageSize": picture.size}
            fields["imageConfig"] = {name: value for name, value in wanted.items() if value}
        return fields

    def _thinking(self) -> dict[str, object] | None:
        asked = self._said.effort
        if asked is None:
            return None
        strict = efforts.same_family(self._said.origin, NAME)
        wanted = efforts.possible(asked, self._model, strict=strict)
        if wanted is None:
            self.words.losses.add("reasoning effort")
            return None
        if not strict:
            wanted = self._elsewhere(wanted)
        return thinking_config(wanted)

    def _elsewhere(self, wanted: Effort) -> Effort:
        """
        Return an effort that was said in another vendor's words.

        An open one is the most a model can do; a model that nobody knows takes a budget rather than a level.
        """
        thinking = self._model.thinking
        if wanted.level is None and wanted.budget is None:
            if thinking is not None and thinking.max:
                return Effort(budget=thinking.max, visible=wanted.visible)
            levels = thinking.levels if thinking is not None else ()
            wanted = Effort(efforts.nearest(Level.HIGH, levels), visible=wanted.visible)
        if not self._model.known and wanted.level is not None:
            return Effort(budget=efforts.budget_of(wanted), visible=wanted.visible)
        return wanted

    def _rest(self) -> dict[str, object]:
        said, words = self._said, self.words
        fields: dict[str, object] = {}
        tier = said.service_tier
        if tier in _KNOWN_TIERS or (tier and words.at_home):
            fields["serviceTier"] = _TIERS.get(tier, tier)
        elif tier not in ("", "auto"):
            words.losses.add("service_tier")
        if words.at_home:
            if said.metadata:
                fields["labels"] = dict(said.metadata)
            if said.store is not None:
                fields["store"] = said.store
            return fields
        for name in ("user", "metadata", "store", "cache_key", "verbosity"):
            if getattr(said, name):
                words.losses.add(name)
        return fields
