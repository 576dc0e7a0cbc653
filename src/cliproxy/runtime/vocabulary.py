"""
The vocabularies that tokens are counted with: OpenAI's own, shipped, unpacked when first needed.

tiktoken would fetch them; here nothing is fetched. Unpacking takes a quarter of a second and 85 MB, so it happens in
a thread, once, and only in a gateway that is asked to count for an upstream that cannot.

Source of the patterns and special tokens: tiktoken 0.14, `tiktoken_ext/openai_public.py`.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
from functools import partial
from importlib import resources

import tiktoken

from cliproxy.conversation.estimate import countable
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation

LONGEST_COUNTED_HERE = 100_000  # characters; more is counted in a thread, so that streams go on meanwhile
_OLDER_MODELS = ("gpt-4-", "gpt-3.5", "gpt-35", "text-embedding")  # and `gpt-4` itself
_NAMES = {True: "cl100k_base", False: "o200k_base"}
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_PATTERNS = {
    "o200k_base": "|".join(
        (
            rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_ENDINGS}",
            rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_ENDINGS}",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        )
    ),
    "cl100k_base": "|".join(
        (
            r"'(?i:[sdmt]|ll|ve|re)",
            r"[^\r\n\p{L}\p{N}]?+\p{L}++",
            r"\p{N}{1,3}+",
            r" ?[^\s\p{L}\p{N}]++[\r\n]*+",
            r"\s++$",
            r"\s*[\r\n]",
            r"\s+(?!\S)",
            r"\s",
        )
    ),
}


class TokenCounter:
    """Counts a request's tokens, by OpenAI's vocabularies."""

    def __init__(self) -> None:
        self._encodings: dict[str, tiktoken.Encoding] = {}
        self._unpacking = asyncio.Lock()

    async def count(self, conversation: Conversation, model: ModelInfo) -> int:
        """Return an estimate of what the request costs."""
        request = countable(conversation)
        count = partial(counted, await self._encoding(vocabulary_of(model.id)))
        if sum(map(len, request.texts)) <= LONGEST_COUNTED_HERE:
            return request.estimated(count, model)
        return await asyncio.to_thread(request.estimated, count, model)

    async def _encoding(self, name: str) -> tiktoken.Encoding:
        if name not in self._encodings:
            async with self._unpacking:  # not twice at once
                if name not in self._encodings:
                    self._encodings[name] = await asyncio.to_thread(unpacked, name)
        return self._encodings[name]


def vocabulary_of(model: str) -> str:
    """Return the name of the vocabulary that counts for a model: the newer one, but for OpenAI's older models."""
    name = model.rpartition("/")[2]
    return _NAMES[name == "gpt-4" or name.startswith(_OLDER_MODELS)]


def unpacked(name: str) -> tiktoken.Encoding:
    """Return a vocabulary from the files that came with this version."""
    data = gzip.decompress(resources.files(__package__).joinpath("vocabularies", f"{name}.tiktoken.gz").read_bytes())
    ranks = {
        base64.b64decode(token): int(rank) for token, _, rank in (line.partition(b" ") for line in data.splitlines())
    }
    return tiktoken.Encoding(name, pat_str=_PATTERNS[name], mergeable_ranks=ranks, special_tokens={})


def counted(encoding: tiktoken.Encoding, text: str) -> int:
    """Return the tokens of a text; special tokens in it are words like any other."""
    try:
        return len(encoding.encode_ordinary(text))
    except UnicodeEncodeError:
        return len(encoding.encode_ordinary(text.encode("utf-8", "replace").decode()))
