"""
Conversations -> Responses requests.

Source: `reference` sheets `openai-responses` section 2, `translation` sections 3.1, 6 and 13.3, 13.9, 13.12 (read
2026-11-21).
"""

from __future__ import annotations

import hashlib
import re

import msgspec
from msgspec import Raw

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Foreign,
    Level,
    OutputKind,
    OutputShape,
    Text,
    Tool,
    ToolResult,
)
from cliproxy.dialects.base import Encoded
from cliproxy.dialects.openai_responses.items_encoder import ItemsEncoder
from cliproxy.dialects.openai_responses.parts import NAME
from cliproxy.dialects.openai_responses.parts_encoder import Item, content_of
from cliproxy.dialects.openai_responses.request import ENCRYPTED, LOGPROBS, SHOWN
from cliproxy.dialects.openai_responses.tool_search import FOUND
from cliproxy.dialects.openai_responses.tools import declarations
from cliproxy.dialects.openai_responses.tools_encoder import ToolsEncoder
from cliproxy.dialects.wording import ANYTHING, Fit, Wording

NAMES = Fit(re.compile(r"[^a-zA-Z0-9_-]"), 64)
IDS = Fit(ANYTHING, 64)
LONGEST_USER = 64  # characters
LEAST_TOKENS = 16  # less is refused
SHOWS_UNASKED = frozenset({"anthropic_messages"})  # dialects whose clients see thoughts unless they say otherwise
TIERS = {"standard_only": "default"}  # as others call them

_CONTINUED = frozenset({"previous_response_id", "conversation"})
_TAKEN = frozenset({"auto", "default", "flex", "priority", "scale", "fast"})

_encode = msgspec.json.Encoder().encode


def encode_request(conversation: Conversation, model: ModelInfo, stream: bool) -> Encoded:
    """Return the conversation as a Responses request for this model, and what it could not say."""
    return _RequestEncoder(conversation, model, stream=stream).encoded()


class _RequestEncoder:
    def __init__(self, conversation: Conversation, model: ModelInfo, *, stream: bool) -> None:
        self._said = conversation
        self._model = model
        self._stream = stream
        goes_on = conversation.origin == NAME and not _CONTINUED.isdisjoint(conversation.extras)
        self._wording = Wording(conversation, NAME, names=NAMES, ids=IDS, turns=() if goes_on else None)
        self._losses = self._wording.losses
        self._at_home = self._wording.at_home
        turns = conversation.messages if goes_on else self._wording.turns  # what is answered may lie at the vendor
        spaces = _namespaces(conversation) if self._at_home else {}
        custom = {tool.name for tool in conversation.functions if tool.free_text}
        self._items = ItemsEncoder(turns, self._wording, spaces, custom)

    def encoded(self) -> Encoded:
        said = self._said
        body: Item = {"model": said.model}
        body |= self._opening()
        body |= ToolsEncoder(said, self._wording, self._items).fields()
        body |= self._sampling()
        body |= self._reasoning()
        body |= self._text()
        body |= self._identity()
        body |= self._keeping()
        if self._stream:
            body["stream"] = True
        self._reply_forms()
        if self._at_home:
            _put_back(body, said.extras)
        else:
            self._losses.extras("", said.extras)
        return Encoded(_encode(body), self._losses.found(), self._wording.names_back)

    def _opening(self) -> Item:
        """Return instructions and input: one plain text is `instructions`, several open the input."""
        items: list[Item] = []
        fields: Item = {}
        texts = [text for text in self._said.instructions if text.text.strip()]
        turns = list(self._items.items())  # of which there has to be one
        if len(texts) == 1 and turns and not texts[0].extras and texts[0].cache is None:
            fields["instructions"] = texts[0].text
        elif texts:
            content = content_of(list[Text](texts), self._wording, "system", spoken=False)
            items.append({"type": "message", "role": "developer", "content": content})
        return fields | {"input": [*items, *turns]}

    def _sampling(self) -> Item:
        wanted = self._said.sampling
        for name in ("top_k", "frequency_penalty", "presence_penalty", "seed"):
            if getattr(wanted, name) is not None:
                self._losses.add(name)
        if wanted.stop:
            self._losses.add("stop")
        if wanted.candidates not in (None, 1):
            self._losses.add("n")
        limit = wanted.max_tokens
        if limit is not None and not self._at_home:
            limit = max(limit, LEAST_TOKENS)
        fields = {
            "max_output_tokens": limit,
            "temperature": wanted.temperature,
            "top_p": wanted.top_p,
            "top_logprobs": wanted.top_logprobs,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _reasoning(self) -> Item:
        asked = self._said.effort
        if asked is None:
            return {}
        fields: Item = {}
        level = self._level(asked)
        if level is not None:
            fields["effort"] = level.value
        shown = self._said.origin in SHOWS_UNASKED if asked.visible is None else asked.visible
        if shown and level is not Level.NONE and not self._cannot_think():
            fields["summary"] = SHOWN
        return {"reasoning": fields} if fields else {}

    def _level(self, asked: Effort) -> Level | None:
        if efforts.level_of(asked) is Level.NONE and self._cannot_think():
            return None
        if efforts.level_of(asked) is None:
            if self._said.origin not in SHOWS_UNASKED:
                return None  # nothing was said about how hard
            asked = Effort(Level.XHIGH, visible=asked.visible)
        wanted = efforts.possible(asked, self._model, strict=efforts.same_family(self._said.origin, NAME))
        level = efforts.level_of(wanted) if wanted is not None else None
        if level is None:
            self._losses.add("reasoning effort")
        return None if level is Level.AUTO and self._model.known else level  # the model's own way, told nothing

    def _cannot_think(self) -> bool:
        return self._model.known and self._model.thinking is None

    def _text(self) -> Item:
        fields: Item = {}
        if self._said.output is not None:
            fields["format"] = _format(self._said.output)
        if self._said.verbosity:
            fields["verbosity"] = self._said.verbosity
        return {"text": fields} if fields else {}

    def _identity(self) -> Item:
        said = self._said
        fields: Item = {}
        cache_key = said.cache_key
        if said.user and (self._at_home or len(said.user) <= LONGEST_USER):
            fields["user"] = said.user
        elif said.user:
            self._losses.add("user: too long")
        if said.user and not cache_key and not efforts.same_family(said.origin, NAME):  # there it names the session
            cache_key = hashlib.sha256(said.user.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if cache_key:
            fields["prompt_cache_key"] = cache_key
        if said.metadata:
            fields["metadata"] = said.metadata
        tier = TIERS.get(said.service_tier, said.service_tier)
        if tier in _TAKEN or (tier and self._at_home):
            fields["service_tier"] = tier
        elif tier:
            self._losses.add("service_tier")
        return fields

    def _keeping(self) -> Item:
        """Return whether the vendor is to keep the reply, and what it is to contain so that we can."""
        stored = self._said.store if self._at_home or self._said.store is not None else False
        wishes = [ENCRYPTED] if stored is False and not self._cannot_think() else []
        if stored is True and not self._at_home:
            wishes = [ENCRYPTED]
        kept = self._said.extras.get("include")
        if self._at_home and kept is not None:
            wishes = msgspec.json.decode(kept, type=list[str])
        if self._said.sampling.logprobs:
            wishes.append(LOGPROBS)
        fields: Item = {} if stored is None else {"store": stored}
        return fields | ({"include": wishes} if wishes else {})

    def _reply_forms(self) -> None:
        for modality in self._said.modalities:
            if modality != "text":
                self._losses.add(f"modalities: {modality}")
        if self._said.speech is not None:
            self._losses.add("speech")
        if self._said.picture is not None:
            self._losses.add("picture")


def _namespaces(conversation: Conversation) -> dict[str, str]:
    """Return what tools are called in; those that a search for tools finds have a namespace of their own name."""
    found = [
        part.body
        for turn in conversation.messages
        for outer in turn.parts
        for part in (outer.content if isinstance(outer, ToolResult) else (outer,))
        if isinstance(part, Foreign) and part.kind == FOUND
    ]
    tools = [one.tool for one in declarations([], found) if isinstance(one.tool, Tool)]
    spaces = {tool.name: tool.namespace or tool.name for tool in tools}
    for tool in conversation.functions:
        if tool.namespace or tool.deferred:
            spaces[tool.name] = tool.namespace or tool.name
    return spaces


def _format(output: OutputShape) -> Item:
    if output.kind is OutputKind.JSON:
        return {"type": "json_object"}
    shape: Item = {"type": "json_schema", "name": output.name or "response"}
    if output.description:
        shape["description"] = output.description
    shape["schema"] = output.schema or {}
    if output.strict is not None:
        shape["strict"] = output.strict
    return shape


def _put_back(body: Item, extras: dict[str, Raw]) -> None:
    """Write fields that only this dialect knows where they stood; what of the tools there was is theirs to write."""
    for path, value in extras.items():
        if path == "include" or "[" in path:
            continue
        *outer, name = path.split(".")
        place = body
        for step in outer:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                place, name = body, path  # the dot is of a name at the top level
                break
            place = inner
        place[name] = value
