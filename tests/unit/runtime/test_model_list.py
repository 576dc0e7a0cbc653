"""A list of known models that is renewed from an address; in simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from importlib import resources
from typing import Any, TypeVar

import msgspec
import pytest
from structlog.testing import capture_logs

from cliproxy.routing.known import KnownModels
from cliproxy.runtime.model_list import KEY, LARGEST_LIST, ModelList
from cliproxy.simulator.answer import Answer, Cut, Pause, Request, whole
from cliproxy.stores.base import StoreError
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.loop import run
from cliproxy.testing.transport import SimulatedTransport

T = TypeVar("T")

SHIPPED = resources.files("cliproxy.routing").joinpath("models.json").read_bytes()
URL = "https://models.example/models.json?token=hunter2"
JSON = {"content-type": "application/json"}


def with_one_more(name: str = "claude-next") -> bytes:
    sections = msgspec.json.decode(SHIPPED)
    sections["claude"].insert(0, {"id": name, "created": 1, "description": "new"})
    return msgspec.json.encode(sections)


class Shelf:
    """A place where a list is had, what it answers, and who was told what."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.answers: list[Answer] = []
        self.asked: list[Request] = []
        self.told: list[KnownModels] = []
        self.slept: list[float] = []
        self.transport = SimulatedTransport({"models.example": self.answer})
        self.models = ModelList(self.store, self.transport, self.told.append, sleep=self.sleep)

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise asyncio.CancelledError
        await asyncio.sleep(seconds)


def done(story: Coroutine[Any, Any, T]) -> T:
    return run(story, 1)


def test_another_list_is_taken_over_and_kept() -> None:
    async def story() -> None:
        shelf = Shelf()
        shelf.answers = [whole(200, JSON, with_one_more())]

        assert await shelf.models.renew(URL)
        assert [known.get("claude-next") is not None for known in shelf.told] == [True]
        assert (await shelf.store.read(KEY)).data == with_one_more()
        assert (shelf.asked[0].method, shelf.asked[0].path) == ("GET", "/models.json")
        assert shelf.transport.open == 0

        again = Shelf(shelf.store)
        known = await again.models.kept()
        assert known is not None
        assert known.get("claude-next") is not None
        again.answers = [whole(200, JSON, with_one_more())]
        assert not await again.models.renew(URL)
        assert again.told == []

    done(story())


def test_it_is_asked_again_every_so_many_hours() -> None:
    async def story() -> None:
        shelf = Shelf()
        shelf.answers = [whole(200, JSON, with_one_more(name)) for name in ("a", "a", "b")]
        with pytest.raises(asyncio.CancelledError):
            await shelf.models.run(URL, 3)

        assert shelf.slept == [10_800.0] * 3
        assert len(shelf.asked) == 3
        assert [known.section("claude")[0].id for known in shelf.told] == ["a", "b"]

    done(story())


def test_without_an_address_nobody_is_asked() -> None:
    """A list is never renewed of our own accord."""

    async def story() -> None:
        shelf = Shelf()
        await shelf.models.run("", 3)

        assert shelf.asked == []

    done(story())


def lacking(section: str, *entries: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(SHIPPED) | {section: list(entries)})


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (whole(404, JSON, with_one_more()), "status is 404"),
        (whole(200, JSON, b"<html>"), "no list of models"),
        (whole(200, JSON, b"\xff\xfe"), "no list of models"),
        (whole(200, JSON, b"[" * 100_000), "no list of models"),
        (whole(200, JSON, b"[]"), "no list of models"),
        (whole(200, JSON, lacking("claude")), "'claude' is missing or empty"),
        (whole(200, JSON, lacking("codex-free", {"id": " "})), "has no id"),
        (whole(200, JSON, lacking("qwen", None)), "no list of models"),
        (whole(200, JSON, lacking("kimi", {"id": "k"}, {"id": "k"})), "stands twice"),
        (whole(200, JSON, b" " * (LARGEST_LIST + 1)), "longer"),
        (Answer(200, JSON, (with_one_more()[:500], Cut())), "broke off"),
        (Answer(200, JSON, (), (Cut(),)), ""),
        (Answer(200, JSON, (with_one_more(),), (Pause(31.0),)), "no answer in time"),
    ],
)  # fmt: skip
def test_a_list_that_is_not_whole_changes_nothing(answer: Answer, why: str) -> None:
    """Nor does an address that does not answer. The log says why, and holds no secret of the address."""

    async def story() -> None:
        shelf = Shelf()
        shelf.answers = [answer]
        with capture_logs() as logs:
            assert not await shelf.models.renew(URL)

        assert shelf.told == []
        assert await shelf.store.list("") == []
        [line] = logs
        assert "hunter2" not in str(line)
        assert why in line["why"]

    done(story())


def test_a_kept_list_that_is_broken_is_passed_over() -> None:
    async def story() -> None:
        shelf = Shelf(MemoryStore({KEY: b"{}"}))
        with capture_logs() as logs:
            assert await shelf.models.kept() is None
        assert len(logs) == 1
        assert await Shelf().models.kept() is None

    done(story())


def test_a_list_that_cannot_be_kept_counts_all_the_same() -> None:
    class Full(MemoryStore):
        async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
            raise StoreError("no space left")

    async def story() -> None:
        shelf = Shelf(Full())
        shelf.answers = [whole(200, JSON, with_one_more())]
        assert await shelf.models.renew(URL)
        assert len(shelf.told) == 1

    done(story())
