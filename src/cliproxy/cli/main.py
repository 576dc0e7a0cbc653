"""The commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cliproxy import __version__
from cliproxy.cli.go_flags import NotServed, modern

app = App(
    name="cli-proxy-api",
    help="One endpoint in front of every AI account: OpenAI, Anthropic and Gemini dialects in, any upstream out.",
    version=__version__,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
    default_parameter=Parameter(show_default=False),
)
config_app = App(name="config", help="Look at a configuration.")
app.command(config_app)
accounts_app = App(name="accounts", help="Look at accounts, switch them off and on, remove and test them.")
app.command(accounts_app)


@app.command
def serve(
    *,
    config: Path | None = None,
    host: Annotated[str | None, Parameter(help="Address to listen on, instead of the configuration's.")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on, instead of the configuration's.")] = None,
    enable_oauth: Annotated[
        bool,
        Parameter(
            name=["--enable-oauth", "--enable_oauth"],
            negative="",
            help="Let a browser on this machine log in to accounts.",
        ),
    ] = False,
) -> int:
    """Serve, as a configuration says.

    Parameters
    ----------
    config
        The configuration file. By default config.yaml in this folder, which need not exist where the environment has
        keys or somebody has logged in.
    """
    from cliproxy.cli import serve as command

    return command.serve(config, host=host, port=port, enable_oauth=enable_oauth)


@app.command(name=["login", "auth"])
def login(
    provider: str,
    /,
    *,
    device: Annotated[bool, Parameter(negative="", help="Log in by a code that is typed on a page.")] = False,
    cookie: Annotated[
        bool, Parameter(negative="", help="Log in by the cookie of a browser that is logged in.")
    ] = False,
    file: Annotated[Path | None, Parameter(help="Log in by a key file, such as a Google service account's.")] = None,
    project: Annotated[str, Parameter(help="Cloud project, several with commas between, ALL or GOOGLE_ONE.")] = "",
    location: Annotated[str, Parameter(help="Cloud region, for Vertex.")] = "",
    prefix: Annotated[str, Parameter(help="Prefix of the account's models, as in `team/model`.")] = "",
    alias: Annotated[str, Parameter(help="Name of the account, where the vendor tells none.")] = "",
    browser: Annotated[bool, Parameter(help="Open a browser, or do not; by default where there is one.")] = True,
    callback_port: Annotated[
        int,
        Parameter(
            name=["--callback-port", "--oauth-callback-port"],
            help="Port for the browser to come back to; by default the provider's.",
        ),
    ] = 0,
    config: Annotated[
        Path | None, Parameter(help="The configuration file; by default config.yaml, if it is there.")
    ] = None,
    json: Annotated[bool, Parameter(negative="", help="Print what came of it as JSON.")] = False,
) -> int:
    """Log in to an account, and put it into the folder of accounts. No gateway needs to run; one that does takes it up.

    The exit code is 0 if an account was written, 1 if none was, 2 if the login could not begin, 13 if its port is
    taken, 130 after Ctrl-C.

    Parameters
    ----------
    provider
        gemini, claude, codex, qwen, iflow, antigravity, kimi or vertex.
    """
    from cliproxy.cli import login as command

    options = {"project": project, "location": location, "prefix": prefix, "alias": alias}
    return command.login(
        command.Wish(
            provider=provider,
            kind=command.kind_of(device=device, cookie=cookie, file=file),
            options={name: value for name, value in options.items() if value},
            file=file,
            opens_browser=browser,
            port=callback_port,
            config=config,
            as_json=json,
        )
    )


@app.command
def demo(
    *,
    port: Annotated[int, Parameter(help="Port to listen on, 8317 by default; 0 takes any free one.")] = 8317,
    accounts: Annotated[
        bool,
        Parameter(
            negative="", help="Show instead how accounts in trouble are gone around, and how a reload is not noticed."
        ),
    ] = False,
    logins: Annotated[
        bool,
        Parameter(
            negative="", help="Show instead logins at every vendor, simulated, and what becomes of their tokens."
        ),
    ] = False,
) -> int:
    """Serve a simulated upstream, with no account and no key, and show how to ask it in every dialect."""
    from cliproxy.cli import demo as command

    if accounts:
        return command.accounts()
    return command.logins() if logins else command.demo(port)


@app.command
def generate_key() -> int:
    """Print a new client key for `api-keys`."""
    from cliproxy.cli import keys as command

    return command.generate_key()


@config_app.command
def check(
    file: Path, /, *, json: Annotated[bool, Parameter(negative="", help="Print what was found as JSON.")] = False
) -> int:
    """Say what is wrong with a configuration.

    The exit code is 0 if nothing is, 1 if something was ignored, 2 if it cannot be used.

    Parameters
    ----------
    file
        The configuration file.
    """
    from cliproxy.cli import config as command

    return command.check(file, as_json=json)


@config_app.command
def schema() -> int:
    """Print the JSON Schema of the configuration, for editors."""
    from cliproxy.cli import config as command

    return command.schema()


Names = Annotated[str, Parameter(help="File, e-mail address or handle, or a part that only one has.")]
ConfigOption = Annotated[Path | None, Parameter(help="The configuration file; by default config.yaml, if it is there.")]
JsonOption = Annotated[bool, Parameter(negative="", help="Print what came of it as JSON.")]


@accounts_app.command(name="list")
def list_accounts(*, config: ConfigOption = None, json: JsonOption = False) -> int:
    """List all accounts and keys, and how they stand, whether or not a gateway is running."""
    from cliproxy.cli import accounts as command

    return command.show_list(command.Wish(config=config, as_json=json))


@accounts_app.command
def show(*names: Names, config: ConfigOption = None, json: JsonOption = False) -> int:
    """Show all that is known of accounts, but no secret."""
    from cliproxy.cli import accounts as command

    return command.show(command.Wish(names=names, config=config, as_json=json))


@accounts_app.command
def disable(*names: Names, config: ConfigOption = None, json: JsonOption = False) -> int:
    """Switch accounts off, until they are enabled. A gateway that runs takes it over."""
    from cliproxy.cli import accounts as command

    return command.switch(command.Wish(names=names, config=config, as_json=json), disabled=True)


@accounts_app.command
def enable(*names: Names, config: ConfigOption = None, json: JsonOption = False) -> int:
    """Switch accounts on again."""
    from cliproxy.cli import accounts as command

    return command.switch(command.Wish(names=names, config=config, as_json=json), disabled=False)


@accounts_app.command
def remove(
    *names: Names,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> int:
    """Remove the files of accounts."""
    from cliproxy.cli import accounts as command

    return command.remove(command.Wish(names=names, config=config, as_json=json, is_sure=yes))


@accounts_app.command(name="test")
def try_accounts(
    *names: Names,
    every: Annotated[bool, Parameter(name="--all", negative="", help="Test all that are not disabled.")] = False,
    model: Annotated[str, Parameter(help="The model to ask; by default one that costs little.")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> int:
    """Ask one small thing by an account, and say what is wrong and what helps. It costs a few tokens.

    A token that has run out is exchanged first. The exit code is 0 if all work, 1 if one does not, 2 if the
    configuration cannot be used.
    """
    from cliproxy.cli import accounts as command

    wish = command.Wish(names=names, config=config, as_json=json, all=every, model=model)
    return command.test(wish)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and leave with its exit code."""
    try:
        words = modern(sys.argv[1:] if arguments is None else arguments)
    except NotServed as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    try:
        code = app(words, result_action="return_value")
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:  # who read along has seen enough, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python writes what is left when it ends
        code = 141
    sys.exit(code)
