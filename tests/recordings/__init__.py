"""
Real exchanges with vendors: 300 chosen from many, so that each feature, vendor, field and order of events that was met
is met here at least once. `<dialect>/<case>/recording.json`.

`events.json` beside it is what our decoder makes of the answer; `python -m tests.recordings` writes it anew, and the
difference is read before it is committed. What must hold of each, in every direction, is `tests/proof`. The form of a
recording is told in src/cliproxy/simulator/recordings/README.md; each names its source and licence.
"""
