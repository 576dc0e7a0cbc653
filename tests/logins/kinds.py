"""Every way to log in: the command, what the person does, and what must come of it."""

from __future__ import annotations

from typing import NamedTuple

from cliproxy.simulator.people import ANN, Person

BEN = Person("ben@example.com", projects=("project-1", "project-2"))
CLEO = Person("cleo@example.com", projects=(), tier="free-tier")  # Google has to give her a project

GOOGLE = ("oauth2.googleapis.com", "/token")
CLAUDE = ("api.anthropic.com", "/v1/oauth/token")
CODEX = ("auth.openai.com", "/oauth/token")


class Kind(NamedTuple):
    """One way to log in."""

    name: str
    provider: str
    vendor: str  # who gives out its tokens
    words: tuple[str, ...]  # of the command; `{key_file}` stands for a file that the vendor gave
    again: tuple[str, ...]  # the same in the Go program's flags
    file: str  # its name, with `{s}` and `{ms}` for the time in seconds and milliseconds
    fields: str  # that the Go program writes
    model: str  # by the provider's own name
    renewed_at: tuple[str, str]  # host and path
    person: Person = ANN
    question: str = ""  # that the terminal asks where the command does not say it
    answer: str = ""  # to that; `{cookie}` stands for the vendor's
    pastes: bool = False  # the address that the browser ended on
    usual: str = "browser"  # kind of login at this provider, where the command names none
    types_code: bool = False  # on the vendor's page, which does not know it
    projects: tuple[str, ...] = ()
    remedy: str = "log in again"  # where the account was taken back
    makes_tokens: bool = False  # the gateway itself, of what is in the file; nothing else buys one
    is_nameless: bool = False  # nothing tells that two logins are of the same account

    def __str__(self) -> str:
        return self.name

    @property
    def way(self) -> str:
        """What kind of login it is, as the gateway calls it."""
        return next((way for way in ("device", "cookie", "file") if f"--{way}" in self.words), self.usual)


_GEMINI = "token project_id email auto checked type"
_TOKENS = "access_token refresh_token last_refresh expired email type"
_IFLOW = f"{_TOKENS} api_key token_type scope cookie"

KINDS = (
    Kind(
        "gemini",
        "gemini-cli",
        "google",
        ("login", "gemini"),
        ("-login", "-project_id", "project-1", "-oauth-callback-port=18085"),
        "gemini-ann@example.com-project-1.json",
        _GEMINI,
        "gemini-2.5-pro",
        GOOGLE,
        question="Which project?",
        answer="1",
        projects=("project-1",),
    ),
    Kind(
        "gemini pasted",
        "gemini-cli",
        "google",
        ("login", "google", "--project", "project-1", "--no-browser"),
        ("-login", "-project_id=project-1", "-no-browser"),
        "gemini-ann@example.com-project-1.json",
        _GEMINI,
        "gemini-2.5-pro",
        GOOGLE,
        pastes=True,
        projects=("project-1",),
    ),
    Kind(
        "gemini in several projects",
        "gemini-cli",
        "google",
        ("login", "gemini-cli", "--project", "ALL"),
        ("-login", "-project_id", "project-1,project-2"),
        "gemini-ben@example.com-all.json",
        _GEMINI,
        "gemini-2.5-pro",
        GOOGLE,
        person=BEN,
        projects=("project-1", "project-2"),
    ),
    Kind(
        "gemini in a project that Google gives",
        "gemini-cli",
        "google",
        ("login", "gemini", "--project", "GOOGLE_ONE"),
        ("-login", "-project_id", "GOOGLE_ONE"),
        "gemini-cleo@example.com-gen-lang-client-1.json",
        _GEMINI,
        "gemini-2.5-pro",
        GOOGLE,
        person=CLEO,
        projects=("gen-lang-client-1",),
    ),
    Kind(
        "claude",
        "claude",
        "claude",
        ("auth", "anthropic"),
        ("-claude-login",),
        "claude-ann@example.com.json",
        f"{_TOKENS} id_token",
        "claude-sonnet-4-6",
        CLAUDE,
    ),
    Kind(
        "claude pasted",
        "claude",
        "claude",
        ("login", "claude", "--no-browser"),
        ("--claude-login", "--no-browser"),
        "claude-ann@example.com.json",
        f"{_TOKENS} id_token",
        "claude-sonnet-4-6",
        CLAUDE,
        pastes=True,
    ),
    Kind(
        "codex",
        "codex",
        "openai",
        ("login", "openai"),
        ("-codex-login",),
        "codex-ann@example.com-plus.json",
        f"{_TOKENS} id_token account_id",
        "gpt-5-codex",
        CODEX,
    ),
    Kind(
        "codex by device",
        "codex",
        "openai",
        ("login", "codex", "--device"),
        ("-codex-device-login",),
        "codex-ann@example.com-plus.json",
        f"{_TOKENS} id_token account_id",
        "gpt-5-codex",
        CODEX,
        types_code=True,
    ),
    Kind(
        "qwen",
        "qwen",
        "qwen",
        ("login", "qwen", "--alias", "ann"),
        ("-qwen-login",),
        "qwen-ann.json",
        f"{_TOKENS} resource_url",
        "qwen3-coder-plus",
        ("chat.qwen.ai", "/api/v1/oauth2/token"),
        usual="device",
        question="another name for this Qwen account",
        answer="ann",
    ),
    Kind(
        "kimi",
        "kimi",
        "kimi",
        ("login", "moonshot"),
        ("-kimi-login",),
        "kimi-{ms}.json",
        "access_token refresh_token token_type scope device_id expired type timestamp",
        "kimi-k2.5",
        ("auth.kimi.com", "/api/oauth/token"),
        usual="device",
        is_nameless=True,
    ),
    Kind(
        "iflow",
        "iflow",
        "iflow",
        ("login", "iflow"),
        ("-iflow-login",),
        "iflow-ann@example.com-{s}.json",
        _IFLOW,
        "qwen3-max",
        ("iflow.cn", "/oauth/token"),
    ),
    Kind(
        "iflow by cookie",
        "iflow",
        "iflow",
        ("login", "iflow", "--cookie"),
        ("-iflow-cookie",),
        "iflow-ann@example.com-{s}.json",
        _IFLOW,
        "qwen3-max",
        ("platform.iflow.cn", "/api/openapi/apikey"),
        question="ookie",
        answer="{cookie}",
    ),
    Kind(
        "antigravity",
        "antigravity",
        "google",
        ("login", "antigravity"),
        ("-antigravity-login",),
        "antigravity-ann@example.com.json",
        "access_token refresh_token expires_in timestamp expired email project_id type",
        "gemini-3-pro-high",
        GOOGLE,
        projects=("project-1",),
    ),
    Kind(
        "vertex",
        "vertex",
        "google",
        ("login", "vertex", "--file", "{key_file}", "--location", "europe-west4", "--prefix", "cloud"),
        ("-vertex-import", "{key_file}", "-vertex-import-prefix", "cloud"),
        "vertex-project-1.json",
        "service_account project_id email location type prefix",
        "cloud/gemini-2.5-pro",
        GOOGLE,
        person=Person("gateway@project-1.iam.gserviceaccount.com"),
        projects=("project-1",),
        remedy="download a new key file in the Google Cloud console and import it",
        makes_tokens=True,
    ),
)
