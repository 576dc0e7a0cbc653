"""Pictures, sound, films and documents, read and written."""

from __future__ import annotations

import pytest

from cliproxy.conversation.request import FileId, Inline, Link, Media, MediaKind
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.beyond import Reader
from cliproxy.dialects.openai_chat.media import item_of, media_of, note_on, sound

read = Reader(schema.Part)
IMAGE, AUDIO, VIDEO, DOCUMENT = MediaKind.IMAGE, MediaKind.AUDIO, MediaKind.VIDEO, MediaKind.DOCUMENT


@pytest.mark.parametrize(
    ("part", "media"),
    [
        (b'{"type":"image_url","image_url":"https://a/b.png"}', Media(IMAGE, Link("https://a/b.png"))),
        (
            b'{"type":"image_url","image_url":{"url":"data:image/png;name=a.png;base64,AA-_","detail":"low"}}',
            Media(IMAGE, Inline("AA+/"), "image/png", detail="low"),
        ),
        (
            b'{"type":"input_audio","input_audio":{"data":"AA==","format":"mp3"}}',
            Media(AUDIO, Inline("AA=="), "audio/mpeg"),
        ),
        (b'{"type":"input_audio","input_audio":"AA=="}', Media(AUDIO, Inline("AA=="))),
        (
            b'{"type":"file","file":{"file_data":"AA==","filename":"a.csv"}}',
            Media(DOCUMENT, Inline("AA=="), "text/csv", "a.csv"),
        ),
        (b'{"type":"file","file":{"file_id":"file-1"}}', Media(DOCUMENT, FileId("openai", "file-1"))),
        (b'{"type":"video_url","video_url":{"url":"https://a/b.mp4"}}', Media(VIDEO, Link("https://a/b.mp4"))),
        (b'{"type":"document_url","document_url":"https://a/b.pdf"}', Media(DOCUMENT, Link("https://a/b.pdf"))),
    ],
)
def test_every_shape_is_read_and_can_be_said_again(part: bytes, media: Media) -> None:
    read_part, _ = read(part)
    item = item_of(media, at_home=True)

    assert media_of(read_part) == media
    assert item is not None
    assert item["type"] == read_part.type


@pytest.mark.parametrize(
    "media",
    [
        Media(IMAGE, FileId("openai", "f")),
        Media(DOCUMENT, FileId("anthropic", "f")),
        Media(DOCUMENT, Link("https://a/b.pdf")),
        Media(AUDIO, Link("https://a/b.mp3")),
    ],
)
def test_what_cannot_be_shown_is_named(media: Media) -> None:
    """A file lies in one vendor's account; a link to anything but a picture or film has no place."""
    assert item_of(media, at_home=False) is None
    assert note_on(media).startswith(f"[{media.kind.value}: ")


def test_a_document_from_elsewhere_gets_the_name_that_is_demanded() -> None:
    item = item_of(Media(DOCUMENT, Inline("AA=="), "application/pdf"), at_home=False)

    assert item == {
        "type": "file",
        "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,AA=="},
    }


@pytest.mark.parametrize(("detail", "written"), [("original", "high"), ("low", "low"), ("telescope", None)])
def test_how_closely_to_look_is_said_in_words_that_older_servers_know(detail: str, written: str | None) -> None:
    item = item_of(Media(IMAGE, Link("https://a"), detail=detail), at_home=False)

    assert item is not None
    assert item["image_url"] == {"url": "https://a"} | ({"detail": written} if written else {})


@pytest.mark.parametrize(
    ("data", "mime_type"), [("SUQzBA", "audio/mpeg"), ("UklGRg", "audio/wav"), ("AAEC", "audio/pcm")]
)
def test_sound_is_told_by_how_it_begins(data: str, mime_type: str) -> None:
    assert sound(data).mime_type == mime_type
