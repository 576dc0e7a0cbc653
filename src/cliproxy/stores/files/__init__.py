"""Files: the configuration where it lies, a folder of credentials, and our own state in a folder inside it."""

from cliproxy.stores.files.store import FileStore

__all__ = ["FileStore"]
