"""Media and where Google can read it."""

from __future__ import annotations

import pytest

from cliproxy.conversation.request import FileId, Inline, Link, Media, MediaKind
from cliproxy.dialects.gemini.media import inline_media, linked_media, media_part, note
from cliproxy.dialects.gemini.schema import Blob, FileData

PICTURE = Media(MediaKind.IMAGE, Inline("iVBORw0KGgo="), "image/png", "a.png")


@pytest.mark.parametrize(
    ("mime_type", "kind"),
    [
        ("image/png", MediaKind.IMAGE),
        ("audio/wav", MediaKind.AUDIO),
        ("video/mp4", MediaKind.VIDEO),
        ("application/pdf", MediaKind.DOCUMENT),
        ("text/plain", MediaKind.DOCUMENT),
    ],
)
def test_the_type_says_what_it_is(mime_type: str, kind: MediaKind) -> None:
    assert inline_media(Blob(mime_type=mime_type, data="AAAA"), {}).kind is kind


def test_a_type_that_is_not_said_is_seen() -> None:
    assert inline_media(Blob(data="iVBORw0KGgo="), {}).mime_type == "image/png"
    assert linked_media(FileData(file_uri="gs://b/film.mp4"), {}).kind is MediaKind.VIDEO


def test_url_safe_base64_becomes_plain() -> None:
    """Google's own clients send it so; other vendors refuse it."""
    assert inline_media(Blob(mime_type="image/png", data="a-_b\n"), {}).source == Inline("a+/b")


@pytest.mark.parametrize(
    ("source", "readable"),
    [
        (Link("https://example.com/a.png"), False),
        (Link("gs://bucket/a.png"), True),
        (Link("https://youtu.be/x"), True),
        (Link("https://generativelanguage.googleapis.com/v1beta/files/x"), True),
        (Link("https://youtube.com.example.org/x"), False),
        (Link("http://[broken"), False),
        (FileId("google", "files/x"), True),
        (FileId("openai", "file-x"), False),
    ],
)
def test_only_what_google_can_read_is_sent(source: Link | FileId, readable: bool) -> None:
    assert (media_part(Media(MediaKind.IMAGE, source), at_home=False) is not None) is readable


def test_at_home_any_address_is_sent_as_it_came() -> None:
    """Whether the model takes it is between the client and Google."""
    media = Media(MediaKind.IMAGE, Link("https://example.com/a.png"), "image/png")

    assert media_part(media, at_home=True) == {
        "fileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"}
    }


def test_a_name_is_told_at_home_only() -> None:
    """The public API refuses it."""
    assert media_part(PICTURE, at_home=False) == {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    assert media_part(PICTURE, at_home=True) == {
        "inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo=", "displayName": "a.png"}
    }


def test_a_note_names_an_address_but_no_file_of_another_vendor() -> None:
    assert note(Media(MediaKind.IMAGE, Link("https://example.com/a.png"))) == "[image: https://example.com/a.png]"
    assert note(Media(MediaKind.DOCUMENT, FileId("openai", "file-x"))) == "[document]"
