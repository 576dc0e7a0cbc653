"""`demo`: the gateway in front of a simulated upstream, with no account and no key."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Awaitable, Callable

from rich.console import Console
from rich.rule import Rule
from rich.syntax import Syntax

from cliproxy.cli.serve import run, stop_signal
from cliproxy.config.schema import (
    ClaudeKey,
    CodexKey,
    CompatibleKey,
    CompatibleUpstream,
    Config,
    GeminiKey,
    ModelEntry,
)
from cliproxy.gateway import Gateway
from cliproxy.runtime import logs
from cliproxy.simulator import Upstream, serving

HOST = "127.0.0.1"
WIDTH = 120  # of what is read later
PACE = 0.03  # seconds between two words
KEY = "demo-key"  # of the simulated upstream; the gateway itself asks for none on loopback

CHAT, RESPONSES, MESSAGES, GEMINI = "demo-chat", "demo-responses", "demo-messages", "demo-gemini"


def demo(port: int) -> int:
    """Serve the demo and return the exit code."""
    logs.configure(debug=False)
    return run(lambda: _demo(port))


def accounts() -> int:
    """Show what becomes of accounts in trouble, and return the exit code."""
    from cliproxy.cli.demo_accounts import show

    return _shown(show)


def logins() -> int:
    """Show logins at every vendor, simulated, and return the exit code."""
    from cliproxy.cli.demo_logins import show

    return _shown(show)


def _shown(show: Callable[[Console], Awaitable[int]]) -> int:
    """Run what shows, not logs, what happens."""
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 (there is no Path of it everywhere)
        logs.configure(debug=False, stream=nowhere)
        return run(lambda: show(console))


async def _demo(port: int) -> int:
    stop = stop_signal()
    async with contextlib.AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(serving(Upstream(pace=PACE)))
        gateway = Gateway(config_for(upstream.url, port), usage_sinks=[logs.AttemptLog()])
        stack.push_async_callback(gateway.stop)
        try:
            taken = await gateway.start()
        except OSError as error:
            print(f"cannot listen on port {port}: {error.strerror or error}; try --port 0", file=sys.stderr)
            return 1
        _show(f"http://{HOST}:{taken}")
        await stop.wait()
    return 0


def config_for(upstream: str, port: int) -> Config:
    """Return a configuration with one model for each dialect of the simulated upstream."""

    def models(name: str) -> tuple[ModelEntry, ...]:
        return (ModelEntry("simulated", name),)

    return Config(
        host=HOST,
        port=port,
        shutdown_seconds=1,
        openai_compatibility=(
            CompatibleUpstream(
                name="simulator",
                base_url=f"{upstream}/v1",
                api_key_entries=(CompatibleKey(api_key=KEY),),
                models=models(CHAT),
            ),
        ),
        codex_api_key=(CodexKey(api_key=KEY, base_url=f"{upstream}/v1", models=models(RESPONSES)),),
        claude_api_key=(ClaudeKey(api_key=KEY, base_url=upstream, models=models(MESSAGES)),),
        gemini_api_key=(GeminiKey(api_key=KEY, base_url=upstream, models=models(GEMINI)),),
    )


def _show(url: str) -> None:
    console = Console()
    console.print(f"\n[bold green]CLI Proxy API[/] is listening on [bold]{url}[/], in front of a simulated upstream.")
    console.print("Everything below works as it stands, in another terminal. Ctrl-C ends the demo.")
    console.print("It repeats what you say; offered a tool, it calls it when you say [italic]call <tool>[/].\n")
    for title, lines in curl_lines(url):
        console.print(Rule(title, align="left"))
        for line in lines:
            print(line + "\n")
    for title, code in snippets(url):
        console.print(Rule(title, align="left"))
        console.print(Syntax(code, "python", background_color="default").highlight(code), soft_wrap=True)
    sys.stdout.flush()


def curl_lines(url: str) -> list[tuple[str, list[str]]]:
    """Return, for each dialect, the lines to paste: a whole reply, then a streamed one."""
    words = "Hello, who is there?"
    chat = f'"model":"{CHAT}","messages":[{{"role":"user","content":"{words}"}}]'
    responses = f'"model":"{RESPONSES}","input":"{words}"'
    messages = f'"model":"{MESSAGES}","max_tokens":200,"messages":[{{"role":"user","content":"{words}"}}]'
    gemini = f'"contents":[{{"role":"user","parts":[{{"text":"{words}"}}]}}]'
    model = f"/v1beta/models/{GEMINI}"
    crossed = messages.replace(MESSAGES, CHAT)
    return [
        ("OpenAI Chat Completions", _pair(url, "/v1/chat/completions", chat)),
        ("OpenAI Responses", _pair(url, "/v1/responses", responses)),
        ("Anthropic Messages", _pair(url, "/v1/messages", messages)),
        (
            "Gemini",
            [
                _curl(url, f"{model}:generateContent", gemini),
                _curl(url, f"{model}:streamGenerateContent?alt=sse", gemini, stream=True),
            ],
        ),
        ("Translated: an Anthropic client, an OpenAI upstream", _pair(url, "/v1/messages", crossed)),
    ]


def _pair(url: str, path: str, body: str) -> list[str]:
    return [_curl(url, path, body), _curl(url, path, f'{body},"stream":true', stream=True)]


def _curl(url: str, path: str, body: str, *, stream: bool = False) -> str:
    silent = "-sN" if stream else "-s"
    return f"curl {silent} '{url}{path}' -H 'content-type: application/json' -d '{{{body}}}'"


def snippets(url: str) -> list[tuple[str, str]]:
    """Return, for each official Python SDK, a program that streams an answer."""
    return [
        (
            "pip install openai",
            f"""from openai import OpenAI

client = OpenAI(base_url="{url}/v1", api_key="any")
stream = client.chat.completions.create(
    model="{CHAT}", messages=[{{"role": "user", "content": "Hello"}}], stream=True
)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="", flush=True)
print(client.responses.create(model="{RESPONSES}", input="Hello").output_text)
""",
        ),
        (
            "pip install anthropic",
            f"""from anthropic import Anthropic

client = Anthropic(base_url="{url}", api_key="any")
with client.messages.stream(
    model="{MESSAGES}", max_tokens=200, messages=[{{"role": "user", "content": "Hello"}}]
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
""",
        ),
        (
            "pip install google-genai",
            f"""from google import genai

client = genai.Client(api_key="any", http_options={{"base_url": "{url}"}})
for chunk in client.models.generate_content_stream(model="{GEMINI}", contents="Hello"):
    print(chunk.text, end="", flush=True)
""",
        ),
    ]
