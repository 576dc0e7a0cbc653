"""
Recorded exchanges on disk, wherever they lie, and what each is for.

A folder holds `<dialect>/<case>/recording.json`, as the one in this repository, or `<dialect>/<id>.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from cliproxy.simulator.recordings import Recording
from cliproxy.testing.recordings import FILE, body_of, frames_of, framing_of, read
from cliproxy.wire.frames import Frame, Framing

FOLDER = Path(__file__).parent.parent / "recordings"
DIALECTS = {
    "openai-chat": "openai_chat",
    "openai-responses": "openai_responses",
    "openai-completions": "openai_completions",
    "claude-messages": "anthropic_messages",
    "gemini": "gemini",
}
_ASKS = re.compile(
    r"(?:/(?:chat/)?completions|/responses|/messages|/invoke|:(?:streamR|r)awPredict"
    r"|/models/(?P<model>[^/:]+):(?P<method>generateContent|streamGenerateContent))$"
)


class Exchange(NamedTuple):
    """One recorded exchange of a dialect that we speak."""

    name: str
    dialect: str
    recording: Recording

    @property
    def path(self) -> Mapping[str, str]:
        """What a listener would tell of path and query: model, method, alt."""
        parts = urlsplit(self.recording.request.path or "")
        found = _ASKS.search(parts.path)
        named = {name: value for name, value in (found.groupdict() if found else {}).items() if value}
        return dict(parse_qsl(parts.query)) | named

    @property
    def generates(self) -> bool:
        """Whether a reply was asked for, and not a list, a count or a cache."""
        path = self.recording.request.path
        if path is None:
            return True  # an error body, of which only the answer is known
        return self.recording.request.method == "POST" and _ASKS.search(urlsplit(path).path) is not None

    @property
    def was_refused(self) -> bool:
        """Whether the vendor refused the request."""
        return self.recording.response.status >= 400

    def frames(self) -> list[Frame]:
        """Return the answer as a relay sees it: a whole body is one frame."""
        framing = framing_of(self.recording)
        body = body_of(self.recording)
        return [Frame("", body)] if framing is Framing.WHOLE else frames_of([body], framing)


def files(folder: Path) -> list[Path]:
    """Return the recordings in a folder, of the dialects that we speak."""
    kept = sorted(folder.glob(f"*/*/{FILE}"))
    return kept or [file for slug in DIALECTS for file in sorted(folder.glob(f"{slug}/*.json"))]


def unspoken(folder: Path) -> dict[str, int]:
    """Return how many recordings lie there of dialects that we do not speak."""
    if any(folder.glob(f"*/*/{FILE}")):
        return {}
    others = (path for path in sorted(folder.iterdir()) if path.is_dir() and path.name not in DIALECTS)
    return {path.name: count for path in others if (count := len(list(path.glob("*.json"))))}


def exchange(file: Path) -> Exchange:
    """Return one exchange."""
    recording = read(file)
    name = file.parent.name if file.name == FILE else file.stem
    return Exchange(name, DIALECTS[recording.dialect], recording)
