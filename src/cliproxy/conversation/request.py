"""
A request in neutral words: who said what, which tools there are, how the reply is wanted.

Decoders fill it, encoders read it. What a dialect says and these types do not model is kept in `extras`, under the
vendor's own names: an encoder of the same dialect writes it back, every other encoder reports it as a loss.
"""

from __future__ import annotations

import enum

from msgspec import Raw, Struct

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
    """A proof: a token that only the vendor who made it can read."""

    dialect: str
    value: str


class CacheMark(Struct, frozen=True, gc=False):
    """What stands before its end is worth keeping in the upstream's prompt cache."""

    lifetime: str = ""  # `5m`, `1h`; "": the upstream's own


class Text(Struct, frozen=True, gc=False):
    """Words. `refusal` marks the words with which a model declined."""

    text: str
    refusal: bool = False
    extras: Extras = {}
    cache: CacheMark | None = None


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


class Media(Struct, frozen=True, gc=False):
    """A picture, sound, film or document."""

    kind: MediaKind
    source: Inline | Link
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
    """A model's wish to run a tool. `arguments` is the JSON text as it was written, which may be broken or empty."""

    id: str
    name: str
    arguments: str
    proof: Opaque | None = None
    extras: Extras = {}
    cache: CacheMark | None = None


class Foreign(Struct, frozen=True, gc=False):
    """
    A part without a neutral meaning, in its own dialect's JSON.

    `instead` is what other dialects may say in its place; where that is nothing, the part is lost to them.
    """

    dialect: str
    kind: str  # the vendor's name for it
    body: Raw
    instead: tuple[Text | Media, ...] = ()


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


class Tool(Struct, frozen=True, gc=False):
    """A function that the client offers. `input_schema` is JSON Schema as it came; None when there was none."""

    name: str
    description: str = ""
    input_schema: Raw | None = None
    strict: bool | None = None
    extras: Extras = {}
    cache: CacheMark | None = None


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


class Conversation(Struct, frozen=True, gc=False):
    """One request."""

    origin: str  # the dialect it was said in
    model: str
    instructions: tuple[Text, ...] = ()
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_calls: bool | None = None
    sampling: Sampling = Sampling()
    effort: Effort | None = None
    output: OutputShape | None = None
    user: str = ""  # the end user, as the client calls him
    extras: Extras = {}
