"""
A store's changes -> what the gateway works with: the configuration compiled anew, or one account's token replaced.

A configuration that cannot be used changes nothing, and is reported once, with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

import structlog
from msgspec import structs

from cliproxy.config.load import parse
from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Credential
from cliproxy.errors import ConfigError
from cliproxy.runtime.accounts import Accounts
from cliproxy.stores.base import AUTHS, CONFIG, NotThere, Store, StoreError

RESTART = (
    "host",
    "port",
    "tls",
    "auth_dir",
    "oauth_clients",
    "shutdown_seconds",
)  # used when it starts


class Reloaded(Protocol):
    """What is told of changes."""

    def configured(self, config: Config) -> None:
        """Work by another configuration, or by the same with other accounts."""
        ...

    def updated(self, credential: Credential) -> None:
        """Go on with a credential of which nothing changed that the catalogue depends on."""
        ...


class Reloader:
    """Keeps a gateway in step with its store."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        gateway: Reloaded,
        config: Config,
        *,
        menu: Callable[[Credential], object],
        name: str = CONFIG,
        overridden: Callable[[Config], Config] = lambda config: config,
    ) -> None:
        """
        Make ready.

        Args:
            store: Whose changes are followed.
            accounts: Its credentials.
            gateway: Who is told.
            config: The configuration that is in force.
            menu: What the catalogue depends on in a credential.
            name: What problems call the configuration.
            overridden: Puts what the command line said over a configuration.
        """
        self._store = store
        self._accounts = accounts
        self._gateway = gateway
        self._config = config
        self._menu = menu
        self._name = name
        self._overridden = overridden
        self._revision = ""  # of the configuration that was looked at last
        self._log = structlog.get_logger()

    async def run(self) -> None:
        """Follow the store for as long as this runs."""
        if await self._store.list(CONFIG):  # it may have changed since it was loaded
            await self.look((CONFIG,), warns=False)
        async for keys in self._store.changes():
            await self.look(keys)

    async def look(self, keys: Collection[str], *, warns: bool = True) -> None:
        """Take over what changed in these documents. `warns`: of what the configuration says to no effect, too."""
        config = await self._configuration(warns=warns) if CONFIG in keys else None
        changes = await self._accounts.look([key for key in keys if key.startswith(AUTHS)])
        is_other_menu = any(self._menu(changes.before[one.id]) != self._menu(one) for one in changes.updated)
        if config is None and not changes.is_other_set and not is_other_menu:
            for credential in changes.updated:
                self._gateway.updated(credential)
            return
        self._config = config or self._config
        self._gateway.configured(self._config)
        self._log.info("reloaded", configuration=config is not None, accounts=len(self._accounts))

    async def _configuration(self, *, warns: bool) -> Config | None:
        """Return the configuration if it changed and can be used."""
        try:
            document = await self._store.read(CONFIG)
        except (NotThere, StoreError) as error:
            self._log.error("configuration cannot be read", why=str(error), then="the one in force stays")
            return None
        if document.revision == self._revision:
            return None
        self._revision = document.revision
        try:
            loaded = parse(document.data.decode("utf-8-sig"), self._name)
        except ConfigError as error:
            self._log.error(
                "configuration cannot be used", problems=list(error.problems), then="the one in force stays"
            )
            return None
        except UnicodeDecodeError:
            self._log.error("configuration cannot be used", problems=["it is not UTF-8"], then="the one in force stays")
            return None
        for warning in loaded.warnings if warns else ():
            self._log.warning("configuration", warning=str(warning))
        config = self._as_at_start(self._overridden(loaded.config))
        return None if config == self._config else config

    def _as_at_start(self, config: Config) -> Config:
        """Return a configuration with what only a restart can change as it was."""
        for name in RESTART:
            if getattr(config, name) != getattr(self._config, name):
                self._log.warning("a restart is needed", setting=name.replace("_", "-"))
        return structs.replace(config, **{name: getattr(self._config, name) for name in RESTART})
