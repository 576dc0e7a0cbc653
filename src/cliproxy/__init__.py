"""CLI Proxy API: one endpoint in front of every AI account."""

__all__ = ["__version__"]

__version__ = "0.1.0"
