"""
Real exchanges with vendors, kept for what is odd about them: `<dialect>/<case>/recording.json`.

`events.json` beside it is what our decoder makes of the answer; `python -m tests.recordings` writes it anew, and the
difference is read before it is committed. The form of a recording is told in
src/cliproxy/simulator/recordings/README.md; each names its source and licence.
"""
