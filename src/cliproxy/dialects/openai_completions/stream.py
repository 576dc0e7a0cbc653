"""Legacy Completions streams. No upstream is called in this dialect, so nothing is ever sighted."""

from cliproxy.dialects.base import Sighting
from cliproxy.wire.frames import Frame


def sight(frame: Frame) -> Sighting | None:
    """Return what a frame tells: nothing, as none arrives in this dialect."""
    return None
