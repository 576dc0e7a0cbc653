"""The vocabularies that tokens are counted with."""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources

import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, Message, Role, Text
from cliproxy.runtime.vocabulary import TokenCounter, counted, unpacked, vocabulary_of

CHECKSUMS = {  # those that tiktoken expects of what it fetches
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
KNOWN = [  # OpenAI's cookbook, "How to count tokens with tiktoken"
    ("antidisestablishmentarianism", 6, 6),
    ("2 + 2 = 4", 7, 7),
    ("お誕生日おめでとう", 9, 8),
]


@pytest.mark.parametrize("name", CHECKSUMS)
def test_a_vocabulary_is_openais_own(name: str) -> None:
    packed = resources.files("cliproxy.runtime").joinpath("vocabularies", f"{name}.tiktoken.gz").read_bytes()

    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == CHECKSUMS[name]


@pytest.fixture(scope="module")
def encodings() -> dict[str, object]:
    return {name: unpacked(name) for name in CHECKSUMS}


@pytest.mark.parametrize(("text", "older", "newer"), KNOWN)
def test_texts_are_cut_as_openai_cuts_them(encodings: dict, text: str, older: int, newer: int) -> None:  # type: ignore[type-arg]
    assert counted(encodings["cl100k_base"], text) == older
    assert counted(encodings["o200k_base"], text) == newer


@pytest.mark.parametrize("text", ["<|endoftext|>", "\ud800 half a pair", "\x00"])
def test_no_text_is_refused(encodings: dict, text: str) -> None:  # type: ignore[type-arg]
    """A client may quote a special token, or cut a sign in half."""
    assert counted(encodings["o200k_base"], text) > 0


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4", "cl100k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("openai/gpt-3.5-turbo", "cl100k_base"),
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-4.1", "o200k_base"),
        ("claude-sonnet-4-5", "o200k_base"),
    ],
)
def test_older_models_count_by_the_older_vocabulary(model: str, name: str) -> None:
    assert vocabulary_of(model) == name


async def test_a_long_request_is_counted_like_short_ones() -> None:
    """In a thread, so that streams go on; a single word of 60,000 letters must not take for ever either."""
    counter = TokenCounter()
    long = Conversation("a", "m", messages=(Message(Role.USER, (Text("word " * 40_000), Text("x" * 60_000))),))
    short = Conversation("a", "m", messages=(Message(Role.USER, (Text("word " * 100),)),))

    assert await counter.count(long, ModelInfo("gpt-5")) > 40_000
    assert 100 <= await counter.count(short, ModelInfo("gpt-5")) < 120
