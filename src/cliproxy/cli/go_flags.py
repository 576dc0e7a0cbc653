"""
The Go program's flags -> today's commands.

Its flags take one dash or two, `-x value` or `-x=value`; what is yes or no also `-x` alone, or `-x=true`. One action
runs, the first in its own order, whatever the order on the command line. Without an action the gateway is served.

Source: `reference` sheet `cli`, section 1 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence

_LOGINS = {  # the actions in their order, and what each means today
    "vertex-import": ("vertex",),
    "login": ("gemini-cli",),
    "antigravity-login": ("antigravity",),
    "codex-login": ("codex",),
    "codex-device-login": ("codex", "--device"),
    "claude-login": ("claude",),
    "qwen-login": ("qwen",),
    "iflow-login": ("iflow",),
    "iflow-cookie": ("iflow", "--cookie"),
    "kimi-login": ("kimi",),
}
_VALUES = {  # flags with a value, and today's name
    "config": "--config",
    "vertex-import": "--file",
    "vertex-import-prefix": "--prefix",
    "project_id": "--project",
    "oauth-callback-port": "--callback-port",
}
_NO_BROWSER = "no-browser"
_SERVED = frozenset(("config",))  # values that `serve` has too
_UNSAID = ("", "0")  # values that are the same as no flag: 0 is a port
_YES = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_NO = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_ASKED = {"-h": "--help", "-help": "--help", "--help": "--help", "-version": "--version", "--version": "--version"}
_LACKING = {
    "tui": "this version has no terminal interface (-tui); `serve` runs the gateway, `accounts` shows the accounts",
    "standalone": "this version has no terminal interface, so -standalone means nothing; `serve` runs the gateway",
    "password": "this version has no management API, so -password means nothing; leave it out",
}


class NotServed(Exception):  # noqa: N818 (what is wrong with a flag)
    """A flag that this version has nothing for, or a value that it cannot have."""


def modern(words: Sequence[str]) -> list[str]:
    """
    Return a command line in today's words; one that begins with a command is that already, but for its `-config`.

    Raises:
        NotServed: A flag of the Go program that means nothing here, or has a wrong value.
    """
    if words and not words[0].startswith("-"):
        return [_with_two_dashes(word) for word in words]
    if words and words[0] in _ASKED:
        return [_ASKED[words[0]], *words[1:]]
    switches, values, others = _read(list(words))
    action = next((name for name in _LOGINS if name in switches or name in values), None)
    if action is None:
        kept = [part for name, value in values.items() if name in _SERVED for part in (_VALUES[name], value)]
        return ["serve", *kept, *others]
    told = [part for name, value in values.items() for part in (_VALUES[name], value) if _belongs(name, action)]
    return ["login", *_LOGINS[action], *told, *(["--no-browser"] if _NO_BROWSER in switches else []), *others]


def _read(words: list[str]) -> tuple[set[str], dict[str, str], list[str]]:
    """Return which switches are on, the flags with values, and the words that are none of these."""
    switches: set[str] = set()
    values: dict[str, str] = {}
    others: list[str] = []
    while words:
        word = words.pop(0)
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-"):
            others.append(word)
        elif name in _LACKING and value not in _NO:
            raise NotServed(_LACKING[name])
        elif name in _VALUES:
            if not equals and not words:
                raise NotServed(f"{word} needs a value")
            values[name] = value if equals else words.pop(0)
        elif name in _LOGINS or name == _NO_BROWSER:
            if equals and value not in _YES | _NO:
                raise NotServed(f"{word.partition('=')[0]} is yes or no: true or false can stand behind `=`")
            if value not in _NO:
                switches.add(name)
        elif name not in _LACKING:
            others.append(word)
    said = {name: value for name, value in values.items() if value not in _UNSAID}
    return switches, said, others


def _belongs(name: str, action: str) -> bool:
    """Tell whether a value is of an action; the Go program passes over what is another's."""
    return {"vertex-import": "vertex-import", "vertex-import-prefix": "vertex-import", "project_id": "login"}.get(
        name, action
    ) == action


def _with_two_dashes(word: str) -> str:
    flag, equals, value = word.partition("=")
    return {"-config": "--config"}.get(flag, flag) + equals + value
