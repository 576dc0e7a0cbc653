"""
Generators for property tests: conversations, replies, event sequences and chunkings.

They need `hypothesis`, which the package itself does not depend on.
"""

try:
    import hypothesis as hypothesis  # deptry: ignore[DEP004] (asked for in the message below)
except ImportError as error:
    raise ImportError("cliproxy.testing.strategies needs hypothesis: pip install hypothesis") from error

from cliproxy.testing.strategies.replies import event_sequences, replies
from cliproxy.testing.strategies.requests import conversations, untidy_conversations
from cliproxy.testing.strategies.words import Chunking, chunkings, names, objects, words

__all__ = [
    "Chunking",
    "chunkings",
    "conversations",
    "event_sequences",
    "names",
    "objects",
    "replies",
    "untidy_conversations",
    "words",
]
