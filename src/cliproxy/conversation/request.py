"""
A request in neutral words: who said what, which tools there are, how the reply is wanted.

Decoders fill it, encoders read it. What a dialect says and these types do not model is kept in `extras`, under the
vendor's own names: an encoder of the same dialect writes it back, every other encoder reports it as a loss.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping

from msgspec import Raw, Struct

from cliproxy.conversation.words import Citation, Logprob

Extras = dict[str, Raw]


class Role(enum.Enum):
    """
    Whose turn it is.

    The opening instructions are `Conversation.instructions`. `SYSTEM` is one that a client placed further down but
    means for the whole conversation; `REMINDER` is one that is meant where it stands.
    """

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    REMINDER = "reminder"


class Opaque(Struct, frozen=True, gc=False):
    """
    A proof: a token that only the vendor who made it can read.

    Most hang on reasoning. `on` is `text` or `call` where the vendor hangs one on what was said or called, and it
    travels on reasoning without words, beside its part, through a dialect that has no such place.
    """

    dialect: str
    value: str
    on: str = ""


class CacheMark(Struct, frozen=True, gc=False):
    """What stands before its end is worth keeping in the upstream's prompt cache."""

    lifetime: str = ""  # `5m`, `1h`; "": the upstream's own


class Text(Struct, frozen=True, gc=False):
    """Words. `refusal` marks the words with which a model declined."""

    text: str
    refusal: bool = False
    extras: Extras = {}
    cache: CacheMark | None = None
    citations: tuple[Citation, ...] = ()
    proof: Opaque | None = None
    logprobs: tuple[Logprob, ...] = ()


class MediaKind(enum.Enum):
    """What sort of thing is shown or played."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"


class Inline(Struct, frozen=True, gc=False):
    """Media that travels inside the request. `data` is base64 in the standard alphabet, without white space."""

    data: str


class Link(Struct, frozen=True, gc=False):
    """Media that the upstream fetches itself."""

    url: str


class FileId(Struct, frozen=True, gc=False):
    """Media that lies with a vendor already, in one of its accounts. Nobody else can read it."""

    vendor: str  # `openai`, `anthropic`, `google`
    id: str


class Media(Struct, frozen=True, gc=False):
    """A picture, sound, film or document."""

    kind: MediaKind
    source: Inline | Link | FileId
    mime_type: str = ""  # "": not said, as with a link
    name: str = ""  # file name or title
    detail: str = ""  # how closely to look: `low`, `high`, `auto`
    extras: Extras = {}
    cache: CacheMark | None = None


class Reasoning(Struct, frozen=True, gc=False):
    """What a model thought. Redacted reasoning has a proof and no text."""

    text: str
    proof: Opaque | None = None
    redacted: bool = False
    extras: Extras = {}


class ToolCall(Struct, frozen=True, gc=False):
    """
    A model's wish to run a tool.

    `arguments` is the JSON text as it was written, which may be broken or empty; with `free_text` it is plain text.
    """

    id: str
    name: str
    arguments: str
    proof: Opaque | None = None
    extras: Extras = {}
    cache: CacheMark | None = None
    free_text: bool = False


class Source(Struct, frozen=True, gc=False):
    """A page that a search found."""

    url: str
    title: str = ""


class Search(Struct, frozen=True, gc=False):
    """What a search, run by the upstream, asked and found. One part may tell the first, the next the second."""

    id: str = ""
    queries: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


class Foreign(Struct, frozen=True, gc=False):
    """
    A part without a neutral meaning, in its own dialect's JSON.

    `instead` is what other dialects may say in its place, and `search` what it tells of a search that the upstream
    ran; where both are nothing, the part is lost to them. `tools` names the deferred tools that it makes known.
    """

    dialect: str
    kind: str  # the vendor's name for it
    body: Raw
    instead: tuple[Text | Media, ...] = ()
    search: Search | None = None
    tools: tuple[str, ...] = ()


class ToolResult(Struct, frozen=True, gc=False):
    """What running a tool gave. A result without `call_id` answers the oldest call that is still open."""

    call_id: str
    content: tuple[Text | Media | Foreign, ...]
    is_error: bool = False
    extras: Extras = {}
    cache: CacheMark | None = None


Part = Text | Media | Reasoning | ToolCall | ToolResult | Foreign


class Message(Struct, frozen=True, gc=False):
    """One turn. Tool results stand in the user's turn, before what the user adds."""

    role: Role
    parts: tuple[Part, ...]
    extras: Extras = {}


class Grammar(Struct, frozen=True, gc=False):
    """What free text given to a tool must look like."""

    syntax: str  # `lark`, `regex`
    definition: str


class Tool(Struct, frozen=True, gc=False):
    """
    A tool that the client runs.

    `input_schema` is JSON Schema as it came; None when there was none. A tool with `free_text` takes words, not JSON.
    One of a namespace has the namespace in front of its name: `crm__find`. A model is not to know a deferred one until
    it has been searched for and found.
    """

    name: str
    description: str = ""
    input_schema: Raw | None = None
    strict: bool | None = None
    extras: Extras = {}
    cache: CacheMark | None = None
    free_text: bool = False
    grammar: Grammar | None = None
    namespace: str = ""
    native: Raw | None = None  # as it came, where its own dialect knows it by a type alone
    deferred: bool = False


class ServerToolKind(enum.Enum):
    """What a tool that the upstream runs does, where more than one vendor has such a tool."""

    WEB_SEARCH = "web_search"
    WEB_FETCH = "web_fetch"
    CODE_EXECUTION = "code_execution"
    TOOL_SEARCH = "tool_search"  # among those that are deferred
    OTHER = "other"


class Place(Struct, frozen=True, gc=False):
    """Where a search is to think it is. Each may be empty."""

    city: str = ""
    region: str = ""
    country: str = ""  # two letters
    timezone: str = ""  # IANA


class ServerTool(Struct, frozen=True, gc=False):
    """A tool that the upstream runs itself. `body` is the JSON of the dialect it was said in."""

    kind: ServerToolKind
    body: Raw
    name: str = ""  # under which a reply speaks of it
    allowed_domains: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()
    max_uses: int | None = None
    context_size: str = ""  # `low`, `medium`, `high`
    place: Place | None = None


class ToolMode(enum.Enum):
    """How free the model is to call."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"


class ToolChoice(Struct, frozen=True, gc=False):
    """Whether and what to call. `name` belongs to `ToolMode.NAMED`; `allowed`, where given, are the only tools."""

    mode: ToolMode
    name: str = ""
    allowed: tuple[str, ...] = ()


class Sampling(Struct, frozen=True, gc=False):
    """How the reply is drawn, and where it stops. None: left to the upstream."""

    max_tokens: int | None = None  # reasoning included
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    candidates: int | None = None  # replies to choose from
    logprobs: bool | None = None
    top_logprobs: int | None = None


class Level(enum.Enum):
    """How hard to reason, in words."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"
    AUTO = "auto"


class Effort(Struct, frozen=True, gc=False):
    """
    How hard to reason, as a level or as a budget, and whether the thoughts are to be shown.

    Neither level nor budget: the model is to reason, and how hard is left to it.
    """

    level: Level | None = None
    budget: int | None = None  # tokens
    visible: bool | None = None  # None: not said


class OutputKind(enum.Enum):
    """What the reply must be."""

    JSON = "json"
    JSON_SCHEMA = "json_schema"


class OutputShape(Struct, frozen=True, gc=False):
    """Structured output."""

    kind: OutputKind
    name: str = ""
    description: str = ""
    schema: Raw | None = None
    strict: bool | None = None


class Speech(Struct, frozen=True, gc=False):
    """How a spoken reply is to sound."""

    voice: str = ""
    format: str = ""  # `mp3`, `wav`, `pcm16`


class Picture(Struct, frozen=True, gc=False):
    """What a drawn reply is to look like."""

    aspect_ratio: str = ""  # `16:9`
    size: str = ""  # `1K`, `2K`, `4K`


class Conversation(Struct, frozen=True, gc=False):
    """One request."""

    origin: str  # the dialect it was said in
    model: str
    instructions: tuple[Text, ...] = ()
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool | ServerTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_calls: bool | None = None
    sampling: Sampling = Sampling()
    effort: Effort | None = None
    output: OutputShape | None = None
    user: str = ""  # the end user, as the client calls him
    metadata: Mapping[str, str] = {}  # the client's own notes on the request
    service_tier: str = ""  # `auto`, `default`, `flex`, `priority`, `standard_only`
    cache_key: str = ""  # requests that share a beginning share this
    verbosity: str = ""  # `low`, `medium`, `high`
    store: bool | None = None  # whether the vendor is to keep the reply
    modalities: tuple[str, ...] = ()  # of the reply: `text`, `image`, `audio`
    speech: Speech | None = None
    picture: Picture | None = None
    extras: Extras = {}

    @property
    def functions(self) -> Iterator[Tool]:
        """The tools that the client runs."""
        return (tool for tool in self.tools if isinstance(tool, Tool))
