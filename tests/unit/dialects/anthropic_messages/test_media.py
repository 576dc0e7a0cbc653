"""Pictures and documents, and what has no place among them."""

from __future__ import annotations

import pytest

from cliproxy.conversation.request import FileId, Inline, Link, Media, MediaKind
from tests.unit.dialects.anthropic_messages.home import decoded, encoded, saying, written_at_home
from tests.unit.dialects.translating import Body


@pytest.mark.parametrize(
    ("block", "media"),
    [
        (
            {"type": "image", "source": {"type": "base64", "mime_type": "image/png", "base64": "iVBO"}},
            Media(MediaKind.IMAGE, Inline("iVBO"), "image/png"),
        ),
        (
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
            Media(MediaKind.IMAGE, FileId("anthropic", "file_1")),
        ),
        (
            {"type": "document", "title": "T", "source": {"type": "url", "url": "https://x/y.pdf"}},
            Media(MediaKind.DOCUMENT, Link("https://x/y.pdf"), name="T"),
        ),
    ],
)
def test_every_source_is_read(block: Body, media: Media) -> None:
    assert decoded(messages=[{"role": "user", "content": [block]}]).messages[0].parts == (media,)


def test_a_file_at_anthropic_goes_home() -> None:
    turns = [{"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "file_1"}}]}]

    assert written_at_home(messages=turns)["messages"] == turns


@pytest.mark.parametrize(
    ("media", "loss"),
    [
        (Media(MediaKind.IMAGE, FileId("openai", "file-1")), "image"),
        (Media(MediaKind.AUDIO, Inline("AA=="), "audio/wav"), "audio"),
        (Media(MediaKind.VIDEO, Link("https://x/y.mp4")), "video"),
        (Media(MediaKind.DOCUMENT, Inline("AA=="), "application/msword"), "document"),
        (Media(MediaKind.IMAGE, Link("gs://bucket/y.png"), "image/png"), "image"),
    ],
)
def test_what_the_api_cannot_read_is_named_in_its_place_and_lost(media: Media, loss: str) -> None:
    """Another vendor's file, sound, film: the model is to know that something was there."""
    body, losses = encoded(saying(media))

    assert body["messages"][0]["content"][1]["text"].startswith(f"[{loss}")
    assert losses == [f"messages[1].content: {loss}"]


def test_a_drawing_in_text_is_told_as_text() -> None:
    body, _ = encoded(saying(Media(MediaKind.IMAGE, Inline("PHN2Zy8+"), "image/svg+xml")))

    assert body["messages"][0]["content"][1]["source"] == {"type": "text", "media_type": "text/plain", "data": "<svg/>"}
